import io
import tarfile

import pytest
from localcloud.desired import Cloud, Instance
from localcloud.host_keys import host_keys_block, known_hosts
from localcloud.machines import host_name, internal_domain, seed, seed_files, volume_size
from localcloud.problems import LabError

CONSOLE = (
    "[  OK  ] Started something\r\n-----BEGIN SSH HOST KEY KEYS-----\r\n"
    "ecdsa-sha2-nistp256 AAAAE2 root@ip-10-213-0-10\r\nssh-ed25519 AAAAC3 root@ip-10-213-0-10\r\n"
    "-----END SSH HOST KEY KEYS-----\r\n"
)


def test_names_are_those_that_ec2_gives() -> None:
    assert host_name("10.213.0.10") == "ip-10-213-0-10"
    assert internal_domain("us-east-1") == "ec2.internal"
    assert internal_domain("eu-west-1") == "eu-west-1.compute.internal"


def test_seed_holds_the_key_and_the_resolver(cloud: Cloud) -> None:
    files = seed_files(cloud.instances[0])
    assert files["authorized_keys"] == f"{cloud.instances[0].public_key}\n"
    assert "nameserver 10.213.255.1\nsearch ec2.internal\n" in files["etc/resolv.conf"]
    with tarfile.open(fileobj=io.BytesIO(seed(cloud.instances[0]))) as tar:
        assert sorted(tar.getnames()) == sorted(f"var/lib/cloud/seed/{name}" for name in files)


@pytest.mark.parametrize(("tag", "size"), [("1g", "1g"), ("512M", "512m"), ("", "1g"), ("2g,mode=777", "1g")])
def test_volume_has_the_size_of_its_tag_if_that_is_a_size(cloud: Cloud, tag: str, size: str) -> None:
    base = cloud.instances[0]
    tags = {**base.tags, "monitoring:data-volume": tag}
    one = Instance(
        base.id, "running", base.address, base.subnet, base.vpc, base.zone, base.region, (), base.public_key, tags
    )
    assert volume_size(one) == size


def test_host_keys_are_taken_from_the_console_as_cloud_init_prints_them() -> None:
    block = host_keys_block(CONSOLE)
    assert block is not None
    assert "\r" not in block
    assert known_hosts(CONSOLE, ["10.213.0.10"]) == (
        "10.213.0.10 ecdsa-sha2-nistp256 AAAAE2\n10.213.0.10 ssh-ed25519 AAAAC3\n"
    )


def test_last_boot_counts() -> None:
    later = CONSOLE.replace("AAAAC3", "AAAAnew")
    assert "AAAAnew" in known_hosts(CONSOLE + later, ["x"])


def test_console_without_host_keys_is_said_so() -> None:
    assert host_keys_block("-----BEGIN SSH HOST KEY KEYS-----\r\nssh-ed25519 AAA") is None
    with pytest.raises(LabError, match=r"console of 10\.213\.0\.10 shows no host keys yet"):
        known_hosts("", ["10.213.0.10"])
