# A network interface takes five security groups by default and a host may carry eight roles, so the roles' rules
# are united into one group a node group. Every instance has three:
#   base     SSH from the controllers, ICMP, the way out; also stands for "any host of the deployment here";
#   members  has no rules: it is what other groups' rules refer to;
#   ports    the united rules. They refer to members, never to ports, so rules may point both ways without a
#            cycle and stand inline: one API call a group, and whatever else was opened by hand is closed again.
locals {
  rules_by_group = {
    for group, roles in var.roles_by_group : group => {
      for rule in local.declared_ports : "${rule.protocol} ${rule.port}-${rule.to_port}" => rule...
      if contains(roles, rule.role)
    }
  }

  ingress_by_group = {
    for group, rules in local.rules_by_group : group => {
      for name, same_port in rules : name => {
        protocol    = same_port[0].protocol
        from_port   = same_port[0].port
        to_port     = same_port[0].to_port
        description = join("; ", distinct(same_port[*].why))
        any         = contains(flatten(same_port[*].from), "any")
        members = [
          for other, roles in var.roles_by_group : other
          if length(setintersection(roles, flatten(same_port[*].from))) > 0
        ]
        cidrs = sort(distinct(concat(
          contains(flatten(same_port[*].from), "vpc") ? [var.cidr] : [],
          contains(flatten(same_port[*].from), "users") ? var.user_cidrs : [],
          anytrue(same_port[*].across) ? values(var.peer_tiers) : [],
        )))
      }
    }
  }

  # A rule that nobody may use (its clients' role is nowhere) is left out, as the API refuses one without a source.
  used_ingress_by_group = {
    for group, rules in local.ingress_by_group : group => {
      for name, rule in rules : name => rule if rule.any || length(rule.members) + length(rule.cidrs) > 0
    }
  }
}

resource "aws_security_group" "base" {
  name        = "${local.name}-base"
  description = "Every host of the deployment: SSH from controllers, ICMP, the way out"
  vpc_id      = aws_vpc.this.id

  dynamic "ingress" {
    for_each = length(var.controller_cidrs) > 0 ? [var.controller_cidrs] : []

    content {
      description = "SSH from the controllers"
      protocol    = "tcp"
      from_port   = 22
      to_port     = 22
      cidr_blocks = ingress.value
    }
  }

  ingress {
    description = "Reachability, and path MTU discovery between regions"
    protocol    = "icmp"
    from_port   = -1
    to_port     = -1
    self        = true
    cidr_blocks = sort(distinct(concat(values(var.peer_tiers), var.controller_cidrs)))
  }

  egress {
    description = "Anywhere: what a host may reach is decided where it arrives"
    protocol    = "-1"
    from_port   = 0
    to_port     = 0
    cidr_blocks = ["0.0.0.0/0"]
  }

  tags = merge(local.tags, { Name = "${local.name}-base" })
}

resource "aws_security_group" "members" {
  for_each = var.roles_by_group

  name        = "${local.name}-${each.key}-members"
  description = "The hosts of node group ${each.key}, for other groups' rules"
  vpc_id      = aws_vpc.this.id

  tags = merge(local.tags, { Name = "${local.name}-${each.key}-members" })
}

resource "aws_security_group" "ports" {
  for_each = var.roles_by_group

  name        = "${local.name}-${each.key}-ports"
  description = "Open ports of node group ${each.key}"
  vpc_id      = aws_vpc.this.id

  dynamic "ingress" {
    for_each = local.used_ingress_by_group[each.key]

    content {
      description = ingress.value.description
      protocol    = ingress.value.protocol
      from_port   = ingress.value.from_port
      to_port     = ingress.value.to_port
      cidr_blocks = ingress.value.cidrs
      security_groups = ingress.value.any ? [aws_security_group.base.id] : [
        for group in ingress.value.members : aws_security_group.members[group].id
      ]
    }
  }

  tags = merge(local.tags, { Name = "${local.name}-${each.key}-ports" })

  lifecycle {
    precondition {
      # AWS counts every source of a port as a rule.
      condition = sum(concat([0], [
        for rule in values(local.used_ingress_by_group[each.key]) : length(rule.cidrs) + (rule.any ? 1 : length(rule.members))
      ])) <= var.security_group_rule_quota
      error_message = "Node group ${each.key} needs more than ${var.security_group_rule_quota} inbound rules. Spread its roles over several node groups, or have AWS raise the quota \"Inbound or outbound rules per security group\" and set security_group_rule_quota."
    }
  }
}
