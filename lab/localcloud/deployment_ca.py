"""The lab deployment's certificate authority, made by the collection's own mechanism."""

from ansible_collections.selfhosted.monitoring.plugins.plugin_utils.authorities import authority

from localcloud import paths

DIRECTORY = paths.STATE / "ca"


def ensure() -> None:
    """Make the authority where there is none; `inventories/lab` names the same directory to Ansible."""
    if not (DIRECTORY / "ca.pem").exists():
        authority({"kind": "deployment", "directory": str(DIRECTORY)}, str, "the lab")
