"""The host keys of a machine, as its console shows them after the first boot."""

import re

from localcloud.problems import LabError

_HOST_KEYS = re.compile(r"-----BEGIN SSH HOST KEY KEYS-----.*?-----END SSH HOST KEY KEYS-----", re.S)


def host_keys_block(console: str) -> str | None:
    """Return the last printed block of SSH host keys of a console's text, None while there is none."""
    blocks = _HOST_KEYS.findall(console.replace("\r", ""))
    return f"{blocks[-1]}\n" if blocks else None


def known_hosts(console: str, names: list[str]) -> str:
    """Return known_hosts lines for `names` from a console's text; raises LabError where it holds no keys."""
    block = host_keys_block(console)
    if block is None:
        raise LabError(f"The console of {names[0]} shows no host keys yet; it boots, try again in some seconds")
    keys = [" ".join(line.split()[:2]) for line in block.splitlines() if line.strip() and not line.startswith("-----")]
    return "".join(f"{','.join(names)} {key}\n" for key in keys)
