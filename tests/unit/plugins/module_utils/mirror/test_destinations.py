"""The same promises, tried on every kind of destination."""

import hashlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import boto3
import pytest
from ansible_collections.selfhosted.monitoring.plugins.module_utils.failures import Failure
from ansible_collections.selfhosted.monitoring.plugins.module_utils.mirror.destination import (
    Destination,
    Item,
    Local,
    Part,
    publish,
    text_item,
)
from ansible_collections.selfhosted.monitoring.plugins.module_utils.mirror.directory import DirectoryDestination
from ansible_collections.selfhosted.monitoring.plugins.module_utils.mirror.http import HttpAccess, HttpDestination
from ansible_collections.selfhosted.monitoring.plugins.module_utils.mirror.publication import destination_of
from ansible_collections.selfhosted.monitoring.plugins.module_utils.mirror.s3 import S3Access, S3Destination
from ansible_collections.selfhosted.monitoring.plugins.module_utils.mirror.ssh import SshDestination
from moto import mock_aws


@pytest.fixture
def put_server() -> Iterator[str]:
    """A server that keeps in memory what is PUT to it; it stands for nginx with dav_methods PUT."""
    files: dict[str, bytes] = {}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            content = files.get(self.path)
            self.send_response(404 if content is None else 200)
            self.send_header("Content-Length", str(len(content or b"")))
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(content or b"")

        do_HEAD = do_GET  # noqa: N815 - the name that the server calls

        def do_PUT(self) -> None:
            content = self.rfile.read(int(self.headers["Content-Length"]))
            allowed = "forbidden" not in self.path
            if allowed:
                files[self.path] = content
            self.send_response(201 if allowed else 405)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture(params=["directory", "s3", "http", "ssh"])
def destination(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Destination]:
    """A destination of each kind; ssh runs its script in a shell of this machine."""
    match request.param:
        case "directory":
            yield DirectoryDestination(tmp_path / "mirror")
        case "s3":
            with mock_aws():
                boto3.client("s3", region_name="us-east-1").create_bucket(Bucket="mirror")
                yield S3Destination("mirror", "/prefix", S3Access(region="us-east-1"))
        case "http":
            yield HttpDestination(f"{request.getfixturevalue('put_server')}/m", HttpAccess())
        case "ssh":
            program = tmp_path / "bin" / "ssh"
            program.parent.mkdir()
            program.write_text('#!/bin/sh\nwhile [ "$1" != host ]; do shift; done\nshift\nexec sh -c "$1"\n')
            program.chmod(0o755)
            monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
            yield SshDestination("host", str(tmp_path / "a mirror"))


def _part(staging: Path, **texts: str) -> Part:
    content = [text_item(f"part/{name}+1~2.deb", text, staging) for name, text in texts.items()]
    return Part(content, [text_item("part/index.html", ",".join(texts), staging)])


def test_only_what_differs_is_published_indices_last(destination: Destination, tmp_path: Path) -> None:
    staging = tmp_path / "staging"
    first = publish(destination, _part(staging, a="1", b="2"), check=False)
    assert first == ["part/a+1~2.deb", "part/b+1~2.deb", "part/index.html"]
    assert publish(destination, _part(staging, a="1", b="2"), check=False) == []
    assert publish(destination, _part(staging, a="1", b="3"), check=False) == ["part/b+1~2.deb"]
    assert destination.read("part/b+1~2.deb") == b"3"
    assert destination.read("part/none") is None


def test_check_mode_fetches_and_publishes_nothing(destination: Destination) -> None:
    def fetched() -> Path:
        raise AssertionError

    item = Item("part/a", "a" * 64, fetched)
    assert publish(destination, Part([item], []), check=True) == ["part/a"]
    assert destination.read("part/a") is None


def test_nothing_is_published_when_one_file_is_not_what_it_should_be(destination: Destination, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong"
    wrong.write_text("other content")
    part = Part([text_item("part/a", "1", tmp_path), Item("part/b", "b" * 64, lambda: wrong)], [])
    with pytest.raises(Failure, match=r"part/b: sha256 is \w+, expected b{64}; nothing was published"):
        publish(destination, part, check=False)
    assert destination.read("part/a") is None


def test_ssh_verifies_at_the_far_end_before_the_first_file_is_in_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    program = tmp_path / "ssh"
    program.write_text('#!/bin/sh\nwhile [ "$1" != host ]; do shift; done\nshift\nexec sh -c "$1"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    (tmp_path / "a").write_text("1")
    good = Local("a", hashlib.sha256(b"1").hexdigest(), tmp_path / "a")
    with pytest.raises(Failure, match=r"b: FAILED"):
        SshDestination("host", str(tmp_path / "mirror")).put([good, Local("b", "0" * 64, tmp_path / "a")])
    assert list((tmp_path / "mirror").iterdir()) == []


def test_a_file_damaged_in_a_directory_is_published_again(tmp_path: Path) -> None:
    destination = DirectoryDestination(tmp_path / "mirror")
    publish(destination, _part(tmp_path, a="1"), check=False)
    (tmp_path / "mirror/part/a+1~2.deb").write_text("2")
    assert publish(destination, _part(tmp_path, a="1"), check=False) == ["part/a+1~2.deb"]


def test_a_server_without_put_is_named_with_the_way_out(put_server: str, tmp_path: Path) -> None:
    with pytest.raises(Failure, match=r"PUT http://127.*forbidden.*405.*dav_methods PUT.*ssh://"):
        publish(HttpDestination(f"{put_server}/forbidden", HttpAccess()), _part(tmp_path, a="1"), check=False)


@mock_aws
def test_a_missing_bucket_is_named_with_the_rights_that_are_needed(tmp_path: Path) -> None:
    destination = S3Destination("nowhere", "", S3Access(region="us-east-1"))
    with pytest.raises(Failure, match=r"s3://nowhere/part/a.*NoSuchBucket.*s3:PutObject"):
        publish(destination, _part(tmp_path, a="1"), check=False)


@pytest.mark.parametrize(
    "place", ["relative/path", "ftp://server/path", "s3://", "ssh://host", "https://user:secret@server/path"]
)
def test_a_destination_of_no_known_kind_is_refused_without_its_secret(place: str) -> None:
    with pytest.raises(Failure) as failure:
        destination_of({"destination": place, "s3": {}, "http": {}, "ssh_arguments": []})
    assert "destination" in str(failure.value)
    assert "secret" not in str(failure.value)
