variable "deployment" {
  description = "Name of the deployment; the tag monitoring:deployment."
  type        = string
}

variable "environment" {
  description = "Name of the environment; the tag monitoring:environment."
  type        = string
}

variable "requester" {
  description = "The side that asks: its region, VPC and route tables."
  type = object({
    region       = string
    vpc_id       = string
    cidr         = string
    route_tables = map(string)
  })
}

variable "accepter" {
  description = "The side that accepts: its region, VPC and route tables."
  type = object({
    region       = string
    vpc_id       = string
    cidr         = string
    route_tables = map(string)
  })
}
