variable "deployment" {
  description = "Name of the deployment; the tag monitoring:deployment."
  type        = string
}

variable "environment" {
  description = "Name of the environment; the tag monitoring:environment."
  type        = string
}

variable "region" {
  description = "Name of the region; a part of the IAM names, which are global."
  type        = string
}

variable "domain" {
  description = "Name of the private zone."
  type        = string
}

variable "subnets" {
  description = "Ids of the hosts' subnets by zone index (1 to 3)."
  type        = map(string)
}

variable "security_groups" {
  description = "Ids of the security groups of each node group's instances."
  type        = map(list(string))
}

variable "node_groups" {
  description = "Groups of nodes of one kind. A node's roles are its group's and its own."
  type = map(object({
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

  validation {
    condition     = alltrue([for name in keys(var.node_groups) : can(regex("^[a-z][a-z0-9_-]{0,18}$", name))])
    error_message = "A node group's name is a lower-case letter and up to 18 letters, digits, - or _: it becomes a part of IAM names (${join(", ", keys(var.node_groups))})."
  }

  validation {
    condition = length(flatten(values(var.node_groups)[*].nodes)) == length(distinct(flatten(values(var.node_groups)[*].nodes)[*].id))
    error_message = "Node ids are unique in a region, across all groups (they become broker.id and myid). Given twice: ${join(", ", [
      for id, same in { for node in flatten(values(var.node_groups)[*].nodes) : node.id => node... } : id if length(same) > 1
    ])}."
  }

  validation {
    condition     = alltrue([for node in flatten(values(var.node_groups)[*].nodes) : node.id >= 1 && node.id <= 254 && floor(node.id) == node.id])
    error_message = "A node id is a whole number from 1 to 254 (ZooKeeper's myid allows no more): ${join(", ", flatten(values(var.node_groups)[*].nodes)[*].id)}."
  }

  validation {
    condition = alltrue([for node in flatten(values(var.node_groups)[*].nodes) : contains([1, 2, 3], node.zone)])
    error_message = "A node's zone is the index 1, 2 or 3 of one of the region's zones. Wrong: ${join(", ", [
      for node in flatten(values(var.node_groups)[*].nodes) : "node ${node.id} in zone ${node.zone}" if !contains([1, 2, 3], node.zone)
    ])}."
  }

  validation {
    condition = alltrue(flatten([for group in values(var.node_groups) : [for node in group.nodes : length(group.roles) + length(node.roles) > 0]]))
    error_message = "Every node needs a role, from its group or its own. Without: node ${join(", ", flatten([
      for group in values(var.node_groups) : [for node in group.nodes : node.id if length(group.roles) + length(node.roles) == 0]
    ]))}."
  }

  validation {
    condition = alltrue(flatten([
      for group in values(var.node_groups) : [for role in concat(group.roles, flatten(group.nodes[*].roles)) : can(regex("^[a-z][a-z0-9_]*$", role))]
    ]))
    error_message = "A role's name is lower-case letters, digits and _: it becomes a word of a tag and an Ansible group."
  }

  validation {
    condition = !anytrue([for group in values(var.node_groups) : contains(concat(group.roles, flatten(group.nodes[*].roles)), "zookeeper")]) || length(flatten([
      for group in values(var.node_groups) : [for node in group.nodes : node.id if contains(concat(group.roles, node.roles), "zookeeper")]
    ])) % 2 == 1
    error_message = "ZooKeeper has an even number of nodes in a region: such an ensemble survives no more losses than one of a node less. Use 3 or 5."
  }

  validation {
    condition = !anytrue([for group in values(var.node_groups) : contains(concat(group.roles, flatten(group.nodes[*].roles)), "kafka")]) || length(flatten([
      for group in values(var.node_groups) : [for node in group.nodes : node.id if contains(concat(group.roles, node.roles), "kafka")]
    ])) >= 3
    error_message = "Kafka has fewer than three brokers in a region, and its topics have three replicas: use 3 or more."
  }

  # The nodes of a role stand in as many zones as there are nodes, at most three.
  validation {
    condition = alltrue([
      for role, zones in transpose({ for node in flatten([
        for group in values(var.node_groups) : [for node in group.nodes : { key = "${node.id} ${node.zone}", roles = concat(group.roles, node.roles) }]
      ]) : node.key => node.roles }) : length(distinct([for key in zones : split(" ", key)[1]])) == min(3, length(zones))
    ])
    error_message = "The nodes of a role stand in different zones, so that a zone never takes the whole role with it. Not so: ${join(", ", [
      for role, zones in transpose({ for node in flatten([
        for group in values(var.node_groups) : [for node in group.nodes : { key = "${node.id} ${node.zone}", roles = concat(group.roles, node.roles) }]
      ]) : node.key => node.roles }) : "${role} (nodes ${join(", ", [for key in zones : split(" ", key)[0]])})" if length(distinct([for key in zones : split(" ", key)[1]])) != min(3, length(zones))
    ])}."
  }
}

variable "image_id" {
  description = "The AMI of this region's nodes; looked up by image where null."
  type        = string
  default     = null
}

variable "image" {
  description = "Owner (account id or alias) and name pattern of the AMI; the newest that matches is taken."
  type = object({
    owner = string
    name  = string
  })
}

variable "public_key" {
  description = "OpenSSH public key of the controller's user on the machines."
  type        = string

  validation {
    condition     = can(regex("^(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp[0-9]+) [A-Za-z0-9+/]+=*( .*)?$", trimspace(var.public_key)))
    error_message = "public_key must be one line of an OpenSSH public key file (ssh-ed25519 AAAA... comment); a private key never goes into Terraform."
  }
}

variable "kms_key_arn" {
  description = "The deployment's key in this region: volumes and objects are encrypted under it."
  type        = string
}

variable "metrics_bucket_arn" {
  description = "ARN of the region's bucket of metric blocks."
  type        = string
}

variable "replica_bucket_arn" {
  description = "ARN of the bucket that holds other regions' blocks; null where the region holds none."
  type        = string
  default     = null
}

variable "launch_timeout" {
  description = "How long Terraform waits for a new node to run (\"0\": not at all)."
  type        = string
  default     = "10m"
}

variable "root_device" {
  description = "Device name of the AMI's root volume (Debian's and Amazon Linux's is /dev/xvda, Ubuntu's /dev/sda1)."
  type        = string
  default     = "/dev/xvda"
}
