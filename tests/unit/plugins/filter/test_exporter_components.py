from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.selfhosted.monitoring.plugins.filter.exporter_components import exporter_components


def entry(**changes: Any) -> dict[str, Any]:
    return {
        "component": "node_exporter",
        "version": "1.0",
        "sha256": {"amd64": "0" * 64},
        "file": "node_exporter-{version}.linux-{architecture}.tar.gz",
        "upstream": "https://example.com/{file}",
        "port": 9100,
        "unit": {"command": ["{archive}/node_exporter"]},
        **changes,
    }


def test_entry_becomes_a_component_with_its_archive() -> None:
    (component,) = exporter_components(["node"], {"node": entry(ready={"http": "/"})}, "defer")
    assert component == {
        "name": "node_exporter",
        "live": "defer",
        "archive": {
            "name": "node_exporter",
            "version": "1.0",
            "sha256": {"amd64": "0" * 64},
            "file": "node_exporter-{version}.linux-{arch}.tar.gz",
            "upstream": "https://example.com/{file}",
        },
        "unit": {"command": ["{archive}/node_exporter"]},
        "ready": {"http": "/"},
    }


def test_unknown_exporter_is_named_with_the_known_ones() -> None:
    with pytest.raises(AnsibleFilterError, match=r"'nod', which the catalogue does not have. Known: blackbox, node"):
        exporter_components(["nod"], {"node": entry(), "blackbox": entry()})


def test_missing_keys_are_all_named() -> None:
    with pytest.raises(AnsibleFilterError, match=r"'mine' lacks sha256, port; give it in exporters_extra.mine"):
        exporter_components(["mine"], {"mine": entry(sha256=None, port=None)})


def test_two_exporters_on_one_port_are_refused() -> None:
    with pytest.raises(AnsibleFilterError, match="'node' and 'other' both listen on port 9100"):
        exporter_components(["node", "other"], {"node": entry(), "other": entry(component="other")})


def test_misspelt_key_is_named() -> None:
    with pytest.raises(AnsibleFilterError, match="'node' has keys that mean nothing: limit"):
        exporter_components(["node"], {"node": entry(limit={})})


def test_second_instance_runs_from_the_same_archive() -> None:
    (component,) = exporter_components(["b"], {"b": entry(component="b_exporter", archive="node_exporter")})
    assert (component["name"], component["archive"]["name"]) == ("b_exporter", "node_exporter")


def test_exporter_that_uses_another_component_needs_no_archive() -> None:
    uses = {"component": "lag", "port": 9308, "uses": ["agents"], "unit": {"command": ["/x"]}}
    assert exporter_components(["lag"], {"lag": uses}) == [
        {"name": "lag", "live": "apply", "unit": {"command": ["/x"]}, "uses": ["agents"]}
    ]


def test_text_of_the_tree_may_name_the_archive_s_file() -> None:
    tree = {"files": {"java.args": "-javaagent:{file}", "data.json": {"content": "{file}"}}}
    (component,) = exporter_components(["a"], {"a": entry(file="a-{version}.jar", tree=tree)})
    assert component["tree"]["files"] == {"java.args": "-javaagent:a-1.0.jar", "data.json": {"content": "{file}"}}
