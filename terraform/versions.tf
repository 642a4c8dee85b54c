terraform {
  required_version = ">= 1.9.0"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.100"
    }
  }

  # Bucket, key, region and dynamodb_table come from -backend-config (docs/terraform.md): they belong to the
  # account, not to the code. A workspace's state lies at <workspace_key_prefix>/<workspace>/<key>.
  backend "s3" {
    encrypt              = true
    workspace_key_prefix = "monitoring"
  }
}
