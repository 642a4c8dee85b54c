mock_provider "aws" {
  alias  = "east"
  source = "./tests/mocks"
}

mock_provider "aws" {
  alias  = "west"
  source = "./tests/mocks"
}

variables {
  deployment  = "watch"
  environment = "test"
  requester   = { region = "us-east-1", vpc_id = "vpc-1", cidr = "10.64.0.0/16", route_tables = { "1" = "rtb-11", "2" = "rtb-12", "3" = "rtb-13" } }
  accepter    = { region = "eu-west-1", vpc_id = "vpc-2", cidr = "10.65.0.0/16", route_tables = { all = "rtb-2" } }
}

run "every_route_table_of_both_sides_leads_to_the_other" {
  command = apply

  module {
    source = "./modules/peering"
  }

  providers = {
    aws.requester = aws.east
    aws.accepter  = aws.west
  }

  assert {
    condition     = join(", ", [for route in aws_route.to_accepter : "${route.route_table_id} ${route.destination_cidr_block}"]) == "rtb-11 10.65.0.0/16, rtb-12 10.65.0.0/16, rtb-13 10.65.0.0/16"
    error_message = "All three of the requester's tables need a route to the accepter."
  }

  assert {
    condition     = join(", ", [for route in aws_route.to_requester : "${route.route_table_id} ${route.destination_cidr_block}"]) == "rtb-2 10.64.0.0/16"
    error_message = "The accepter needs a route back."
  }

  assert {
    condition     = aws_vpc_peering_connection.this.peer_region == "eu-west-1" && aws_vpc_peering_connection_accepter.this.auto_accept
    error_message = "The other region must be named, and accept by itself."
  }

  assert {
    condition = (aws_vpc_peering_connection_options.requester.requester[0].allow_remote_vpc_dns_resolution
    && aws_vpc_peering_connection_options.accepter.accepter[0].allow_remote_vpc_dns_resolution)
    error_message = "Both sides must resolve each other's names to private addresses."
  }
}
