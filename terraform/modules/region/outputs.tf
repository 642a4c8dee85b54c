# No output may depend on replicate_to: regions copy to one another, and it would close a circle.
output "network" {
  description = "What a peering with this region needs."
  value = {
    region       = var.region.name
    vpc_id       = module.network.vpc_id
    cidr         = module.network.cidr
    route_tables = module.network.route_tables
  }
}

output "public_subnets" {
  description = "Ids of the subnets for internet-facing load balancers by zone index."
  value       = module.network.public_subnets
}

output "replica" {
  description = "Where other regions' objects are copied to; ARNs are null where the region holds none."
  value = {
    bucket_arn  = module.storage.replica_bucket_arn
    kms_key_arn = module.storage.kms_key_arn
  }
}

output "buckets" {
  description = "Names of the region's buckets."
  value = {
    metrics = module.storage.metrics_bucket
    replica = module.storage.replica_bucket
  }
}

output "kms_key_arn" {
  description = "ARN of the deployment's key in this region."
  value       = module.storage.kms_key_arn
}

output "nodes" {
  description = "The nodes by id."
  value       = module.nodes.nodes
}

output "instance_profiles" {
  description = "ARN of the instance profile of each node group."
  value       = module.nodes.instance_profiles
}
