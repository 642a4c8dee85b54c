from pathlib import Path

import pytest
from ansible_collections.selfhosted.monitoring.plugins.module_utils.failures import Failure
from ansible_collections.selfhosted.monitoring.plugins.module_utils.mirror import wheels
from ansible_collections.selfhosted.monitoring.plugins.module_utils.mirror.destination import Part, publish
from ansible_collections.selfhosted.monitoring.plugins.module_utils.mirror.directory import DirectoryDestination


@pytest.mark.parametrize(
    ("file", "project"),
    [
        ("ruamel.yaml-0.19.1-py3-none-any.whl", "ruamel-yaml"),
        ("python_dateutil-2.9.0.post0-py2.py3-none-any.whl", "python-dateutil"),
        ("zope.interface-6.0.tar.gz", "zope-interface"),
    ],
)
def test_projects_have_their_normalised_names(file: str, project: str) -> None:
    assert wheels.project_of(file) == project


def test_a_list_without_hashes_is_refused(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("boto3==1.0\n")
    with pytest.raises(Failure, match="has no hashes; make a lock file"):
        wheels.locked_hashes(tmp_path / "requirements.txt")


def _publish(tmp_path: Path, *names: str) -> list[str]:
    destination = DirectoryDestination(tmp_path / "mirror")
    for name in names:
        (tmp_path / name).write_text(name)
    content = wheels.content([tmp_path / name for name in names], "wheels")
    return publish(destination, Part(content, wheels.indices(content, "wheels", destination, tmp_path)), check=False)


def test_files_of_an_older_lock_stay_in_the_index(tmp_path: Path) -> None:
    _publish(tmp_path, "boto3-1-py3-none-any.whl", "six-1-py3-none-any.whl")
    _publish(tmp_path, "boto3-2+local-py3-none-any.whl")
    page = (tmp_path / "mirror/wheels/boto3/index.html").read_text()
    assert 'href="boto3-1-py3-none-any.whl#sha256=' in page
    assert 'href="boto3-2%2Blocal-py3-none-any.whl#sha256=' in page
    every = (tmp_path / "mirror/wheels/files.html").read_text()
    assert 'href="six/six-1-py3-none-any.whl#sha256=' in every
    assert (tmp_path / "mirror/wheels/index.html").read_text().count("<a ") == 2
    assert _publish(tmp_path, "boto3-2+local-py3-none-any.whl") == []
