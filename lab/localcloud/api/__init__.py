"""The lab's cloud API: moto's server for the AWS services that a deployment uses, mended where it must be."""
