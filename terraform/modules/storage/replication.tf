locals {
  replicates     = length(var.replicate_to) > 0 ? { metrics = local.buckets.metrics } : {}
  source_arn     = aws_s3_bucket.this["metrics"].arn
  replica_arns   = [for target in var.replicate_to : target.bucket_arn]
  replica_keys   = [for target in var.replicate_to : target.kms_key_arn]
  target_regions = sort(keys(var.replicate_to))
}

resource "aws_iam_role" "replication" {
  for_each = local.replicates

  name = "${local.name}-${var.region}-replication"
  path = "/monitoring/${var.deployment}/${var.environment}/"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "s3.amazonaws.com" }
      Condition = { StringEquals = { "aws:SourceAccount" = var.account_id } }
    }]
  })

  tags = local.tags
}

resource "aws_iam_role_policy" "replication" {
  for_each = local.replicates

  name = "replication"
  role = aws_iam_role.replication[each.key].id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "ReadConfiguration"
        Effect   = "Allow"
        Action   = ["s3:GetReplicationConfiguration", "s3:ListBucket"]
        Resource = local.source_arn
      },
      {
        Sid      = "ReadVersions"
        Effect   = "Allow"
        Action   = ["s3:GetObjectVersionAcl", "s3:GetObjectVersionForReplication", "s3:GetObjectVersionTagging"]
        Resource = "${local.source_arn}/*"
      },
      {
        Sid      = "WriteReplicas"
        Effect   = "Allow"
        Action   = ["s3:ReplicateDelete", "s3:ReplicateObject", "s3:ReplicateTags"]
        Resource = [for arn in local.replica_arns : "${arn}/*"]
      },
      {
        Sid       = "Decrypt"
        Effect    = "Allow"
        Action    = "kms:Decrypt"
        Resource  = aws_kms_key.this.arn
        Condition = { StringEquals = { "kms:ViaService" = "s3.${var.region}.amazonaws.com" } }
      },
      {
        Sid       = "EncryptAgain"
        Effect    = "Allow"
        Action    = ["kms:Encrypt", "kms:GenerateDataKey"]
        Resource  = local.replica_keys
        Condition = { StringEquals = { "kms:ViaService" = [for region in local.target_regions : "s3.${region}.amazonaws.com"] } }
      },
    ]
  })
}

resource "aws_s3_bucket_replication_configuration" "this" {
  for_each = local.replicates

  bucket = aws_s3_bucket.this[each.key].id
  role   = aws_iam_role.replication[each.key].arn

  dynamic "rule" {
    for_each = local.target_regions

    content {
      id       = rule.value
      priority = rule.key + 1
      status   = "Enabled"

      filter {}

      source_selection_criteria {
        sse_kms_encrypted_objects {
          status = "Enabled"
        }
      }

      # What the Compactor deletes goes from the replicas too.
      delete_marker_replication {
        status = "Enabled"
      }

      destination {
        bucket        = var.replicate_to[rule.value].bucket_arn
        storage_class = "STANDARD_IA"

        encryption_configuration {
          replica_kms_key_id = var.replicate_to[rule.value].kms_key_arn
        }
      }
    }
  }

  depends_on = [aws_s3_bucket_versioning.this]
}
