# A provider of version 5 works in one region and cannot be made by for_each, so regions have fixed slots: region n
# of var.regions is in slot n. A slot that is not used makes no call: it only starts a process.
# A fifth slot: docs/terraform.md, "More than four regions".
locals {
  slot_regions = [for slot in range(4) : var.regions[min(slot, length(var.regions) - 1)].name]
}

provider "aws" {
  alias               = "region_1"
  region              = local.slot_regions[0]
  allowed_account_ids = var.allowed_account_ids
  s3_use_path_style   = var.s3_use_path_style
}

provider "aws" {
  alias               = "region_2"
  region              = local.slot_regions[1]
  allowed_account_ids = var.allowed_account_ids
  s3_use_path_style   = var.s3_use_path_style
}

provider "aws" {
  alias               = "region_3"
  region              = local.slot_regions[2]
  allowed_account_ids = var.allowed_account_ids
  s3_use_path_style   = var.s3_use_path_style
}

provider "aws" {
  alias               = "region_4"
  region              = local.slot_regions[3]
  allowed_account_ids = var.allowed_account_ids
  s3_use_path_style   = var.s3_use_path_style
}
