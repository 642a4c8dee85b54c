# The root: regions in their slots. Workspace "default" is the one that terraform test runs in.
mock_provider "aws" {
  alias  = "region_1"
  source = "./tests/mocks"
}

mock_provider "aws" {
  alias  = "region_2"
  source = "./tests/mocks"
}

mock_provider "aws" {
  alias  = "region_3"
  source = "./tests/mocks"
}

mock_provider "aws" {
  alias  = "region_4"
  source = "./tests/mocks"
}

variables {
  deployment       = "watch"
  environment      = "default"
  domain           = "watch.example.internal"
  public_key       = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA operator"
  controller_cidrs = ["192.0.2.10/32"]

  regions = [
    { name = "us-east-1", cidr = "10.64.0.0/16", zones = ["us-east-1a", "us-east-1b", "us-east-1c"] },
    { name = "eu-west-1", cidr = "10.65.0.0/16", zones = ["eu-west-1a", "eu-west-1b", "eu-west-1c"] },
    { name = "ap-southeast-1", cidr = "10.66.0.0/16", zones = ["ap-southeast-1a", "ap-southeast-1b", "ap-southeast-1c"] },
  ]

  node_groups = {
    core = {
      roles         = ["kafka", "zookeeper"]
      instance_type = "t3.large"
      nodes         = [{ id = 1, zone = 1 }, { id = 2, zone = 2 }, { id = 3, zone = 3 }]
    }
  }
}

run "three_regions_are_a_full_mesh_and_the_fourth_slot_is_empty" {
  command = plan

  assert {
    condition     = length(module.region_1) == 1 && length(module.region_2) == 1 && length(module.region_3) == 1 && length(module.region_4) == 0
    error_message = "Three regions must fill the first three slots only."
  }

  assert {
    condition     = length(module.peering_1_2) == 1 && length(module.peering_1_3) == 1 && length(module.peering_2_3) == 1
    error_message = "Every two of three regions must be peered."
  }

  assert {
    condition     = length(module.peering_1_4) + length(module.peering_2_4) + length(module.peering_3_4) == 0
    error_message = "An empty slot must not be peered."
  }

  assert {
    condition     = length(aws_route53_zone_association.this) == 2
    error_message = "The zone must answer in every region."
  }

  assert {
    condition     = aws_route53_zone.this.force_destroy
    error_message = "Records of Ansible's must not hold up a destroy."
  }

  assert {
    condition     = alltrue([for targets in values(local.replica_regions) : length(targets) == 2])
    error_message = "Every region must be copied to two others."
  }
}

run "a_fourth_region_is_one_more_entry_and_moves_no_replica" {
  command = plan

  variables {
    regions = [
      { name = "us-east-1", cidr = "10.64.0.0/16", zones = ["us-east-1a", "us-east-1b", "us-east-1c"] },
      { name = "eu-west-1", cidr = "10.65.0.0/16", zones = ["eu-west-1a", "eu-west-1b", "eu-west-1c"] },
      { name = "ap-southeast-1", cidr = "10.66.0.0/16", zones = ["ap-southeast-1a", "ap-southeast-1b", "ap-southeast-1c"] },
      { name = "sa-east-1", cidr = "10.67.0.0/16", zones = ["sa-east-1a", "sa-east-1b", "sa-east-1c"] },
    ]
  }

  assert {
    condition     = length(module.peering_1_4) == 1 && length(module.peering_2_4) == 1 && length(module.peering_3_4) == 1
    error_message = "The fourth region must be peered with the other three."
  }

  assert {
    condition = jsonencode(local.replica_regions) == jsonencode({
      "us-east-1"      = ["eu-west-1", "ap-southeast-1"]
      "eu-west-1"      = ["us-east-1", "ap-southeast-1"]
      "ap-southeast-1" = ["us-east-1", "eu-west-1"]
      "sa-east-1"      = ["us-east-1", "eu-west-1"]
    })
    error_message = "Appending a region must leave the others' replicas where they are."
  }
}

