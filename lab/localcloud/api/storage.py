"""What has to exist before Terraform's first run: its state's bucket and lock table, and the mirror's bucket."""

from moto.dynamodb.models import dynamodb_backends
from moto.s3.models import s3_backends


def create_bucket(account: str, name: str, region: str) -> None:
    """Create a versioned bucket in `region`."""
    s3 = s3_backends[account]["aws"]
    s3.create_bucket(name, region)
    s3.put_bucket_versioning(name, "Enabled")


def create_lock_table(account: str, name: str, region: str) -> None:
    """Create the DynamoDB table that Terraform's S3 backend locks with (its key must be LockID)."""
    dynamodb_backends[account][region].create_table(
        name,
        schema=[{"AttributeName": "LockID", "KeyType": "HASH"}],
        attr=[{"AttributeName": "LockID", "AttributeType": "S"}],
        throughput=None,
        global_indexes=None,
        indexes=None,
        streams=None,
        billing_mode="PAY_PER_REQUEST",
        sse_specification=None,
        tags=[],
        deletion_protection_enabled=None,
        warm_throughput=None,
    )
