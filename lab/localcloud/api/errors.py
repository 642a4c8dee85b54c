"""Errors in the form of the AWS service that was called, so that SDKs read and retry them as on AWS."""

import json
from dataclasses import dataclass
from uuid import uuid4
from xml.sax.saxutils import escape

JSON_SERVICES = frozenset({"dynamodb", "kms", "logs", "ssm", "secretsmanager", "tagging"})

_EC2 = (
    "<Response><Errors><Error><Code>{code}</Code><Message>{message}</Message></Error></Errors>"
    "<RequestID>{id}</RequestID></Response>"
)
_S3 = "<Error><Code>{code}</Code><Message>{message}</Message><RequestId>{id}</RequestId></Error>"
_QUERY = (
    "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>"
    "<RequestId>{id}</RequestId></ErrorResponse>"
)
_XML_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'


@dataclass(frozen=True)
class Scope:
    """Whom a signed request is for: the region and service of its credential scope, and its key."""

    access_key: str
    region: str
    service: str


def scope_of(authorization: str) -> Scope | None:
    """Read the credential scope of a SigV4 Authorization header; None if the header is not one."""
    if not authorization.startswith("AWS4-HMAC-SHA256 "):
        return None
    credential = authorization.partition("Credential=")[2].partition(",")[0]
    parts = credential.strip().split("/")
    if len(parts) != 5 or "SignedHeaders=" not in authorization or "Signature=" not in authorization:
        return None
    return Scope(access_key=parts[0], region=parts[2], service=parts[3].lower())


def error_body(service: str, code: str, message: str) -> str:
    """Return the body of an error of `service` (the name in a credential scope, e.g. "ec2")."""
    if service in JSON_SERVICES:
        return json.dumps({"__type": code, "message": message})
    form = {"ec2": _EC2, "s3": _S3}.get(service, _QUERY)
    return _XML_HEAD + form.format(code=escape(code), message=escape(message), id=uuid4())


def content_type(service: str) -> str:
    """Return the Content-Type of an error of `service`."""
    return "application/x-amz-json-1.0" if service in JSON_SERVICES else "text/xml"
