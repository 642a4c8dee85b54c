import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.selfhosted.monitoring.plugins.filter.component_archive import component_archive
from ansible_collections.selfhosted.monitoring.plugins.filter.sub_authority import sub_authority

ENTRY = {"component": "app", "version": "1.2", "sha256": "a" * 64, "file": "app-{version}.{architecture}.tgz"}


def test_entry_becomes_an_archive() -> None:
    assert component_archive(ENTRY) == {
        "name": "app",
        "version": "1.2",
        "sha256": "a" * 64,
        "file": "app-{version}.{arch}.tgz",
    }


def test_another_version_is_not_checked_against_the_entry_s_sum() -> None:
    assert component_archive(ENTRY, "1.2") == component_archive(ENTRY)
    assert component_archive(ENTRY, "1.3") == {"name": "app", "version": "1.3", "file": "app-{version}.{arch}.tgz"}


def test_authority_of_a_service_lies_beside_the_deployment_s() -> None:
    made = sub_authority({"kind": "deployment", "directory": "ca", "days": 90}, "zookeeper")
    assert (made["directory"], made["common_name"], made["days"]) == ("ca/zookeeper", "zookeeper authority", 90)
    with pytest.raises(AnsibleFilterError, match="set zookeeper_authority"):
        sub_authority({"kind": "command"}, "zookeeper")
