locals {
  name = "${var.deployment}-${var.environment}"
  tags = {
    "monitoring:deployment"  = var.deployment
    "monitoring:environment" = var.environment
  }

  all_nodes = flatten([
    for group, spec in var.node_groups : [
      for node in spec.nodes : {
        id    = node.id
        zone  = node.zone
        group = group
        roles = sort(distinct(concat(spec.roles, node.roles)))
      }
    ]
  ])

  # Grouped by id so that a doubled one meets its validation instead of failing here without a name.
  nodes = { for id, same_id in { for node in local.all_nodes : tostring(node.id) => node... } : id => same_id[0] }

  roles_by_group = {
    for group in keys(var.node_groups) : group => distinct(flatten([for node in local.all_nodes : node.roles if node.group == group]))
  }
}

data "aws_ami" "nodes" {
  count = var.image_id == null ? 1 : 0

  most_recent = true
  owners      = [var.image.owner]

  filter {
    name   = "name"
    values = [var.image.name]
  }

  filter {
    name   = "virtualization-type"
    values = ["hvm"]
  }
}

locals {
  image_id = var.image_id == null ? data.aws_ami.nodes[0].id : var.image_id
}

resource "aws_key_pair" "controller" {
  key_name   = local.name
  public_key = trimspace(var.public_key)

  tags = local.tags
}

# A template a node, for the tags of its volumes: a disk that is left behind still says whose it was.
resource "aws_launch_template" "node" {
  for_each = local.nodes

  name                   = "${local.name}-node-${each.key}"
  image_id               = local.image_id
  instance_type          = var.node_groups[each.value.group].instance_type
  key_name               = aws_key_pair.controller.key_name
  vpc_security_group_ids = var.security_groups[each.value.group]
  update_default_version = true

  iam_instance_profile {
    arn = aws_iam_instance_profile.group[each.value.group].arn
  }

  metadata_options {
    http_endpoint               = "enabled"
    http_tokens                 = "required"
    http_put_response_hop_limit = 1
    instance_metadata_tags      = "disabled"
  }

  block_device_mappings {
    device_name = var.root_device

    ebs {
      volume_type           = "gp3"
      volume_size           = var.node_groups[each.value.group].root_gib
      encrypted             = true
      kms_key_id            = var.kms_key_arn
      delete_on_termination = true
    }
  }

  dynamic "block_device_mappings" {
    for_each = var.node_groups[each.value.group].data_gib > 0 ? [var.node_groups[each.value.group].data_gib] : []

    content {
      device_name = "/dev/sdf"

      ebs {
        volume_type           = "gp3"
        volume_size           = block_device_mappings.value
        encrypted             = true
        kms_key_id            = var.kms_key_arn
        delete_on_termination = true
      }
    }
  }

  tag_specifications {
    resource_type = "volume"
    tags          = local.node_tags[each.key]
  }
}

locals {
  # What a node is called: by its role where it has only one.
  node_kinds = { for id, node in local.nodes : id => length(node.roles) == 1 ? node.roles[0] : "node" }

  node_tags = {
    for id, node in local.nodes : id => merge(local.tags, {
      Name                 = "${local.name}-${local.node_kinds[id]}-${id}"
      "monitoring:roles"   = join(" ", node.roles)
      "monitoring:node-id" = id
    })
  }
}

# Size one in one zone: a node that is lost comes back with its id, its roles and its zone, and never beside itself.
resource "aws_autoscaling_group" "node" {
  for_each = local.nodes

  name                      = "${local.name}-node-${each.key}"
  min_size                  = 1
  max_size                  = 1
  desired_capacity          = 1
  vpc_zone_identifier       = [var.subnets[each.value.zone]]
  health_check_type         = "EC2"
  wait_for_capacity_timeout = var.launch_timeout

  # A changed template waits for the operator: which zone is replaced when is decided by the upgrade playbook.
  launch_template {
    id      = aws_launch_template.node[each.key].id
    version = aws_launch_template.node[each.key].latest_version
  }

  dynamic "tag" {
    for_each = local.node_tags[each.key]

    content {
      key                 = tag.key
      value               = tag.value
      propagate_at_launch = true
    }
  }
}
