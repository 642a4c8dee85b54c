# Every two regions are joined: peering is not transitive.

module "peering_1_2" {
  source    = "./modules/peering"
  count     = length(var.regions) >= 2 ? 1 : 0
  providers = { aws.requester = aws.region_1, aws.accepter = aws.region_2 }

  deployment  = var.deployment
  environment = var.environment
  requester   = module.region_1[0].network
  accepter    = module.region_2[0].network
}

module "peering_1_3" {
  source    = "./modules/peering"
  count     = length(var.regions) >= 3 ? 1 : 0
  providers = { aws.requester = aws.region_1, aws.accepter = aws.region_3 }

  deployment  = var.deployment
  environment = var.environment
  requester   = module.region_1[0].network
  accepter    = module.region_3[0].network
}

module "peering_1_4" {
  source    = "./modules/peering"
  count     = length(var.regions) >= 4 ? 1 : 0
  providers = { aws.requester = aws.region_1, aws.accepter = aws.region_4 }

  deployment  = var.deployment
  environment = var.environment
  requester   = module.region_1[0].network
  accepter    = module.region_4[0].network
}

module "peering_2_3" {
  source    = "./modules/peering"
  count     = length(var.regions) >= 3 ? 1 : 0
  providers = { aws.requester = aws.region_2, aws.accepter = aws.region_3 }

  deployment  = var.deployment
  environment = var.environment
  requester   = module.region_2[0].network
  accepter    = module.region_3[0].network
}

module "peering_2_4" {
  source    = "./modules/peering"
  count     = length(var.regions) >= 4 ? 1 : 0
  providers = { aws.requester = aws.region_2, aws.accepter = aws.region_4 }

  deployment  = var.deployment
  environment = var.environment
  requester   = module.region_2[0].network
  accepter    = module.region_4[0].network
}

module "peering_3_4" {
  source    = "./modules/peering"
  count     = length(var.regions) >= 4 ? 1 : 0
  providers = { aws.requester = aws.region_3, aws.accepter = aws.region_4 }

  deployment  = var.deployment
  environment = var.environment
  requester   = module.region_3[0].network
  accepter    = module.region_4[0].network
}
