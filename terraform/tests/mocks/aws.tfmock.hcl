# Values in the form of AWS's own, where the provider checks the form of what it is given.
mock_data "aws_caller_identity" {
  defaults = { account_id = "111122223333" }
}

mock_data "aws_ami" {
  defaults = { id = "ami-00000000000000001" }
}

mock_resource "aws_kms_key" {
  defaults = {
    key_id = "11111111-2222-3333-4444-555555555555"
    arn    = "arn:aws:kms:us-east-1:111122223333:key/11111111-2222-3333-4444-555555555555"
  }
}

mock_resource "aws_s3_bucket" {
  defaults = { arn = "arn:aws:s3:::a-bucket" }
}

mock_resource "aws_iam_role" {
  defaults = { arn = "arn:aws:iam::111122223333:role/a-role" }
}

mock_resource "aws_iam_instance_profile" {
  defaults = { arn = "arn:aws:iam::111122223333:instance-profile/a-profile" }
}

mock_resource "aws_launch_template" {
  defaults = { id = "lt-00000000000000001", latest_version = 1 }
}
