"""Who may do what: users, policies, signatures, and the paths that nobody outside may call."""

import itertools
import json
import stat

import pytest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError
from localcloud.api.identities import policies

from .conftest import CHECKOUT, Api, Client


def refusal(call, **arguments) -> tuple[int, str]:
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    response = caught.value.response
    return response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]["Code"]


def test_profiles_are_private_files(api: Api) -> None:
    for name in ("config", "credentials"):
        assert stat.S_IMODE((api.credentials / name).stat().st_mode) == 0o600
    assert stat.S_IMODE(api.credentials.stat().st_mode) == 0o700


def test_every_profile_has_its_own_user(client: Client) -> None:
    for profile in ("terraform", "inventory", "dns", "mirror"):
        identity = client("sts", profile).get_caller_identity()
        assert identity["Arn"] == f"arn:aws:iam::123456789012:user/{profile}"


def test_inventory_reads_and_does_nothing_else(client: Client) -> None:
    ec2 = client("ec2", "inventory")
    assert ec2.describe_instances()["Reservations"] is not None
    assert ec2.describe_subnets()["Subnets"]
    assert refusal(ec2.terminate_instances, InstanceIds=["i-1"]) == (403, "UnauthorizedOperation")
    assert refusal(ec2.describe_vpcs) == (403, "UnauthorizedOperation")
    assert refusal(client("route53", "inventory").list_hosted_zones) == (403, "AccessDenied")
    assert refusal(client("iam", "inventory").list_users) == (403, "AccessDenied")
    assert refusal(client("s3", "inventory").list_buckets)[0] == 403
    assert refusal(client("kms", "inventory").list_keys) == (400, "AccessDeniedException")
    assert refusal(client("dynamodb", "inventory").list_tables) == (400, "AccessDeniedException")
    assert refusal(client("autoscaling", "inventory").describe_auto_scaling_groups) == (403, "AccessDenied")
    assert refusal(client("elbv2", "inventory").describe_load_balancers) == (403, "AccessDenied")


def test_inventory_policy_is_the_documented_one() -> None:
    text = (CHECKOUT / "plugins/inventory/ec2_topology.py").read_text()
    lines = text[text.index('# {"Version"') :].splitlines()
    comment = itertools.takewhile(lambda line: line.startswith("# "), lines)
    documented = json.loads("".join(line[2:] for line in comment))["Statement"]
    read, assume, console = policies("b", ("us-east-1", "eu-west-1", "ap-southeast-1"))["inventory"]
    for ours, theirs in ((read, documented[0]), (assume, documented[1])):
        actions = theirs["Action"] if isinstance(theirs["Action"], list) else [theirs["Action"]]
        assert ours["Action"] == actions
        assert ours.get("Condition") == theirs.get("Condition")
    assert len(documented) == 2
    assert console["Action"] == ["ec2:GetConsoleOutput"]
    assert "ec2:GetConsoleOutput" in (CHECKOUT / "plugins/modules/ec2_known_hosts.py").read_text()


def test_inventory_reads_in_its_regions_only(client: Client) -> None:
    assert client("ec2", "inventory", region="eu-west-1").describe_subnets()["Subnets"]
    elsewhere = client("ec2", "inventory", region="us-west-2")
    assert refusal(elsewhere.describe_instances) == (403, "UnauthorizedOperation")
    assert client("ec2", region="us-west-2").describe_instances()["Reservations"] == []


def test_inventory_assumes_its_role_and_no_other(client: Client) -> None:
    trust = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}],
    }
    arns = {}
    for name in ("monitoring-inventory", "other"):
        role = client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))["Role"]
        arns[name] = role["Arn"]
    sts = client("sts", "inventory")
    assumed = sts.assume_role(RoleArn=arns["monitoring-inventory"], RoleSessionName="test")
    assert assumed["Credentials"]["SessionToken"]
    assert refusal(sts.assume_role, RoleArn=arns["other"], RoleSessionName="test") == (403, "AccessDenied")


def test_dns_changes_zones_and_reads_no_instances(client: Client) -> None:
    assert client("route53", "dns").list_hosted_zones()["HostedZones"] is not None
    assert refusal(client("route53", "dns").create_hosted_zone, Name="x.test", CallerReference="1")[0] == 403
    assert refusal(client("ec2", "dns").describe_instances)[0] == 403


def test_mirror_writes_its_bucket_and_no_other(client: Client) -> None:
    s3 = client("s3", "mirror")
    s3.put_object(Bucket="monitoring-lab-mirror", Key="a/b", Body=b"x" * 100_000)
    assert s3.get_object(Bucket="monitoring-lab-mirror", Key="a/b")["Body"].read() == b"x" * 100_000
    assert s3.list_objects_v2(Bucket="monitoring-lab-mirror")["KeyCount"] == 1
    assert s3.head_object(Bucket="monitoring-lab-mirror", Key="a/b")["ContentLength"] == 100_000
    assert refusal(s3.put_object, Bucket="monitoring-lab-terraform-state", Key="a", Body=b"")[0] == 403
    s3.delete_object(Bucket="monitoring-lab-mirror", Key="a/b")


CALLS = {
    "ec2": "describe_vpcs",
    "route53": "list_hosted_zones",
    "iam": "list_users",
    "sts": "get_caller_identity",
    "s3": "list_buckets",
    "dynamodb": "list_tables",
    "kms": "list_keys",
    "autoscaling": "describe_auto_scaling_groups",
    "elbv2": "describe_load_balancers",
}


@pytest.mark.parametrize("service", CALLS)
def test_wrong_signature_and_unknown_key_are_refused(client: Client, service: str) -> None:
    honest = client(service)
    real = honest._request_signer._credentials
    strangers = [Credentials(real.access_key, "0" * 40), Credentials("AKIA0000000000000000", "0" * 40)]
    try:
        for stranger in strangers:
            honest._request_signer._credentials = stranger
            assert refusal(getattr(honest, CALLS[service]))[0] in {400, 401, 403}
    finally:
        honest._request_signer._credentials = real
    getattr(honest, CALLS[service])()


def test_unsigned_request_is_refused(api: Api) -> None:
    body = b"Action=DescribeInstances&Version=2016-11-15"
    assert api.ask("POST", "/", body, **{"Content-Type": "application/x-www-form-urlencoded"})[0] == 403
    assert api.ask("GET", "/monitoring-lab-terraform-state/x")[0] == 403
    assert api.ask("GET", "/", Authorization="AWS4-HMAC-SHA256 Credential=x")[0] == 403
    assert api.ask("GET", "/", Authorization="Basic eDp5")[0] == 403


@pytest.mark.parametrize("path", ["/moto-api/", "/moto-api/reset", "/moto-api/reset-auth", "/latest/meta-data/"])
def test_motos_own_paths_are_closed(api: Api, path: str) -> None:
    assert api.ask("POST", path, b"")[0] == 403


def test_lab_paths_are_closed_to_what_came_through_the_gateway(api: Api) -> None:
    assert api.ask("GET", "/_lab/desired", **{"X-Lab-Gateway": "1"})[0] == 403


def test_failed_call_is_an_error_of_its_service(client: Client) -> None:
    status, code = refusal(client("autoscaling").start_instance_refresh, AutoScalingGroupName="none")
    assert (status, code) == (501, "NotImplemented")
