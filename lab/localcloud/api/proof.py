"""The API proves at its start that IAM holds; a lab that let everything through would hide every missing permission."""

import http.client
from urllib.parse import urlencode

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from localcloud.api.identities import AccessKey

TIMEOUT_SECONDS = 20


class NotEnforcedError(Exception):
    """The API answered a request that it must refuse, or refused one that it must answer."""


def prove_enforcement(host: str, port: int, region: str, user: AccessKey) -> None:
    """Try what must be refused and what must be allowed to `user`, who may only read EC2.

    Raises NotEnforcedError naming the first request with a wrong answer.
    """
    wrong = AccessKey(user.id, "0" * len(user.secret))
    cases = (
        ("an unsigned DescribeInstances", None, "DescribeInstances", {401, 403}),
        ("a DescribeInstances with a wrong signature", wrong, "DescribeInstances", {401, 403}),
        ("a DescribeInstances of an unknown key", AccessKey("AKIA" + "0" * 16, "x"), "DescribeInstances", {401, 403}),
        ("a TerminateInstances of the inventory user", user, "TerminateInstances", {403}),
        ("a DescribeInstances of the inventory user", user, "DescribeInstances", {200}),
    )
    for what, key, action, expected in cases:
        status = _ec2_status(host, port, region, key, action)
        if status not in expected:
            raise NotEnforcedError(f"The lab's API answered {what} with {status}, not {sorted(expected)}.")


def _ec2_status(host: str, port: int, region: str, key: AccessKey | None, action: str) -> int:
    form = {"Action": action, "Version": "2016-11-15"}
    if action == "TerminateInstances":
        form["InstanceId.1"] = "i-00000000000000000"
    request = AWSRequest(
        method="POST",
        url=f"http://{host}:{port}/",
        data=urlencode(form),
        headers={"Content-Type": "application/x-www-form-urlencoded; charset=utf-8", "Host": f"{host}:{port}"},
    )
    if key is not None:
        SigV4Auth(Credentials(key.id, key.secret), "ec2", region).add_auth(request)
    connection = http.client.HTTPConnection(host, port, timeout=TIMEOUT_SECONDS)
    try:
        connection.request("POST", "/", body=request.data, headers=dict(request.headers.items()))
        return connection.getresponse().status
    finally:
        connection.close()
