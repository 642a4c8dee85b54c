# What each role may do in AWS: the least its programs call. A role that is not named here may do nothing.
locals {
  permissions = {
    # Thanos's sidecar uploads blocks and deletes a half-uploaded one; the Compactor rewrites and deletes them.
    prometheus       = ["ListBlocks", "WriteBlocks", "Encrypt"]
    thanos_compactor = ["ListBlocks", "WriteBlocks", "Encrypt"]
    thanos_store     = ["ListBlocks", "ReadBlocks", "ListReplicas", "ReadReplicas", "Decrypt"]
    aws_exporter     = ["Describe"]
  }

  statements = {
    ListBlocks   = { actions = ["s3:ListBucket"], resource = var.metrics_bucket_arn }
    ReadBlocks   = { actions = ["s3:GetObject"], resource = "${var.metrics_bucket_arn}/*" }
    WriteBlocks  = { actions = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"], resource = "${var.metrics_bucket_arn}/*" }
    ListReplicas = { actions = ["s3:ListBucket"], resource = var.replica_bucket_arn }
    ReadReplicas = { actions = ["s3:GetObject"], resource = var.replica_bucket_arn == null ? null : "${var.replica_bucket_arn}/*" }
    Decrypt      = { actions = ["kms:Decrypt"], resource = var.kms_key_arn }
    Encrypt      = { actions = ["kms:Decrypt", "kms:GenerateDataKey"], resource = var.kms_key_arn }
    Describe = {
      actions = [
        "autoscaling:DescribeAutoScalingGroups",
        "ec2:DescribeInstances",
        "ec2:DescribeInstanceStatus",
        "ec2:DescribeRouteTables",
        "ec2:DescribeSecurityGroups",
        "ec2:DescribeSubnets",
        "ec2:DescribeVolumes",
        "ec2:DescribeVolumeStatus",
        "ec2:DescribeVpcs",
        "elasticloadbalancing:DescribeLoadBalancers",
        "elasticloadbalancing:DescribeTargetGroups",
        "elasticloadbalancing:DescribeTargetHealth",
        "route53:GetHealthCheckStatus",
        "route53:ListHealthChecks",
        "s3:ListAllMyBuckets",
      ]
      resource = "*" # describing calls have no resource to name
    }
  }

  # Roles of one group often ask for the same: each statement stands once.
  statements_by_group = {
    for group, roles in local.roles_by_group : group => distinct(flatten([for role in roles : lookup(local.permissions, role, [])]))
  }
}

resource "aws_iam_role" "group" {
  for_each = var.node_groups

  name = "${local.name}-${var.region}-${each.key}"
  path = "/monitoring/${var.deployment}/${var.environment}/"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "ec2.amazonaws.com" }
    }]
  })

  tags = local.tags
}

resource "aws_iam_role_policy" "group" {
  for_each = { for group, names in local.statements_by_group : group => names if length(names) > 0 }

  name = "roles"
  role = aws_iam_role.group[each.key].id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      for name in each.value : {
        Sid      = name
        Effect   = "Allow"
        Action   = local.statements[name].actions
        Resource = local.statements[name].resource
      } if local.statements[name].resource != null # a region that holds no replicas
    ]
  })
}

# The inventory plugin believes an instance's tags only where its profile has this path.
resource "aws_iam_instance_profile" "group" {
  for_each = var.node_groups

  name = aws_iam_role.group[each.key].name
  path = "/monitoring/${var.deployment}/${var.environment}/"
  role = aws_iam_role.group[each.key].name

  tags = local.tags
}
