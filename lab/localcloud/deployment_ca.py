"""The lab deployment's certificate authority, made by the collection's own mechanism."""

import sys

from localcloud import paths

COLLECTIONS = paths.CHECKOUT / ".ansible" / "collections"
# Outside of Ansible this makes the collection importable.
sys.path.insert(0, str(COLLECTIONS))

from ansible_collections.selfhosted.monitoring.plugins.plugin_utils.authorities import authority  # noqa: E402

DIRECTORY = paths.STATE / "ca"


def ensure() -> None:
    """Make the authority where there is none; `inventories/lab` names the same directory to Ansible."""
    if not (DIRECTORY / "ca.pem").exists():
        authority({"kind": "deployment", "directory": str(DIRECTORY)}, str, "the lab")
