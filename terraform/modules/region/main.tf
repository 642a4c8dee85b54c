# One region: its network, its key and buckets, its nodes. All that it needs of other regions comes in by name and
# CIDR, so no region waits for another except where it copies to it.
module "network" {
  source = "../network"

  deployment                = var.settings.deployment
  environment               = var.settings.environment
  region                    = var.region.name
  cidr                      = var.region.cidr
  zones                     = var.region.zones
  peer_tiers                = var.peer_tiers
  controller_cidrs          = var.settings.controller_cidrs
  user_cidrs                = var.settings.user_cidrs
  nat_gateways              = var.settings.nat_gateways
  extra_ports               = var.settings.extra_ports
  security_group_rule_quota = var.settings.security_group_rule_quota
  roles_by_group = {
    for name, group in var.settings.node_groups : name => distinct(concat(group.roles, flatten(group.nodes[*].roles)))
  }
}

module "storage" {
  source = "../storage"

  deployment      = var.settings.deployment
  environment     = var.settings.environment
  region          = var.region.name
  account_id      = var.account_id
  bucket_prefix   = var.settings.bucket_prefix
  holds_replicas  = var.holds_replicas
  replicate_to    = var.replicate_to
  noncurrent_days = var.settings.noncurrent_days
  force_destroy   = var.settings.force_destroy
}

module "nodes" {
  source = "../nodes"

  deployment         = var.settings.deployment
  environment        = var.settings.environment
  region             = var.region.name
  domain             = var.settings.domain
  subnets            = module.network.host_subnets
  security_groups    = module.network.security_groups
  node_groups        = var.settings.node_groups
  image              = var.settings.image
  image_id           = var.region.image_id
  root_device        = var.settings.root_device
  public_key         = var.settings.public_key
  kms_key_arn        = module.storage.kms_key_arn
  metrics_bucket_arn = module.storage.metrics_bucket_arn
  replica_bucket_arn = module.storage.replica_bucket_arn
  launch_timeout     = var.settings.launch_timeout
}
