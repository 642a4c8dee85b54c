mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  deployment         = "watch"
  environment        = "test"
  region             = "us-east-1"
  domain             = "watch.example.internal"
  subnets            = { "1" = "subnet-1", "2" = "subnet-2", "3" = "subnet-3" }
  security_groups    = { core = ["sg-1"], single = ["sg-2"] }
  image              = { owner = "amazon", name = "debian-12-*" }
  public_key         = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA operator"
  kms_key_arn        = "arn:aws:kms:us-east-1:111122223333:key/11111111-2222-3333-4444-555555555555"
  metrics_bucket_arn = "arn:aws:s3:::watch-us-east-1"
  node_groups = {
    core = {
      roles         = ["zookeeper", "kafka"]
      instance_type = "i3.large"
      data_gib      = 100
      nodes         = [{ id = 1, zone = 1, roles = ["prometheus"] }, { id = 2, zone = 2 }, { id = 3, zone = 3 }]
    }
    single = {
      roles         = ["grafana"]
      instance_type = "t3.medium"
      nodes         = [{ id = 11, zone = 2 }]
    }
  }
}

run "every_node_is_hardened_and_encrypted" {
  command = apply

  module {
    source = "./modules/nodes"
  }

  assert {
    condition = alltrue([for template in aws_launch_template.node :
    template.metadata_options[0].http_tokens == "required" && template.metadata_options[0].http_put_response_hop_limit == 1])
    error_message = "IMDSv2 must be required, and not answer beyond the host."
  }

  assert {
    condition = alltrue(flatten([for template in aws_launch_template.node : [
      for device in template.block_device_mappings : device.ebs[0].encrypted == "true" && device.ebs[0].kms_key_id == var.kms_key_arn
    ]]))
    error_message = "Every volume must be encrypted under the deployment's key."
  }

  assert {
    condition     = length(aws_launch_template.node["1"].block_device_mappings) == 2 && length(aws_launch_template.node["11"].block_device_mappings) == 1
    error_message = "Only a group with data_gib has a data volume."
  }

  assert {
    condition     = alltrue([for template in aws_launch_template.node : template.user_data == null || template.user_data == ""])
    error_message = "User data is readable by every program on the host: there must be none."
  }
}

run "a_node_is_a_group_of_one_in_one_zone_with_its_tags" {
  command = apply

  module {
    source = "./modules/nodes"
  }

  assert {
    condition = alltrue([for group in aws_autoscaling_group.node :
    group.min_size == 1 && group.max_size == 1 && group.desired_capacity == 1 && length(group.vpc_zone_identifier) == 1])
    error_message = "A stateful node must never run twice, nor move to another zone."
  }

  assert {
    condition     = tolist(aws_autoscaling_group.node["2"].vpc_zone_identifier) == tolist(["subnet-2"])
    error_message = "Node 2 is in zone 2."
  }

  assert {
    condition = { for tag in aws_autoscaling_group.node["1"].tag : tag.key => tag.value } == {
      Name                     = "watch-test-node-1"
      "monitoring:deployment"  = "watch"
      "monitoring:environment" = "test"
      "monitoring:roles"       = "kafka prometheus zookeeper"
      "monitoring:node-id"     = "1"
    }
    error_message = "The inventory is made of these tags."
  }

  assert {
    condition     = alltrue(flatten([for group in aws_autoscaling_group.node : [for tag in group.tag : tag.propagate_at_launch]]))
    error_message = "A replacement must come back with its tags."
  }

  assert {
    condition = alltrue([for id, template in aws_launch_template.node :
    template.tag_specifications[0].resource_type == "volume" && template.tag_specifications[0].tags["monitoring:node-id"] == id])
    error_message = "Volumes must say whose they are."
  }

  assert {
    condition     = output.nodes["1"].name == "node-1.us-east-1.watch.example.internal" && output.nodes["11"].name == "grafana-11.us-east-1.watch.example.internal"
    error_message = "A node with one role is called by it."
  }
}

