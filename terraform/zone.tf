# One private zone that every region's VPC answers from. Its records are Ansible's (role host).
locals {
  vpcs = {
    for slot, network in [
      length(var.regions) >= 1 ? module.region_1[0].network : null,
      length(var.regions) >= 2 ? module.region_2[0].network : null,
      length(var.regions) >= 3 ? module.region_3[0].network : null,
      length(var.regions) >= 4 ? module.region_4[0].network : null,
    ] : var.regions[slot].name => network.vpc_id if slot < length(var.regions)
  }
}

resource "aws_route53_zone" "this" {
  provider = aws.region_1

  name          = var.domain
  comment       = "${var.deployment} ${var.environment}: names of the monitoring system's nodes"
  force_destroy = true # records that Ansible wrote do not hold up a destroy

  vpc {
    vpc_id     = local.vpcs[var.regions[0].name]
    vpc_region = var.regions[0].name
  }

  tags = {
    "monitoring:deployment"  = var.deployment
    "monitoring:environment" = var.environment
  }

  lifecycle {
    ignore_changes = [vpc] # the other regions' VPCs are associated below
  }
}

resource "aws_route53_zone_association" "this" {
  provider = aws.region_1
  for_each = toset([for slot, region in var.regions : region.name if slot > 0])

  zone_id    = aws_route53_zone.this.zone_id
  vpc_id     = local.vpcs[each.key]
  vpc_region = each.key
}