run "replicas_go_where_the_region_says" {
  command = plan

  variables {
    regions = [
      { name = "us-east-1", cidr = "10.64.0.0/16", zones = ["us-east-1a", "us-east-1b", "us-east-1c"], replicate_to = ["ap-southeast-1"] },
      { name = "eu-west-1", cidr = "10.65.0.0/16", zones = ["eu-west-1a", "eu-west-1b", "eu-west-1c"], replicate_to = ["ap-southeast-1"] },
      { name = "ap-southeast-1", cidr = "10.66.0.0/16", zones = ["ap-southeast-1a", "ap-southeast-1b", "ap-southeast-1c"], replicate_to = ["eu-west-1"] },
    ]
  }

  assert {
    condition     = output.regions["us-east-1"].buckets.replica == null
    error_message = "A region that nobody copies to needs no replica bucket."
  }
}

run "one_region_is_accepted_where_the_minimum_says_so" {
  command = plan

  variables {
    minimum_regions = 1
    regions         = [{ name = "us-east-1", cidr = "10.64.0.0/16", zones = ["us-east-1a", "us-east-1b", "us-east-1c"] }]
  }

  assert {
    condition     = length(module.region_2) == 0 && length(module.peering_1_2) == 0 && length(aws_route53_zone_association.this) == 0
    error_message = "A single region must have no peers."
  }
}

run "two_regions_are_refused" {
  command = plan

  variables {
    regions = [
      { name = "us-east-1", cidr = "10.64.0.0/16", zones = ["us-east-1a", "us-east-1b", "us-east-1c"] },
      { name = "eu-west-1", cidr = "10.65.0.0/16", zones = ["eu-west-1a", "eu-west-1b", "eu-west-1c"] },
    ]
  }

  expect_failures = [var.regions]
}

run "overlapping_cidrs_are_refused" {
  command = plan

  variables {
    regions = [
      { name = "us-east-1", cidr = "10.64.0.0/16", zones = ["us-east-1a", "us-east-1b", "us-east-1c"] },
      { name = "eu-west-1", cidr = "10.64.128.0/20", zones = ["eu-west-1a", "eu-west-1b", "eu-west-1c"] },
      { name = "ap-southeast-1", cidr = "10.66.0.0/16", zones = ["ap-southeast-1a", "ap-southeast-1b", "ap-southeast-1c"] },
    ]
  }

  expect_failures = [var.regions]
}

run "a_region_with_two_zones_is_refused" {
  command = plan

  variables {
    regions = [
      { name = "us-east-1", cidr = "10.64.0.0/16", zones = ["us-east-1a", "us-east-1b"] },
      { name = "eu-west-1", cidr = "10.65.0.0/16", zones = ["eu-west-1a", "eu-west-1b", "eu-west-1c"] },
      { name = "ap-southeast-1", cidr = "10.66.0.0/16", zones = ["ap-southeast-1a", "ap-southeast-1b", "ap-southeast-1c"] },
    ]
  }

  expect_failures = [var.regions]
}

run "a_zone_of_another_region_is_refused" {
  command = plan

  variables {
    regions = [
      { name = "us-east-1", cidr = "10.64.0.0/16", zones = ["us-east-1a", "us-east-1b", "us-west-2a"] },
      { name = "eu-west-1", cidr = "10.65.0.0/16", zones = ["eu-west-1a", "eu-west-1b", "eu-west-1c"] },
      { name = "ap-southeast-1", cidr = "10.66.0.0/16", zones = ["ap-southeast-1a", "ap-southeast-1b", "ap-southeast-1c"] },
    ]
  }

  expect_failures = [var.regions]
}

run "replicas_in_the_same_region_are_refused" {
  command = plan

  variables {
    regions = [
      { name = "us-east-1", cidr = "10.64.0.0/16", zones = ["us-east-1a", "us-east-1b", "us-east-1c"], replicate_to = ["us-east-1"] },
      { name = "eu-west-1", cidr = "10.65.0.0/16", zones = ["eu-west-1a", "eu-west-1b", "eu-west-1c"] },
      { name = "ap-southeast-1", cidr = "10.66.0.0/16", zones = ["ap-southeast-1a", "ap-southeast-1b", "ap-southeast-1c"] },
    ]
  }

  expect_failures = [var.regions]
}

run "variables_of_another_environment_are_refused" {
  command = plan

  variables {
    environment = "prod"
  }

  expect_failures = [var.environment]
}
