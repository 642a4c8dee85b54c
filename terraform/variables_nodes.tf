variable "node_groups" {
  description = <<-EOT
    The nodes of every region, in groups of one kind: each has an instance type, a root volume and a data volume in
    GiB (0: none), and roles that all its nodes have. A node has an id (1 to 254, unique in the region; it becomes
    broker.id and myid), the index of its zone (1 to 3) and, where nodes of a group differ, roles of its own.
  EOT
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
}

variable "image" {
  description = "Owner (account id or alias) and name pattern of the AMI; the newest that matches is taken. Default: Debian 12."
  type = object({
    owner = string
    name  = string
  })
  default = {
    owner = "136693071363"
    name  = "debian-12-amd64-*"
  }
}

variable "root_device" {
  description = "Device name of the AMI's root volume."
  type        = string
  default     = "/dev/xvda"
}

variable "public_key" {
  description = "OpenSSH public key of the controller's user on the machines."
  type        = string
}

variable "launch_timeout" {
  description = "How long Terraform waits for a new node to run (\"0\": not at all)."
  type        = string
  default     = "10m"
}
