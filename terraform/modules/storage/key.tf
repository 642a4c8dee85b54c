locals {
  name = "${var.deployment}-${var.environment}"
  tags = {
    "monitoring:deployment"  = var.deployment
    "monitoring:environment" = var.environment
  }
}

# The deployment's key of the region: the nodes' volumes and the buckets' objects.
resource "aws_kms_key" "this" {
  description             = "${local.name}: volumes and objects of the monitoring system"
  enable_key_rotation     = true
  deletion_window_in_days = var.key_deletion_days

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "IAMPoliciesOfTheAccountDecide"
        Effect    = "Allow"
        Principal = { AWS = "arn:aws:iam::${var.account_id}:root" }
        Action    = "kms:*"
        Resource  = "*"
      },
      {
        # Auto Scaling starts instances by its service-linked role, whose IAM policy cannot be edited. It is named
        # in a condition, not as the principal: a key policy that names a role which does not exist yet is refused.
        Sid       = "AutoScalingStartsEncryptedVolumes"
        Effect    = "Allow"
        Principal = { AWS = "*" }
        Action    = ["kms:CreateGrant", "kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"]
        Resource  = "*"
        Condition = {
          StringEquals = { "kms:CallerAccount" = var.account_id }
          ArnLike      = { "aws:PrincipalArn" = "arn:aws:iam::${var.account_id}:role/aws-service-role/autoscaling.amazonaws.com/*" }
        }
      },
    ]
  })

  tags = merge(local.tags, { Name = local.name })
}

resource "aws_kms_alias" "this" {
  name          = "alias/${local.name}"
  target_key_id = aws_kms_key.this.key_id
}
