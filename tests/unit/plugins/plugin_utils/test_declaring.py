"""A declaration is checked on the controller, and what is sent holds final paths and sums."""

import pytest
from ansible_collections.selfhosted.monitoring.plugins.module_utils.component.declaration import pack, unpack
from ansible_collections.selfhosted.monitoring.plugins.plugin_utils import declaring
from ansible_collections.selfhosted.monitoring.plugins.plugin_utils.declaring import DeclarationError
from ansible_collections.selfhosted.monitoring.plugins.plugin_utils.rendering import RenderingError

SUM = "a" * 64
ARCHIVE = {"version": "1.0", "sha256": {"amd64": SUM, "arm64": "b" * 64}, "upstream": "https://up/{version}/{file}"}


def _declare(mirrors=(), checksums=None, rendered=None, **arguments):
    checked = declaring.checked({"name": "app", **arguments})
    return declaring.declare(checked, lambda _directory: rendered or {}, mirrors, checksums or {})


def _host(machine="x86_64", **arguments):
    return unpack(pack([_declare(**arguments)]), machine)[0]


def test_placeholders_become_live_paths() -> None:
    unit = {"command": ["{archive}/app", "--config={tree}/app.yml", "--data={data}"], "data": True}
    host = _host(unit=unit, archive=ARCHIVE)
    line = "/opt/monitoring/app/current/archive/app --config=/etc/monitoring/app/app.yml --data=/var/lib/monitoring/app"
    assert f"ExecStart={line}" in host.unit.text and "ReadWritePaths=/var/lib/monitoring/app" in host.unit.text
    assert host.user == "app" and host.tree.group == "app" and host.data == ("/var/lib/monitoring/app",)


def test_archive_is_the_hosts_architectures() -> None:
    assert _host("aarch64", archive=ARCHIVE).archive.file == "app-1.0.linux-arm64.tar.gz"
    assert _host("aarch64", archive=ARCHIVE).archive.checksum == "b" * 64
    with pytest.raises(Exception, match="architecture riscv64; there is a checksum for: amd64, arm64"):
        _host("riscv64", archive=ARCHIVE)


def test_mirrors_go_before_upstream_in_their_order() -> None:
    assert _host(archive=ARCHIVE).archive.urls == ("https://up/1.0/app-1.0.linux-amd64.tar.gz",)
    mirrors = ("http://one/", "file:///two")
    assert _host(archive=ARCHIVE, mirrors=mirrors).archive.urls == (
        "http://one/app/1.0/app-1.0.linux-amd64.tar.gz",
        "file:///two/app/1.0/app-1.0.linux-amd64.tar.gz",
    )


def test_checksums_of_the_deployment_go_before_upstreams() -> None:
    host = _host(archive=ARCHIVE, checksums={"app-1.0.linux-amd64.tar.gz": "C" * 64})
    assert host.archive.checksum == "c" * 64


def test_sha512_serves_where_upstream_has_no_sha256() -> None:
    assert _host(archive={"version": "1.0", "sha512": "D" * 128}).archive.checksum == "d" * 128
    assert _host(archive={"version": "1.0", "sha512": "d" * 128, "sha256": SUM}).archive.checksum == SUM


@pytest.mark.parametrize(
    ("archive", "message"),
    [
        ({"version": "1.0"}, "nothing is installed unchecked"),
        ({"version": "1.0", "sha256": "abc"}, "64 hexadecimal digits"),
        ({"version": "1.0", "sha512": SUM}, "sha512 of .* 128 hexadecimal digits"),
        ({"version": "../1", "sha256": SUM}, "it names a directory"),
        ({"version": "1.0", "sha256": SUM, "mirrors": ["ftp://x"]}, "only http, https and file"),
    ],
)
def test_wrong_archive_is_refused(archive: dict, message: str) -> None:
    with pytest.raises(DeclarationError, match=message):
        _declare(archive=archive)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"name": "Not Good"}, "lower-case"),
        ({"nam": "x"}, "no such keys"),
        ({"tree": {"templats": "x"}}, "tree.templats"),
        ({"tree": {"files": {"tls/x.pem": "x"}}}, "kept for certificates"),
        ({"tree": {"files": {"a": "x"}, "validate": [["promtool"], "check"]}}, "list of such lists"),
        ({"unit": {"command": ["app"]}}, "absolute path"),
        ({"unit": {"command": ["/app"], "reload": "kill it"}}, "neither a signal"),
        ({"unit": {"command": ["/app"], "data": "relative"}}, "absolute path"),
        ({"ready": {"http": "/-/ready"}}, "needs a port"),
        ({"ready": {"http": "/x", "tcp": 1, "port": 1}}, "one of http"),
        ({"ready": {"htp": "/x"}}, "without htp"),
        ({"links": {"etc/x": "x"}}, "absolute path"),
        ({"links": {"/etc/x": "../x"}}, "inside the tree"),
    ],
)
def test_wrong_declaration_is_refused(arguments: dict, message: str) -> None:
    with pytest.raises(DeclarationError, match=message):
        _declare(**arguments)


@pytest.mark.parametrize("mode", [640, "rw", 4777])
def test_wrong_mode_is_refused(mode: object) -> None:
    with pytest.raises(RenderingError, match="octal string"):
        _declare(tree={"files": {"a": {"content": "x", "mode": mode}}})


def test_rules_and_secrets_decide_access() -> None:
    files = {"a.yml": "x", "bin/run": "x", "password": "x", "key": {"content": "x", "secret": True, "mode": "0600"}}
    host = _host(rendered={"app.conf": b"\xff"}, tree={
        "templates": "x", "files": files, "mode": "0644", "rules": {"bin/*": {"mode": "0755", "owner": "daemon"}},
        "secret": ["pass*"]})  # fmt: skip
    found = {file.path: file for file in host.tree.files}
    assert found["app.conf"].content == b"\xff"
    assert (found["bin/run"].mode, found["bin/run"].owner) == (0o755, "daemon")
    assert found["password"].secret and found["password"].mode == 0o640
    assert found["key"].secret and found["key"].mode == 0o600


def test_data_becomes_json_or_yaml_by_the_files_name() -> None:
    found = {file.path: file.content for file in _host(tree={"files": {"a.json": {"b": 1}, "a.yml": [1]}}).tree.files}
    assert found == {"a.json": b'{\n  "b": 1\n}\n', "a.yml": b"- 1\n"}
    with pytest.raises(RenderingError, match="must be text"):
        _declare(tree={"files": {"a.conf": [1]}})


def test_probes_are_complete() -> None:
    host = _host(
        certificates=[{"service": "web"}],
        ready=[{"https": "/-/ready", "port": 9093, "within": 60}, {"tcp": 9094}, {"command": ["{archive}/ctl", "ok"]}],
    )
    web, tcp, command = host.probes
    assert web.target == "https://127.0.0.1:9093/-/ready" and web.ca == "/etc/monitoring/app/tls/ca.pem"
    assert web.certificate == "/etc/monitoring/app/tls/web-bundle.pem"
    assert tcp.target == "127.0.0.1:9094" and command.argv == ("/opt/monitoring/app/current/archive/ctl", "ok")
    assert host.within == 60


def test_patterns_of_restart_on_become_paths() -> None:
    host = _host(tree={"files": {"a.conf": "x", "rules/b.yml": "x"}, "restart_on": ["*.conf"]})
    assert host.restart_on == ("a.conf",)


def test_payload_shows_no_content() -> None:
    assert "hunter2" not in pack([_declare(tree={"files": {"a": "hunter2"}})])
