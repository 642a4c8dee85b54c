import io
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from localcloud.api.application import Application

BODY = b"Action=CreateSecurityGroup&GroupName=base&Version=2016-11-15"
AUTHORIZATION = (
    "AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE/20260101/us-east-1/ec2/aws4_request, SignedHeaders=host, Signature=00"
)


def ask(status: str, attempt: int) -> None:
    """Send one call that moto answers with `status`."""

    def dispatcher(_environ: dict[str, Any], start_response: Any) -> Iterator[bytes]:
        start_response(status, [])
        yield b"done"

    application = Application("123456789012", ("us-east-1",), signed_only=True, dispatcher=dispatcher)  # type: ignore[arg-type]
    environ = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/",
        "HTTP_AUTHORIZATION": AUTHORIZATION,
        "HTTP_AMZ_SDK_REQUEST": f"attempt={attempt}; max=25",
        "HTTP_AMZ_SDK_INVOCATION_ID": "5d41402a",
        "CONTENT_LENGTH": str(len(BODY)),
        "wsgi.input": io.BytesIO(BODY),
    }
    assert list(application(environ, lambda *_arguments: None)) == [b"done"]


def test_call_that_an_sdk_repeats_is_logged_by_name(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, logger="lab.api"):
        ask("200 OK", attempt=1)
        assert not caplog.records
        ask("200 OK", attempt=2)
    assert caplog.messages == ["ec2 POST CreateSecurityGroup: attempt 2 of 5d41402a"]


def test_call_that_fails_here_is_logged_by_name(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, logger="lab.api"):
        ask("500 INTERNAL SERVER ERROR", attempt=1)
    assert caplog.messages == ["ec2 POST CreateSecurityGroup: answered 500 INTERNAL SERVER ERROR to 5d41402a"]
