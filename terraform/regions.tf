data "aws_caller_identity" "this" {
  provider = aws.region_1
}

locals {
  settings = {
    deployment                = var.deployment
    environment               = var.environment
    domain                    = var.domain
    image                     = var.image
    root_device               = var.root_device
    public_key                = var.public_key
    controller_cidrs          = var.controller_cidrs
    user_cidrs                = var.user_cidrs
    nat_gateways              = var.nat_gateways
    security_group_rule_quota = var.security_group_rule_quota
    bucket_prefix             = coalesce(var.bucket_prefix, "${var.deployment}-${var.environment}")
    noncurrent_days           = var.noncurrent_days
    force_destroy             = var.force_destroy_buckets
    launch_timeout            = var.launch_timeout
    extra_ports               = var.extra_ports
    node_groups               = var.node_groups
  }

  # The first quarter of a VPC is its hosts' tier (modules/network/vpc.tf).
  host_tiers = { for region in var.regions : region.name => cidrsubnet(region.cidr, 2, 0) }
  peer_tiers = {
    for region in var.regions : region.name => { for name, tier in local.host_tiers : name => tier if name != region.name }
  }

  # By default the first two other regions, so that appending a region moves nobody's replicas.
  replica_regions = {
    for region in var.regions : region.name => coalesce(region.replicate_to, slice(
      [for other in var.regions : other.name if other.name != region.name], 0, min(2, length(var.regions) - 1)
    ))
  }
  holds_replicas = { for region in var.regions : region.name => contains(flatten(values(local.replica_regions)), region.name) }
  replica_sites = {
    for slot, site in [
      length(var.regions) >= 1 ? module.region_1[0].replica : null,
      length(var.regions) >= 2 ? module.region_2[0].replica : null,
      length(var.regions) >= 3 ? module.region_3[0].replica : null,
      length(var.regions) >= 4 ? module.region_4[0].replica : null,
    ] : var.regions[slot].name => site if slot < length(var.regions)
  }
  replicate_to = {
    for region, targets in local.replica_regions : region => { for target in targets : target => local.replica_sites[target] }
  }
}

module "region_1" {
  source    = "./modules/region"
  count     = length(var.regions) >= 1 ? 1 : 0
  providers = { aws = aws.region_1 }

  region         = var.regions[0]
  peer_tiers     = local.peer_tiers[var.regions[0].name]
  holds_replicas = local.holds_replicas[var.regions[0].name]
  replicate_to   = local.replicate_to[var.regions[0].name]
  account_id     = data.aws_caller_identity.this.account_id
  settings       = local.settings
}

module "region_2" {
  source    = "./modules/region"
  count     = length(var.regions) >= 2 ? 1 : 0
  providers = { aws = aws.region_2 }

  region         = var.regions[1]
  peer_tiers     = local.peer_tiers[var.regions[1].name]
  holds_replicas = local.holds_replicas[var.regions[1].name]
  replicate_to   = local.replicate_to[var.regions[1].name]
  account_id     = data.aws_caller_identity.this.account_id
  settings       = local.settings
}

module "region_3" {
  source    = "./modules/region"
  count     = length(var.regions) >= 3 ? 1 : 0
  providers = { aws = aws.region_3 }

  region         = var.regions[2]
  peer_tiers     = local.peer_tiers[var.regions[2].name]
  holds_replicas = local.holds_replicas[var.regions[2].name]
  replicate_to   = local.replicate_to[var.regions[2].name]
  account_id     = data.aws_caller_identity.this.account_id
  settings       = local.settings
}

module "region_4" {
  source    = "./modules/region"
  count     = length(var.regions) >= 4 ? 1 : 0
  providers = { aws = aws.region_4 }

  region         = var.regions[3]
  peer_tiers     = local.peer_tiers[var.regions[3].name]
  holds_replicas = local.holds_replicas[var.regions[3].name]
  replicate_to   = local.replicate_to[var.regions[3].name]
  account_id     = data.aws_caller_identity.this.account_id
  settings       = local.settings
}
