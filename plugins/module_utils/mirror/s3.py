# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A mirror in an S3 bucket."""

from __future__ import annotations

import base64
import mimetypes
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from ansible_collections.selfhosted.monitoring.plugins.module_utils.failures import Failure
from ansible_collections.selfhosted.monitoring.plugins.module_utils.mirror.destination import Destination, Local

try:
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError
except ImportError:  # reported when an S3 destination is asked for
    boto3 = None  # type: ignore[assignment]

    class BotoCoreError(Exception):  # type: ignore[no-redef]
        """Stands for botocore's, which is missing here."""

    class ClientError(Exception):  # type: ignore[no-redef]
        """Stands for botocore's, which is missing here."""


CONNECTIONS = 8


@dataclass(frozen=True)
class S3Access:
    """How a bucket is reached; what is None is left to AWS's own configuration."""

    profile: str | None = None
    region: str | None = None
    endpoint_url: str | None = None
    kms_key_id: str | None = None
    """Objects are encrypted with this key; without one, as the bucket's default says."""


class S3Destination(Destination):
    """A prefix of a bucket. S3 itself checks each upload's sha256, and shows an object only when it is whole."""

    def __init__(self, bucket: str, prefix: str, access: S3Access) -> None:
        if boto3 is None:
            raise Failure("an s3:// destination needs boto3 in Ansible's Python: pip install boto3")
        self._bucket = bucket
        self._prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
        self._kms_key_id = access.kms_key_id
        try:
            session = boto3.Session(profile_name=access.profile, region_name=access.region)
            self._client: Any = session.client("s3", endpoint_url=access.endpoint_url)
        except BotoCoreError as error:
            raise Failure(f"s3://{bucket}: {error}") from error

    def read(self, path: str) -> bytes | None:
        """Return an object's content, None where there is none."""
        try:
            content: bytes = self._client.get_object(Bucket=self._bucket, Key=self._prefix + path)["Body"].read()
        except (BotoCoreError, ClientError) as error:
            if _code(error) in ("NoSuchKey", "404"):
                return None
            raise self._failure(path, error) from error
        return content

    def digests(self, paths: Sequence[str]) -> Mapping[str, str]:
        """Return the sha256 that S3 verified when each object was written."""
        with ThreadPoolExecutor(CONNECTIONS) as pool:
            found = dict(pool.map(lambda path: (path, self._digest(path)), paths))
        return {path: sha256 for path, sha256 in found.items() if sha256}

    def put(self, files: Sequence[Local]) -> None:
        """Upload in order, with the sha256 that S3 compares before it shows the object."""
        encryption = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": self._kms_key_id} if self._kms_key_id else {}
        for local in files:
            kind, encoding = mimetypes.guess_type(local.path)
            if encoding or not kind:
                kind = "application/octet-stream"
            try:
                with local.file.open("rb") as body:
                    self._client.put_object(
                        Bucket=self._bucket,
                        Key=self._prefix + local.path,
                        Body=body,
                        ChecksumSHA256=base64.b64encode(bytes.fromhex(local.sha256)).decode("ascii"),
                        Metadata={"sha256": local.sha256},
                        ContentType=kind,
                        **encryption,
                    )
            except (BotoCoreError, ClientError) as error:
                raise self._failure(local.path, error) from error

    def _digest(self, path: str) -> str | None:
        try:
            head = self._client.head_object(Bucket=self._bucket, Key=self._prefix + path)
        except (BotoCoreError, ClientError) as error:
            # Without s3:ListBucket a missing object is a 403, which is told apart from no access when it is written.
            if _code(error) in ("404", "NoSuchKey", "NotFound", "403"):
                return None
            raise self._failure(path, error) from error
        sha256: str | None = head["Metadata"].get("sha256")
        return sha256

    def _failure(self, path: str, error: Exception) -> Failure:
        return Failure(
            f"s3://{self._bucket}/{self._prefix}{path}: {error}. The identity needs s3:GetObject, s3:PutObject and "
            "s3:ListBucket there, and kms:GenerateDataKey and kms:Decrypt for an encrypted bucket"
        )


def _code(error: Exception) -> str:
    response: dict[str, Any] = getattr(error, "response", {})
    return str(response.get("Error", {}).get("Code", ""))
