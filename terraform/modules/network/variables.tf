variable "deployment" {
  description = "Name of the deployment; the tag monitoring:deployment."
  type        = string
}

variable "environment" {
  description = "Name of the environment; the tag monitoring:environment."
  type        = string
}

variable "region" {
  description = "Name of the region, as the provider's."
  type        = string
}

variable "cidr" {
  description = "CIDR of the VPC. Its first quarter is the tier of hosts, its second the tier of NAT gateways and load balancers."
  type        = string

  validation {
    condition     = can(cidrhost(var.cidr, 0)) && try(cidrhost(var.cidr, 0) == split("/", var.cidr)[0], false)
    error_message = "cidr must be a network address with its prefix length, such as 10.64.0.0/16, not ${var.cidr}."
  }

  validation {
    condition     = try(tonumber(split("/", var.cidr)[1]) >= 16 && tonumber(split("/", var.cidr)[1]) <= 24, false)
    error_message = "cidr must be a /16 to a /24: AWS allows no larger VPC, and a smaller one has no room for six subnets (${var.cidr})."
  }
}

variable "zones" {
  description = "Names of the three availability zones, in the order of the node groups' zone indexes."
  type        = list(string)

  validation {
    condition     = length(var.zones) == 3 && length(distinct(var.zones)) == 3
    error_message = "zones must name three different availability zones, not ${length(distinct(var.zones))} (${join(", ", var.zones)}): ensembles of three survive the loss of one zone only in three zones."
  }
}

variable "roles_by_group" {
  description = "The roles that any node of a group has, a list for each node group."
  type        = map(list(string))

  validation {
    condition     = alltrue([for roles in values(var.roles_by_group) : length(setsubtract(roles, local.known_roles)) == 0])
    error_message = "Unknown roles in node_groups: ${join(", ", setsubtract(flatten(values(var.roles_by_group)), local.known_roles))}. Known are: ${join(", ", local.known_roles)}. For a role of your own add an entry to extra_ports (an empty list if it opens no port)."
  }
}

variable "peer_tiers" {
  description = "CIDR of the hosts' tier of every other region, by region name."
  type        = map(string)
  default     = {}
}

variable "controller_cidrs" {
  description = "Where Ansible's controllers connect from: the only sources of SSH."
  type        = list(string)

  validation {
    condition     = alltrue([for cidr in var.controller_cidrs : can(cidrhost(cidr, 0)) && !endswith(cidr, "/0")])
    error_message = "controller_cidrs must be CIDRs such as 10.1.2.3/32, and never the whole internet."
  }
}

variable "user_cidrs" {
  description = "Where people open Grafana from."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for cidr in var.user_cidrs : can(cidrhost(cidr, 0))])
    error_message = "user_cidrs must be CIDRs such as 10.1.0.0/16."
  }
}

variable "extra_ports" {
  description = "Ports of roles that this module does not know, in the form of its own table (ports.tf)."
  type = map(list(object({
    port     = number
    to_port  = optional(number)
    protocol = optional(string, "tcp")
    from     = list(string)
    across   = optional(bool, false)
    why      = string
  })))
  default = {}
}

variable "nat_gateways" {
  description = "The hosts' way out to the internet: \"none\", \"single\" (one gateway in the first zone) or \"per_zone\"."
  type        = string
  default     = "per_zone"

  validation {
    condition     = contains(["none", "single", "per_zone"], var.nat_gateways)
    error_message = "nat_gateways must be none, single or per_zone, not ${var.nat_gateways}."
  }
}

variable "security_group_rule_quota" {
  description = "Inbound rules that the account allows a security group (AWS's default is 60)."
  type        = number
  default     = 60
}
