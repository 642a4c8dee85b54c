mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  deployment     = "watch"
  environment    = "test"
  region         = "us-east-1"
  account_id     = "111122223333"
  bucket_prefix  = "watch-test"
  holds_replicas = true
  replicate_to = {
    "eu-west-1"      = { bucket_arn = "arn:aws:s3:::watch-test-eu-west-1-replica", kms_key_arn = "arn:aws:kms:eu-west-1:111122223333:key/a" }
    "ap-southeast-1" = { bucket_arn = "arn:aws:s3:::watch-test-ap-southeast-1-replica", kms_key_arn = "arn:aws:kms:ap-southeast-1:111122223333:key/b" }
  }
}

run "buckets_are_encrypted_private_and_versioned" {
  command = apply

  module {
    source = "./modules/storage"
  }

  assert {
    condition     = join(", ", keys(aws_s3_bucket.this)) == "metrics, replica"
    error_message = "A region has its own bucket and one for replicas."
  }

  assert {
    condition = alltrue([for encryption in aws_s3_bucket_server_side_encryption_configuration.this : alltrue([
      for rule in encryption.rule : rule.bucket_key_enabled && rule.apply_server_side_encryption_by_default[0].sse_algorithm == "aws:kms"
      && rule.apply_server_side_encryption_by_default[0].kms_master_key_id == aws_kms_key.this.arn
    ])])
    error_message = "Objects must be encrypted under the deployment's key."
  }

  assert {
    condition = alltrue([for block in aws_s3_bucket_public_access_block.this :
    block.block_public_acls && block.block_public_policy && block.ignore_public_acls && block.restrict_public_buckets])
    error_message = "No bucket may become public."
  }

  assert {
    condition     = alltrue([for versioning in aws_s3_bucket_versioning.this : versioning.versioning_configuration[0].status == "Enabled"])
    error_message = "Buckets must be versioned."
  }

  assert {
    condition = alltrue([for policy in aws_s3_bucket_policy.this :
    jsondecode(policy.policy).Statement[0].Effect == "Deny" && jsondecode(policy.policy).Statement[0].Condition.Bool["aws:SecureTransport"] == "false"])
    error_message = "Buckets must refuse plain HTTP."
  }

  assert {
    condition     = aws_kms_key.this.enable_key_rotation
    error_message = "The key must rotate."
  }

  assert {
    condition     = alltrue([for bucket in aws_s3_bucket.this : !bucket.force_destroy])
    error_message = "Metrics must not be deleted by accident."
  }
}

run "only_noncurrent_versions_expire" {
  command = apply

  module {
    source = "./modules/storage"
  }

  assert {
    condition = alltrue([for lifecycle in aws_s3_bucket_lifecycle_configuration.this :
    length(lifecycle.rule) == 1 && lifecycle.rule[0].noncurrent_version_expiration[0].noncurrent_days == 7])
    error_message = "Replaced versions are kept seven days."
  }

  assert {
    condition = alltrue([for lifecycle in aws_s3_bucket_lifecycle_configuration.this :
    lifecycle.rule[0].expiration[0].days == null || lifecycle.rule[0].expiration[0].days == 0])
    error_message = "Current versions are the Compactor's to delete."
  }
}

run "encrypted_objects_are_copied_to_two_regions" {
  command = apply

  module {
    source = "./modules/storage"
  }

  assert {
    condition = [for rule in aws_s3_bucket_replication_configuration.this["metrics"].rule : rule.destination[0].bucket] == [
      "arn:aws:s3:::watch-test-ap-southeast-1-replica", "arn:aws:s3:::watch-test-eu-west-1-replica",
    ]
    error_message = "The metrics must be copied to both other regions."
  }

  assert {
    condition = alltrue([for rule in aws_s3_bucket_replication_configuration.this["metrics"].rule :
      rule.status == "Enabled" && rule.source_selection_criteria[0].sse_kms_encrypted_objects[0].status == "Enabled"
    && startswith(rule.destination[0].encryption_configuration[0].replica_kms_key_id, "arn:aws:kms:${rule.id}:")])
    error_message = "Encrypted objects must be copied, under the key of their new region."
  }

  assert {
    condition     = length(distinct([for rule in aws_s3_bucket_replication_configuration.this["metrics"].rule : rule.priority])) == 2
    error_message = "Rules need different priorities."
  }

  assert {
    condition = alltrue([for statement in jsondecode(aws_iam_role_policy.replication["metrics"].policy).Statement :
    !contains(flatten([statement.Resource]), "*")])
    error_message = "The replication role is for these buckets and keys only."
  }
}

run "a_single_region_copies_nowhere" {
  command = plan

  module {
    source = "./modules/storage"
  }

  variables {
    holds_replicas = false
    replicate_to   = {}
  }

  assert {
    condition     = length(aws_s3_bucket_replication_configuration.this) == 0 && join(", ", keys(aws_s3_bucket.this)) == "metrics"
    error_message = "Without another region there is nothing to copy to."
  }
}

run "a_prefix_that_leaves_no_room_for_the_region_is_refused" {
  command = plan

  module {
    source = "./modules/storage"
  }

  variables {
    bucket_prefix = "a-name-that-is-much-too-long-for-a-bucket-in-any-region"
  }

  expect_failures = [var.bucket_prefix]
}
