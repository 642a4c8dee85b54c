"""A host below a temporary directory, and a mirror that can misbehave."""

from __future__ import annotations

import contextlib
import grp
import gzip
import hashlib
import http.server
import io
import json
import os
import pwd
import tarfile
import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.selfhosted.monitoring.plugins.module_utils import atomic
from ansible_collections.selfhosted.monitoring.plugins.module_utils.component.archives import Archive
from ansible_collections.selfhosted.monitoring.plugins.module_utils.component.declaration import Declaration, Unit
from ansible_collections.selfhosted.monitoring.plugins.module_utils.component.layout import Layout
from ansible_collections.selfhosted.monitoring.plugins.module_utils.component.readiness import Probe
from ansible_collections.selfhosted.monitoring.plugins.module_utils.component.systemd import UnitState
from ansible_collections.selfhosted.monitoring.plugins.module_utils.component.transaction import Outcome, Transaction
from ansible_collections.selfhosted.monitoring.plugins.module_utils.component.tree import Tree, TreeFile

USER = pwd.getpwuid(os.geteuid()).pw_name
GROUP = grp.getgrgid(os.getegid()).gr_name


UNIT = Unit("[Service]\n")


class RecordedServices:
    """Stands for systemd, which cannot run here: it notes what is asked, in a file that survives a SIGKILL."""

    def __init__(self, layout: Layout, path: Path) -> None:
        self.layout, self.path = layout, path

    def _read(self) -> dict[str, Any]:
        return (
            json.loads(self.path.read_text()) if self.path.exists() else {"active": "inactive", "log": [], "runs": ""}
        )

    def _write(self, **values: Any) -> None:
        self.path.write_text(json.dumps({**self._read(), **values}))

    def _note(self, what: str) -> None:
        atomic.step(f"before {what}")  # so that crash tests also kill between two requests to systemd
        self._write(log=[*self._read()["log"], what])

    @property
    def log(self) -> list[str]:
        return list(self._read()["log"])

    @property
    def runs(self) -> str:
        """The configuration that the process read when it started."""
        return str(self._read()["runs"])

    def forget(self) -> None:
        self._write(log=[])

    def state(self, _unit: str) -> UnitState:
        return UnitState(self._read()["active"])

    def reload_manager(self) -> None:
        self._note("daemon-reload")

    def restart(self, _unit: str) -> None:
        self._note("restart")
        text = (self.layout.tree / "app.conf").read_text()
        self._write(active="failed" if "crash" in text else "active", runs=text)

    def reload(self, _unit: str) -> None:
        self._note("reload")
        self._write(runs=(self.layout.tree / "app.conf").read_text())

    def stop(self, _unit: str) -> None:
        self._note("stop")
        self._write(active="inactive", runs="")

    def last_lines(self, _unit: str, _since: float) -> str:
        return "app: cannot bind port"


@dataclass
class Host:
    """A host: its root, its services, and a component called app."""

    root: Path
    layout: Layout = field(init=False)
    services: RecordedServices = field(init=False)

    def __post_init__(self) -> None:
        self.layout = Layout("app", self.root)
        self.services = RecordedServices(self.layout, self.root / "services.json")

    def declare(self, text: str = "one\n", *, unit: Unit | None = UNIT, **values: Any) -> Declaration:
        files = (TreeFile("app.conf", text.encode(), 0o640, USER, GROUP), *values.pop("files", ()))
        ready = f"! grep -q broken {self.layout.tree}/app.conf"
        values.setdefault("probes", (Probe("command", argv=("/bin/sh", "-c", ready)),))
        values.setdefault("within", 0.1)
        return Declaration("app", user=USER, tree=Tree(files, USER, GROUP), unit=unit, **values)

    def transaction(self, declaration: Declaration) -> Transaction:
        return Transaction(declaration, self.layout, self.services)

    def apply(self, text: str = "one\n", **values: Any) -> Outcome:
        return self.transaction(self.declare(text, **values)).apply()

    def check(self, text: str = "one\n", **values: Any) -> Outcome:
        return self.transaction(self.declare(text, **values)).check()

    def live(self) -> str:
        return (self.layout.tree / "app.conf").read_text()

    def listing(self) -> set[str]:
        return {str(path.relative_to(self.root)) for path in self.root.rglob("*")} - {"services.json"}


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    """A directory in memory where there is one: what is tested is the order of steps, not the disk's speed."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else None) as directory:
        yield Path(directory)


@pytest.fixture
def host(tmp_path: Path) -> Host:
    root = tmp_path / "root"
    root.mkdir()
    return Host(root)


@dataclass
class Mirror:
    """An HTTP mirror. ``cut``: bytes after which a response breaks off; ``requests``: what was asked."""

    directory: Path
    url: str = ""
    cut: int | None = None
    ranges: bool = True
    requests: list[tuple[str, str | None]] = field(default_factory=list)

    def put(self, name: str, content: bytes) -> str:
        (self.directory / name).write_bytes(content)
        return hashlib.sha256(content).hexdigest()


@pytest.fixture
def mirror(tmp_path: Path) -> Iterator[Mirror]:
    directory = tmp_path / "mirror"
    directory.mkdir()
    served = Mirror(directory)

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            wanted = self.headers.get("Range")
            served.requests.append((self.path, wanted))
            path = directory / self.path.lstrip("/")
            if not path.is_file():
                self.send_error(404)
                return
            content = path.read_bytes()
            tag = f'"{hashlib.sha256(content).hexdigest()}"'
            start = 0
            if wanted and served.ranges and self.headers.get("If-Range") == tag:
                start = int(wanted.removeprefix("bytes=").removesuffix("-"))
            self.send_response(206 if start else 200)
            self.send_header("ETag", tag)
            self.send_header("Content-Length", str(len(content) - start))
            self.end_headers()
            rest = content[start:]
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                self.wfile.write(rest if served.cut is None else rest[: served.cut])
            self.close_connection = True

        def log_message(self, *_arguments: Any) -> None:
            """Say nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    served.url = f"http://127.0.0.1:{server.server_port}"
    yield served
    server.shutdown()
    server.server_close()


def tarball(members: dict[str, bytes | tarfile.TarInfo], top: str = "app-1.0") -> bytes:
    stream = io.BytesIO()
    with gzip.GzipFile(fileobj=stream, mode="wb", mtime=0) as packed, tarfile.open(fileobj=packed, mode="w") as tar:
        for name, content in members.items():
            if isinstance(content, tarfile.TarInfo):
                tar.addfile(content)
                continue
            info = tarfile.TarInfo(f"{top}/{name}")
            info.size, info.mode = len(content), 0o755
            tar.addfile(info, io.BytesIO(content))
    return stream.getvalue()


@pytest.fixture
def make_archive(mirror: Mirror) -> Callable[..., Archive]:
    def make(version: str = "1.0", members: dict[str, Any] | None = None, content: bytes | None = None) -> Archive:
        data = content if content is not None else tarball(members or {"app": f"#!/bin/sh\n# {version}\n".encode()})
        name = f"app-{version}.tar.gz"
        return Archive(version, name, mirror.put(name, data), (f"{mirror.url}/{name}",))

    return make
