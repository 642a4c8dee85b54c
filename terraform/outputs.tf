output "zone_id" {
  description = "Id of the private zone."
  value       = aws_route53_zone.this.zone_id
}

output "regions" {
  description = "What stands in each region: VPC, subnets for load balancers, buckets, key, instance profiles, nodes."
  value = {
    for slot, region in [
      length(var.regions) >= 1 ? module.region_1[0] : null,
      length(var.regions) >= 2 ? module.region_2[0] : null,
      length(var.regions) >= 3 ? module.region_3[0] : null,
      length(var.regions) >= 4 ? module.region_4[0] : null,
      ] : var.regions[slot].name => {
      vpc_id            = region.network.vpc_id
      public_subnets    = region.public_subnets
      buckets           = region.buckets
      kms_key_arn       = region.kms_key_arn
      instance_profiles = region.instance_profiles
      nodes             = region.nodes
    } if slot < length(var.regions)
  }
}
