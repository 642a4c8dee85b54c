locals {
  name = "${var.deployment}-${var.environment}"
  tags = {
    "monitoring:deployment"  = var.deployment
    "monitoring:environment" = var.environment
  }

  # A tier is a quarter of the VPC and a subnet a quarter of a tier, so that a tier is one CIDR in a peer's rules.
  host_tier   = cidrsubnet(var.cidr, 2, 0)
  public_tier = cidrsubnet(var.cidr, 2, 1)

  # Indexed from 1, as the zone_index of the inventory.
  zones = { for index, zone in var.zones : tostring(index + 1) => zone }
}

resource "aws_vpc" "this" {
  cidr_block           = var.cidr
  enable_dns_support   = true
  enable_dns_hostnames = true # the private zone answers only where both are on

  tags = merge(local.tags, { Name = local.name })
}

# What is created without a security group would land in the VPC's default one: it lets nothing through.
resource "aws_default_security_group" "this" {
  vpc_id = aws_vpc.this.id

  tags = merge(local.tags, { Name = "${local.name}-unused" })
}

resource "aws_subnet" "hosts" {
  for_each = local.zones

  vpc_id            = aws_vpc.this.id
  availability_zone = each.value
  cidr_block        = cidrsubnet(local.host_tier, 2, each.key - 1)

  tags = merge(local.tags, { Name = "${local.name}-hosts-${each.value}" })
}

# A table a zone where each zone has a NAT gateway of its own, else one for all.
resource "aws_route_table" "hosts" {
  for_each = var.nat_gateways == "per_zone" ? local.zones : { all = "all zones" }

  vpc_id = aws_vpc.this.id

  tags = merge(local.tags, { Name = "${local.name}-hosts-${each.key}" })
}

resource "aws_route_table_association" "hosts" {
  for_each = local.zones

  subnet_id      = aws_subnet.hosts[each.key].id
  route_table_id = aws_route_table.hosts[var.nat_gateways == "per_zone" ? each.key : "all"].id
}

# Blocks travel between Prometheus, Thanos and S3 inside the region, without NAT's price a gigabyte.
resource "aws_vpc_endpoint" "s3" {
  vpc_id            = aws_vpc.this.id
  service_name      = "com.amazonaws.${var.region}.s3"
  vpc_endpoint_type = "Gateway"
  route_table_ids   = [for table in aws_route_table.hosts : table.id]

  tags = merge(local.tags, { Name = "${local.name}-s3" })
}
