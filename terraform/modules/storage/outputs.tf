output "kms_key_arn" {
  description = "ARN of the deployment's key in this region."
  value       = aws_kms_key.this.arn
}

output "metrics_bucket" {
  description = "Name of the region's bucket of metric blocks."
  value       = aws_s3_bucket.this["metrics"].id
}

output "metrics_bucket_arn" {
  description = "ARN of the region's bucket of metric blocks."
  value       = aws_s3_bucket.this["metrics"].arn
}

output "replica_bucket" {
  description = "Name of the bucket that holds other regions' blocks; null where the region holds none."
  value       = try(aws_s3_bucket.this["replica"].id, null)
}

output "replica_bucket_arn" {
  description = "ARN of the bucket that holds other regions' blocks; null where the region holds none."
  value       = try(aws_s3_bucket.this["replica"].arn, null)
  # S3 accepts a destination only after its versioning is on.
  depends_on = [aws_s3_bucket_versioning.this]
}
