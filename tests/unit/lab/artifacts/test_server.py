import asyncio
from pathlib import Path

from aiohttp.test_utils import TestClient, TestServer
from localcloud.artifacts.server import application


def _ask(directory: Path, method: str, path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    async def ask() -> tuple[int, dict[str, str], bytes]:
        async with TestClient(TestServer(application(directory))) as client:
            answer = await client.request(
                method, path, headers={name.replace("_", "-"): v for name, v in headers.items()}
            )
            return answer.status, dict(answer.headers), await answer.read()

    return asyncio.run(ask())


def test_a_broken_download_can_go_on(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"0123456789")
    status, headers, content = _ask(tmp_path, "GET", "/file", Range="bytes=4-")
    assert (status, content, headers["Content-Range"]) == (206, b"456789", "bytes 4-9/10")


def test_what_a_client_has_is_not_sent_again(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"0123456789")
    status, headers, content = _ask(tmp_path, "HEAD", "/file")
    assert (status, headers["Content-Length"], content) == (200, "10", b"")
    assert _ask(tmp_path, "GET", "/file", If_None_Match=headers["Etag"])[0] == 304


def test_a_folder_answers_with_its_index_page(tmp_path: Path) -> None:
    (tmp_path / "wheels").mkdir()
    (tmp_path / "wheels/index.html").write_text("projects")
    assert _ask(tmp_path, "GET", "/wheels/")[2] == b"projects"


def test_the_way_apt_asks_a_flat_repository_is_understood(tmp_path: Path) -> None:
    (tmp_path / "apt").mkdir()
    (tmp_path / "apt/InRelease").write_text("signed")
    assert _ask(tmp_path, "GET", "/apt/%2E/InRelease")[2] == b"signed"


def test_unfinished_files_and_other_folders_are_not_served(tmp_path: Path) -> None:
    (tmp_path / "mirror").mkdir()
    (tmp_path / "mirror/.file.part").write_text("half")
    (tmp_path / "secret").write_text("secret")
    for path in ("/.file.part", "/%2E%2E/secret", "/..%2Fsecret", "/missing"):
        assert _ask(tmp_path / "mirror", "GET", path)[0] in (403, 404), path
