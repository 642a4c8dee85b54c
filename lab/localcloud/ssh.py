"""`lab/lab ssh`: a shell on a machine, its host key verified."""

import configparser
import os
from pathlib import Path

import boto3

from localcloud import addresses, host_keys, keys, paths
from localcloud.desired import Instance
from localcloud.problems import LabError


def command(instance: Instance, known_hosts: Path, remote: list[str]) -> list[str]:
    """Return the ssh command line for a machine; `remote` is what runs there (empty: a shell)."""
    options = {
        "User": "admin",
        "IdentityFile": str(keys.PRIVATE),
        "IdentitiesOnly": "yes",
        "UserKnownHostsFile": str(known_hosts),
        "GlobalKnownHostsFile": "/dev/null",
        "StrictHostKeyChecking": "yes",
        "LogLevel": "ERROR",
        "ConnectTimeout": "10",
    }
    flags = [part for name, value in options.items() for part in ("-o", f"{name}={value}")]
    return ["ssh", "-F", "/dev/null", *flags, instance.address, *(["--", *remote] if remote else [])]


def console_output(instance: Instance) -> str:
    """Read the instance's console by EC2's API, as any client of the cloud would, with the inventory's identity."""
    parser = configparser.ConfigParser()
    if not parser.read(paths.STATE / "aws" / "credentials"):
        raise LabError("The lab has no credentials; start it with: lab/lab up")
    identity = parser["inventory"]
    ec2 = boto3.client(
        "ec2",
        region_name=instance.region,
        endpoint_url=addresses.GATEWAY,
        aws_access_key_id=identity["aws_access_key_id"],
        aws_secret_access_key=identity["aws_secret_access_key"],
    )
    return str(ec2.get_console_output(InstanceId=instance.id).get("Output", ""))


def connect(instance: Instance, remote: list[str]) -> None:
    """Replace this process by ssh."""
    known_hosts = paths.STATE / "ssh" / f"{instance.id}.known_hosts"
    paths.write_private(known_hosts, host_keys.known_hosts(console_output(instance), [instance.address]))
    argv = command(instance, known_hosts, remote)
    os.execvp(argv[0], argv)  # noqa: S606 - ssh takes over the terminal
