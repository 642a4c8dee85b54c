variable "deployment" {
  description = "Name of the deployment; the tag monitoring:deployment."
  type        = string
}

variable "environment" {
  description = "Name of the environment; the tag monitoring:environment."
  type        = string
}

variable "region" {
  description = "Name of the region."
  type        = string
}

variable "account_id" {
  description = "The AWS account: the owner of keys and buckets."
  type        = string
}

variable "bucket_prefix" {
  description = "What the buckets' names begin with: S3's names are unique in the world."
  type        = string

  validation {
    # 63, less "-ap-southeast-1-replica"
    condition     = can(regex("^[a-z0-9][a-z0-9-]{1,38}[a-z0-9]$", var.bucket_prefix))
    error_message = "bucket_prefix must be 3 to 40 lower-case letters, digits and dashes, so that the region fits into the 63 characters of a bucket's name (${var.bucket_prefix})."
  }
}

variable "holds_replicas" {
  description = "Whether other regions replicate to this one."
  type        = bool
  default     = false
}

variable "replicate_to" {
  description = "The replica buckets of other regions that this region's objects are copied to, by region, in the order of priority."
  type = map(object({
    bucket_arn  = string
    kms_key_arn = string
  }))
  default = {}
}

variable "noncurrent_days" {
  description = "Days that a replaced or deleted object can still be brought back."
  type        = number
  default     = 7

  validation {
    condition     = var.noncurrent_days >= 1
    error_message = "noncurrent_days must be 1 or more, not ${var.noncurrent_days}."
  }
}

variable "force_destroy" {
  description = "Whether terraform destroy deletes the buckets together with the metrics in them."
  type        = bool
  default     = false
}

variable "key_deletion_days" {
  description = "Days for which a deleted key can be restored (7 to 30): without it nothing that it encrypted can be read."
  type        = number
  default     = 30
}
