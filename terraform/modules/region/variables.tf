variable "region" {
  description = "The region: its name, CIDR, zones and, optionally, an AMI of its own."
  type = object({
    name     = string
    cidr     = string
    zones    = list(string)
    image_id = optional(string)
  })
}

variable "peer_tiers" {
  description = "CIDR of the hosts' tier of every other region, by region name."
  type        = map(string)
}

variable "holds_replicas" {
  description = "Whether other regions replicate to this one."
  type        = bool
}

variable "replicate_to" {
  description = "The replica buckets that this region's objects are copied to, by region."
  type        = map(object({ bucket_arn = string, kms_key_arn = string }))
}

variable "account_id" {
  description = "The AWS account: the owner of keys and buckets."
  type        = string
}

variable "settings" {
  description = "What all regions have in common; each is described where the root or the module declares it."
  type = object({
    deployment                = string
    environment               = string
    domain                    = string
    image                     = object({ owner = string, name = string })
    root_device               = string
    public_key                = string
    controller_cidrs          = list(string)
    user_cidrs                = list(string)
    nat_gateways              = string
    security_group_rule_quota = number
    bucket_prefix             = string
    noncurrent_days           = number
    force_destroy             = bool
    launch_timeout            = string
    extra_ports = map(list(object({
      port     = number
      to_port  = optional(number)
      protocol = optional(string, "tcp")
      from     = list(string)
      across   = optional(bool, false)
      why      = string
    })))
    node_groups = map(object({
      roles         = optional(list(string), [])
      instance_type = string
      root_gib      = optional(number, 20)
      data_gib      = optional(number, 0)
      nodes = list(object({
        id    = number
        zone  = number
        roles = optional(list(string), [])
      }))
    }))
  })
}
