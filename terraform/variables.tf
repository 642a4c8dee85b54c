variable "deployment" {
  description = "Name of the deployment: one monitoring system. It begins every name and is the tag monitoring:deployment."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,15}$", var.deployment))
    error_message = "deployment must be a lower-case letter and up to 15 letters, digits or dashes, not ${var.deployment}."
  }
}

variable "environment" {
  description = "Name of the environment; must be the selected workspace's, so that no tfvars file meets another one's state."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,11}$", var.environment))
    error_message = "environment must be a lower-case letter and up to 11 letters, digits or dashes, not ${var.environment}."
  }

  validation {
    condition     = var.environment == terraform.workspace
    error_message = "These variables are for environment ${var.environment}, but workspace ${terraform.workspace} is selected. Run: terraform workspace select -or-create ${var.environment}"
  }
}

variable "domain" {
  description = "Name of the private zone: nodes are <role>-<node id>.<region>.<domain>."
  type        = string

  validation {
    condition     = can(regex("^([a-z0-9]([a-z0-9-]*[a-z0-9])?\\.)+[a-z][a-z0-9-]*$", var.domain))
    error_message = "domain must be a lower-case DNS name of two labels or more, without a dot at its end, not ${var.domain}."
  }
}

variable "regions" {
  description = <<-EOT
    The regions, each with the CIDR of its VPC (a /16 to a /24) and three zones. The order is the regions' identity:
    append, never reorder. The first one holds the zone's home VPC. replicate_to names the regions that get copies
    of its metrics (default: the first two others); image_id overrides the AMI.
  EOT
  type = list(object({
    name         = string
    cidr         = string
    zones        = list(string)
    image_id     = optional(string)
    replicate_to = optional(list(string))
  }))

  validation {
    condition     = length(var.regions) >= var.minimum_regions
    error_message = "${length(var.regions)} region(s) given, at least ${var.minimum_regions} are needed: the loss of one has to leave two. To go without, set minimum_regions."
  }

  validation {
    condition     = length(var.regions) <= 4
    error_message = "${length(var.regions)} regions given, but there are four slots. docs/terraform.md says how to add one."
  }

  validation {
    condition     = length(distinct(var.regions[*].name)) == length(var.regions)
    error_message = "A region is given twice: ${join(", ", var.regions[*].name)}."
  }

  validation {
    condition     = alltrue([for region in var.regions : length(distinct(region.zones)) == 3 && length(region.zones) == 3])
    error_message = "Every region needs three different zones. Not so: ${join("; ", [for region in var.regions : "${region.name} has ${join(", ", region.zones)}" if length(distinct(region.zones)) != 3 || length(region.zones) != 3])}."
  }

  validation {
    condition     = alltrue([for region in var.regions : alltrue([for zone in region.zones : startswith(zone, region.name)])])
    error_message = "A zone's name begins with its region's: ${join("; ", [for region in var.regions : "${region.name} has ${join(", ", region.zones)}" if !alltrue([for zone in region.zones : startswith(zone, region.name)])])}."
  }

  # Two CIDRs overlap where they are equal under the shorter of their prefixes.
  validation {
    condition = try(alltrue(flatten([
      for i, a in var.regions : [
        for j, b in var.regions : j <= i ? true : (
          cidrsubnet("${split("/", a.cidr)[0]}/${min(split("/", a.cidr)[1], split("/", b.cidr)[1])}", 0, 0)
          != cidrsubnet("${split("/", b.cidr)[0]}/${min(split("/", a.cidr)[1], split("/", b.cidr)[1])}", 0, 0)
        )
      ]
    ])), false)
    error_message = "The regions' CIDRs must be valid and must not overlap, or peering cannot route between them: ${join(", ", [for region in var.regions : "${region.name} ${region.cidr}"])}."
  }

  validation {
    condition = alltrue([
      for region in var.regions : length(setsubtract(coalesce(region.replicate_to, []), [for other in var.regions : other.name if other.name != region.name])) == 0
    ])
    error_message = "replicate_to must name other regions of this deployment."
  }
}

variable "minimum_regions" {
  description = "The fewest regions that are accepted; below three, the loss of a region is not survived."
  type        = number
  default     = 3

  validation {
    condition     = var.minimum_regions >= 1
    error_message = "minimum_regions must be 1 or more, not ${var.minimum_regions}."
  }
}

variable "allowed_account_ids" {
  description = "AWS accounts that this may be applied to; empty: any that the credentials are for."
  type        = list(string)
  default     = []
}

variable "s3_use_path_style" {
  description = "Whether buckets are addressed by path, for S3-compatible endpoints without a name a bucket."
  type        = bool
  default     = false
}