run "a_profile_has_the_least_that_its_roles_need" {
  command = apply

  module {
    source = "./modules/nodes"
  }

  assert {
    condition     = alltrue([for profile in aws_iam_instance_profile.group : profile.path == "/monitoring/watch/test/"])
    error_message = "The inventory believes tags by the profile's path."
  }

  assert {
    condition     = join(", ", keys(aws_iam_role_policy.group)) == "core"
    error_message = "Grafana calls nothing in AWS and must be allowed nothing."
  }

  assert {
    condition = alltrue([for statement in jsondecode(aws_iam_role_policy.group["core"].policy).Statement :
    statement.Resource != "*" && !anytrue([for action in statement.Action : endswith(action, "*")])])
    error_message = "Prometheus may use its bucket and key, and nothing else."
  }
}

run "a_store_gateway_only_reads" {
  command = apply

  module {
    source = "./modules/nodes"
  }

  variables {
    replica_bucket_arn = "arn:aws:s3:::watch-us-east-1-replica"
    security_groups    = { store = ["sg-1"] }
    node_groups        = { store = { roles = ["thanos_store"], instance_type = "m5.large", nodes = [{ id = 1, zone = 1 }] } }
  }

  assert {
    condition = join(", ", distinct(flatten([for statement in jsondecode(aws_iam_role_policy.group["store"].policy).Statement :
    statement.Action]))) == "s3:ListBucket, s3:GetObject, kms:Decrypt"
    error_message = "A Store Gateway writes nothing."
  }

  assert {
    condition = contains([for statement in jsondecode(aws_iam_role_policy.group["store"].policy).Statement :
    statement.Resource], "arn:aws:s3:::watch-us-east-1-replica/*")
    error_message = "It serves the replicas that its region holds."
  }
}

run "a_doubled_node_id_is_refused" {
  command = plan

  module {
    source = "./modules/nodes"
  }

  variables {
    node_groups = {
      core   = { roles = ["kafka"], instance_type = "i3.large", nodes = [{ id = 1, zone = 1 }, { id = 2, zone = 2 }, { id = 3, zone = 3 }] }
      single = { roles = ["grafana"], instance_type = "t3.medium", nodes = [{ id = 3, zone = 1 }] }
    }
  }

  expect_failures = [var.node_groups]
}

run "an_even_ensemble_is_refused" {
  command = plan

  module {
    source = "./modules/nodes"
  }

  variables {
    node_groups = { core = { roles = ["zookeeper"], instance_type = "t3.small", nodes = [{ id = 1, zone = 1 }, { id = 2, zone = 2 }] } }
  }

  expect_failures = [var.node_groups]
}

run "fewer_brokers_than_replicas_are_refused" {
  command = plan

  module {
    source = "./modules/nodes"
  }

  variables {
    node_groups = { core = { roles = ["kafka"], instance_type = "i3.large", nodes = [{ id = 1, zone = 1 }, { id = 2, zone = 2 }] } }
  }

  expect_failures = [var.node_groups]
}

run "a_pair_in_one_zone_is_refused" {
  command = plan

  module {
    source = "./modules/nodes"
  }

  variables {
    node_groups = { core = { roles = ["prometheus"], instance_type = "i3.large", nodes = [{ id = 1, zone = 1 }, { id = 2, zone = 1 }] } }
  }

  expect_failures = [var.node_groups]
}

run "a_fourth_zone_is_refused" {
  command = plan

  module {
    source = "./modules/nodes"
  }

  variables {
    node_groups = { core = { roles = ["grafana"], instance_type = "t3.medium", nodes = [{ id = 1, zone = 4 }] } }
  }

  expect_failures = [var.node_groups]
}

run "a_node_without_a_role_is_refused" {
  command = plan

  module {
    source = "./modules/nodes"
  }

  variables {
    node_groups = { core = { instance_type = "t3.medium", nodes = [{ id = 1, zone = 1 }] } }
  }

  expect_failures = [var.node_groups]
}

run "a_private_key_is_refused" {
  command = plan

  module {
    source = "./modules/nodes"
  }

  variables {
    public_key = "-----BEGIN OPENSSH PRIVATE KEY-----"
  }

  expect_failures = [var.public_key]
}
