variable "bucket_prefix" {
  description = "What the buckets' names begin with (<prefix>-<region>); null: <deployment>-<environment>."
  type        = string
  default     = null
}

variable "noncurrent_days" {
  description = "Days that a replaced or deleted object can still be brought back."
  type        = number
  default     = 7
}

variable "force_destroy_buckets" {
  description = "Whether terraform destroy deletes the buckets together with the metrics in them."
  type        = bool
  default     = false
}
