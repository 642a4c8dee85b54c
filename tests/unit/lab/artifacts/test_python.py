import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest
from localcloud import paths
from localcloud.artifacts import python
from localcloud.artifacts.python import WRAPPER, Python
from localcloud.artifacts.recipes import PythonRecipe, RecipeError

RECIPE = PythonRecipe("lock.txt", "package", "3.11", {"amd64": "x86_64-manylinux_2_28"})


def test_the_archives_python_finds_its_libraries_from_anywhere_even_through_a_link(tmp_path: Path) -> None:
    for name in ("archive/bin", "archive/lib", "elsewhere"):
        (tmp_path / name).mkdir(parents=True)
    program = tmp_path / "archive/bin/python"
    program.write_text(WRAPPER)
    program.chmod(0o755)
    (tmp_path / "archive/lib/ours.py").write_text("print('found')")
    (tmp_path / "elsewhere/py").symlink_to(program)
    for called in (program, tmp_path / "elsewhere/py"):
        done = subprocess.run([called, "-c", "import ours"], cwd="/", capture_output=True, text=True, check=True)
        assert done.stdout == "found\n"


def test_an_archive_has_libraries_and_the_package_but_nothing_of_this_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkout, work = tmp_path / "checkout", tmp_path / "work"
    (checkout / "package").mkdir(parents=True)
    (checkout / "package/one.py").write_text("1")
    work.mkdir()
    monkeypatch.setattr(paths, "CHECKOUT", checkout)

    def uv(_label: str, _command: Sequence[str], **_more: object) -> str:
        for name in ("lib/library.py", "lib/bin/script", "lib/.lock", "lib/__pycache__/library.pyc"):
            (work / name).parent.mkdir(parents=True, exist_ok=True)
            (work / name).write_text("")
        return ""

    monkeypatch.setattr(python, "run_step", uv)
    built = Python(tmp_path).build(RECIPE, "1", "amd64", work)
    assert sorted([*built.programs, *built.files]) == ["bin/python", "lib/library.py", "lib/package/one.py"]


def test_an_architecture_without_a_platform_is_named(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="no platform is given for riscv64"):
        Python(tmp_path).build(RECIPE, "1", "riscv64", tmp_path)
