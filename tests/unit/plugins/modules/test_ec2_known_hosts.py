"""Host keys from the console of instances in moto's AWS."""

import base64
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest
from ansible_collections.selfhosted.monitoring.plugins.modules.ec2_known_hosts import main

Run = Callable[..., dict[str, Any]]


def key(seed: bytes) -> str:
    blob = b"\0\0\0\x0bssh-ed25519\0\0\0\x20" + seed.ljust(32, b"x")
    return base64.b64encode(blob).decode()


def console(*keys: str) -> str:
    lines = [f"[   21.5] cloud-init[612]: ssh-ed25519 {text} root@ip-10-0-0-1\r" for text in keys]
    return "\n".join(["-----BEGIN SSH HOST KEY KEYS-----", *lines, "-----END SSH HOST KEY KEYS-----"])


@pytest.fixture
def launch(aws_api: str) -> Callable[[], str]:
    def launch_one() -> str:
        ec2 = boto3.client("ec2", region_name="eu-west-1", endpoint_url=aws_api)
        return str(ec2.run_instances(ImageId="ami-12c6146b", MinCount=1, MaxCount=1)["Instances"][0]["InstanceId"])

    return launch_one


@pytest.fixture
def show(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Sets what moto's GetConsoleOutput answers, for every instance."""
    return lambda text: monkeypatch.setattr("moto.ec2.responses.general.SAMPLE_CONSOLE_OUTPUT", text)


@pytest.fixture
def known_hosts(aws_api: str, tmp_path: Path, run_module: Run) -> Run:
    def run(*instances: str, check: bool = False, **options: Any) -> dict[str, Any]:
        return run_module(
            main,
            check=check,
            path=str(tmp_path / "ssh" / "known_hosts"),
            endpoint_url=aws_api,
            instances=[
                {"instance_id": instance, "region": "eu-west-1", "names": ["kafka-1.eu-west-1.test", "10.0.0.1"]}
                for instance in instances
            ],
            **{"timeout": 1, "interval": 1, **options},
        )

    return run


def text(tmp_path: Path) -> str:
    return (tmp_path / "ssh" / "known_hosts").read_text()


def test_key_of_the_console_is_written_once(
    launch: Callable[[], str], show: Any, known_hosts: Run, tmp_path: Path
) -> None:
    instance = launch()
    show(console(key(b"one")))
    answer = known_hosts(instance)
    assert answer["changed"] is True
    assert answer["read"] == [instance]
    line = f"kafka-1.eu-west-1.test,10.0.0.1 ssh-ed25519 {key(b'one')} ec2:eu-west-1/{instance}\n"
    assert text(tmp_path) == line
    assert (tmp_path / "ssh" / "known_hosts").stat().st_mode & 0o777 == 0o600
    again = known_hosts(instance)
    assert (again["changed"], again["read"]) == (False, [])


def test_replacement_at_a_reused_address_takes_it_over(
    launch: Callable[[], str], show: Any, known_hosts: Run, tmp_path: Path
) -> None:
    (tmp_path / "ssh").mkdir()
    (tmp_path / "ssh" / "known_hosts").write_text("by-hand ssh-ed25519 AAAAhand\n")
    show(console(key(b"old")))
    known_hosts(launch())
    show(console(key(b"new")))
    replacement = launch()
    known_hosts(replacement)
    assert "by-hand ssh-ed25519 AAAAhand" in text(tmp_path)
    assert key(b"old") not in text(tmp_path)
    assert f"{key(b'new')} ec2:eu-west-1/{replacement}" in text(tmp_path)


def test_check_mode_shows_and_writes_nothing(
    launch: Callable[[], str], show: Any, known_hosts: Run, tmp_path: Path
) -> None:
    show(console(key(b"one")))
    answer = known_hosts(launch(), check=True)
    assert answer["changed"] is True
    assert key(b"one") in answer["diff"]["after"]
    assert not (tmp_path / "ssh").exists()


def test_empty_console_is_an_error_with_the_way_out(
    launch: Callable[[], str], show: Any, known_hosts: Run, tmp_path: Path
) -> None:
    instance = launch()
    show("Linux version 6.1\n-----BEGIN SSH HOST KEY KEYS-----\n")
    answer = known_hosts(instance)
    assert answer["failed"] is True
    assert f"{instance} (kafka-1.eu-west-1.test) in eu-west-1: its console shows no host keys" in answer["msg"]
    assert f"ssh-ed25519 AAAA... ec2:eu-west-1/{instance}" in answer["msg"]
    assert not (tmp_path / "ssh").exists()


def test_found_keys_are_kept_when_another_instance_is_missing(
    launch: Callable[[], str], show: Any, known_hosts: Run, tmp_path: Path
) -> None:
    instance = launch()
    show(console(key(b"one")))
    answer = known_hosts(instance, "i-0123456789abcdef0")
    assert answer["failed"] is True
    assert "i-0123456789abcdef0" in answer["msg"]
    assert "InvalidInstanceID.NotFound" in answer["msg"]
    assert key(b"one") in text(tmp_path)


def test_name_that_is_a_pattern_is_refused(run_module: Run) -> None:
    instance = {"instance_id": "i-0123456789abcdef0", "region": "eu-west-1", "names": ["*.test"]}
    answer = run_module(main, instances=[instance])
    assert answer["failed"] is True
    assert "'*.test' is not a host name" in answer["msg"]
