output "vpc_id" {
  description = "Id of the region's VPC."
  value       = aws_vpc.this.id
}

output "cidr" {
  description = "CIDR of the region's VPC."
  value       = aws_vpc.this.cidr_block
}

output "host_subnets" {
  description = "Ids of the hosts' subnets by zone index (1 to 3)."
  value       = { for index, subnet in aws_subnet.hosts : index => subnet.id }
}

output "public_subnets" {
  description = "Ids of the subnets for internet-facing load balancers by zone index; empty without NAT gateways."
  value       = { for index, subnet in aws_subnet.public : index => subnet.id }
}

output "route_tables" {
  description = "Ids of the hosts' route tables, by zone index or \"all\"."
  value       = { for name, table in aws_route_table.hosts : name => table.id }
}

output "security_groups" {
  description = "Ids of the security groups of each node group's instances."
  value = {
    for group in keys(var.roles_by_group) : group => [
      aws_security_group.base.id,
      aws_security_group.members[group].id,
      aws_security_group.ports[group].id,
    ]
  }
}

output "open_ports" {
  description = "What each node group's security group lets in: for reviews and tests."
  value       = local.used_ingress_by_group
}
