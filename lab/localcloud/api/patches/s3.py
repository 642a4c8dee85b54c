"""S3: a bucket's replication configuration comes back as it was put."""

from typing import Any

from moto.core.responses import ActionResult
from moto.s3.exceptions import ReplicationConfigurationNotFoundError
from moto.s3.responses import S3Response

from localcloud.api.patches.replacing import replace


def replication_rules_are_kept() -> None:
    """moto answers fixed delete-marker and filter settings, and drops the criteria for encrypted objects.

    Terraform would want to change the bucket at every plan. (Nothing replicates, in moto or here.)
    """

    def get_bucket_replication(self: S3Response) -> Any:
        self.data["Action"] = "GetBucketReplication"
        replication = self.backend.get_bucket_replication(self.bucket_name)
        if not replication:
            raise ReplicationConfigurationNotFoundError(bucket_name=self.bucket_name)
        rules = [_rule(rule) for rule in replication["Rule"]]
        return self.serialized(
            ActionResult({"ReplicationConfiguration": {"Role": replication["Role"], "Rules": rules}})
        )

    replace(S3Response, "get_bucket_replication", get_bucket_replication)


def _rule(rule: dict[str, Any]) -> dict[str, Any]:
    shown = {key: value for key, value in rule.items() if value is not None and not key.startswith("@")}
    if "Prefix" not in shown:  # a rule has a prefix (the old form) or a filter, which may be empty
        shown.setdefault("Filter", {"Prefix": ""})
        shown.setdefault("DeleteMarkerReplication", {"Status": "Disabled"})
    return shown


PATCHES = (replication_rules_are_kept,)
