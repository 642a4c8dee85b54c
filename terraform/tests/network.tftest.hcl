mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  deployment       = "watch"
  environment      = "test"
  region           = "us-east-1"
  cidr             = "10.64.0.0/20"
  zones            = ["us-east-1a", "us-east-1b", "us-east-1c"]
  peer_tiers       = { "eu-west-1" = "10.65.0.0/22" }
  controller_cidrs = ["192.0.2.10/32"]
  roles_by_group = {
    brokers = ["kafka"]
    keepers = ["zookeeper"]
    storage = ["prometheus", "thanos_query", "thanos_compactor"]
  }
}

run "hosts_have_a_subnet_a_zone_with_the_deployments_tags" {
  command = plan

  module {
    source = "./modules/network"
  }

  assert {
    condition     = [for index in ["1", "2", "3"] : aws_subnet.hosts[index].cidr_block] == ["10.64.0.0/24", "10.64.1.0/24", "10.64.2.0/24"]
    error_message = "The hosts' subnets must be the first three of the VPC, in the order of the zones."
  }

  assert {
    condition = alltrue([for subnet in aws_subnet.hosts :
    subnet.tags["monitoring:deployment"] == "watch" && subnet.tags["monitoring:environment"] == "test"])
    error_message = "Subnets must carry the deployment's tags: the inventory counts the zones by them."
  }

  assert {
    condition     = alltrue([for subnet in aws_subnet.hosts : subnet.map_public_ip_on_launch != true])
    error_message = "Hosts must have no public address."
  }

  assert {
    condition     = aws_vpc.this.enable_dns_support && aws_vpc.this.enable_dns_hostnames
    error_message = "A private zone answers only with both DNS options."
  }

  assert {
    condition     = length(aws_nat_gateway.this) == 3 && length(aws_route_table.hosts) == 3
    error_message = "Each zone must have its own way out."
  }
}

run "without_nat_nothing_public_is_made" {
  command = plan

  module {
    source = "./modules/network"
  }

  variables {
    nat_gateways = "none"
  }

  assert {
    condition     = length(aws_internet_gateway.this) + length(aws_subnet.public) + length(aws_nat_gateway.this) + length(aws_eip.nat) == 0
    error_message = "nat_gateways = none must leave no way in or out."
  }

  assert {
    condition     = length(aws_route_table.hosts) == 1
    error_message = "One route table serves all zones where no zone has a gateway."
  }
}

run "ssh_is_open_to_the_controllers_only" {
  command = plan

  module {
    source = "./modules/network"
  }

  assert {
    condition = alltrue([for rule in aws_security_group.base.ingress :
    rule.from_port != 22 || (tolist(rule.cidr_blocks) == tolist(["192.0.2.10/32"]) && rule.self != true)])
    error_message = "Only controller_cidrs may reach port 22."
  }

  assert {
    condition = alltrue(flatten([for rules in values(output.open_ports) : [
      for rule in values(rules) : rule.from_port > 22 || rule.protocol == "112"
    ]]))
    error_message = "No role may open port 22."
  }
}

run "ports_are_open_to_the_roles_of_the_table" {
  command = plan

  module {
    source = "./modules/network"
  }

  assert {
    condition     = join(", ", keys(output.open_ports["keepers"])) == "tcp 2281-2281, tcp 2888-2888, tcp 3888-3888"
    error_message = "ZooKeeper opens its TLS client port and its quorum's two, and never the plain 2181."
  }

  assert {
    condition     = output.open_ports["keepers"]["tcp 2281-2281"].members == ["brokers"] && length(output.open_ports["keepers"]["tcp 2281-2281"].cidrs) == 0
    error_message = "ZooKeeper's clients are the brokers of its region."
  }

  assert {
    condition     = output.open_ports["keepers"]["tcp 2888-2888"].members == ["keepers"]
    error_message = "The quorum is among ZooKeeper's nodes."
  }

  assert {
    condition     = output.open_ports["brokers"]["tcp 9093-9093"].any && output.open_ports["brokers"]["tcp 9093-9093"].cidrs == tolist(["10.65.0.0/22"])
    error_message = "Every host of the region and the hosts' tiers of the others write to Kafka."
  }

  assert {
    condition     = !output.open_ports["brokers"]["tcp 9094-9094"].any && length(output.open_ports["brokers"]["tcp 9094-9094"].cidrs) == 0
    error_message = "The brokers' own listener is theirs."
  }

  assert {
    condition     = output.open_ports["storage"]["tcp 10901-10901"].members == ["storage"]
    error_message = "The sidecar answers Thanos Query."
  }

  assert {
    condition     = !contains(keys(output.open_ports["brokers"]), "tcp 9100-9100")
    error_message = "Exporters listen on loopback: no port."
  }
}

run "no_two_roles_share_a_port" {
  command = plan

  module {
    source = "./modules/network"
  }

  assert {
    condition = alltrue([
      for port in distinct([for rule in local.declared_ports : rule.port if rule.protocol == "tcp" && rule.port != 8090]) :
      length(distinct([for rule in local.declared_ports : rule.role if rule.port == port])) == 1
    ])
    error_message = "A host may carry all roles, so two of them must not listen on one port (8090, HAProxy's health, is shared)."
  }
}

run "a_role_of_the_users_own_opens_its_port" {
  command = plan

  module {
    source = "./modules/network"
  }

  variables {
    roles_by_group = { probes = ["prober"], brokers = ["kafka"] }
    extra_ports    = { prober = [{ port = 9700, from = ["kafka"], why = "Prober" }] }
  }

  assert {
    condition     = output.open_ports["probes"]["tcp 9700-9700"].members == ["brokers"]
    error_message = "extra_ports must be as good as the module's own table."
  }
}

run "an_unknown_role_is_refused" {
  command = plan

  module {
    source = "./modules/network"
  }

  variables {
    roles_by_group = { brokers = ["kafak"] }
  }

  expect_failures = [var.roles_by_group]
}

run "more_rules_than_the_account_allows_are_refused" {
  command = plan

  module {
    source = "./modules/network"
  }

  variables {
    security_group_rule_quota = 3
  }

  expect_failures = [aws_security_group.ports]
}

run "ssh_for_the_whole_internet_is_refused" {
  command = plan

  module {
    source = "./modules/network"
  }

  variables {
    controller_cidrs = ["0.0.0.0/0"]
  }

  expect_failures = [var.controller_cidrs]
}

run "a_cidr_with_host_bits_is_refused" {
  command = plan

  module {
    source = "./modules/network"
  }

  variables {
    cidr = "10.64.3.0/20"
  }

  expect_failures = [var.cidr]
}
