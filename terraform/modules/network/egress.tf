# Hosts have no public address. Where they need the internet (upstream's archives, paging services, the APIs that
# have no gateway endpoint) they go out through NAT; nothing comes in that way.
locals {
  public_zones = var.nat_gateways == "none" ? {} : local.zones
  nat_zones    = var.nat_gateways == "single" ? { for index, zone in local.public_zones : index => zone if index == "1" } : local.public_zones
}

resource "aws_internet_gateway" "this" {
  count = var.nat_gateways == "none" ? 0 : 1

  vpc_id = aws_vpc.this.id

  tags = merge(local.tags, { Name = local.name })
}

resource "aws_subnet" "public" {
  for_each = local.public_zones

  vpc_id            = aws_vpc.this.id
  availability_zone = each.value
  cidr_block        = cidrsubnet(local.public_tier, 2, each.key - 1)

  tags = merge(local.tags, { Name = "${local.name}-public-${each.value}" })
}

resource "aws_route_table" "public" {
  count = var.nat_gateways == "none" ? 0 : 1

  vpc_id = aws_vpc.this.id

  tags = merge(local.tags, { Name = "${local.name}-public" })
}

resource "aws_route" "public_internet" {
  count = var.nat_gateways == "none" ? 0 : 1

  route_table_id         = aws_route_table.public[0].id
  destination_cidr_block = "0.0.0.0/0"
  gateway_id             = aws_internet_gateway.this[0].id
}

resource "aws_route_table_association" "public" {
  for_each = local.public_zones

  subnet_id      = aws_subnet.public[each.key].id
  route_table_id = aws_route_table.public[0].id
}

resource "aws_eip" "nat" {
  for_each = local.nat_zones

  domain = "vpc"

  tags = merge(local.tags, { Name = "${local.name}-nat-${each.value}" })
}

resource "aws_nat_gateway" "this" {
  for_each = local.nat_zones

  allocation_id = aws_eip.nat[each.key].id
  subnet_id     = aws_subnet.public[each.key].id

  tags = merge(local.tags, { Name = "${local.name}-${each.value}" })

  depends_on = [aws_internet_gateway.this]
}

resource "aws_route" "hosts_internet" {
  for_each = local.nat_zones

  route_table_id         = aws_route_table.hosts[var.nat_gateways == "per_zone" ? each.key : "all"].id
  destination_cidr_block = "0.0.0.0/0"
  nat_gateway_id         = aws_nat_gateway.this[each.key].id
}
