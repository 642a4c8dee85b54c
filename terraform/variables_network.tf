variable "controller_cidrs" {
  description = "Where Ansible's controllers connect from: the only sources of SSH."
  type        = list(string)
}

variable "user_cidrs" {
  description = "Where people open Grafana from."
  type        = list(string)
  default     = []
}

variable "nat_gateways" {
  description = "The hosts' way out to the internet: \"none\", \"single\" or \"per_zone\"."
  type        = string
  default     = "per_zone"
}

variable "extra_ports" {
  description = "Ports of roles of your own, in the form of modules/network/ports.tf."
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

variable "security_group_rule_quota" {
  description = "Inbound rules that the account allows a security group (AWS's default is 60)."
  type        = number
  default     = 60
}
