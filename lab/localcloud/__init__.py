"""The lab's local cloud: an EC2-like API, machines for it, and the network between them."""

import sys
from pathlib import Path

# The lab shares names, downloads and signing with the collection; outside of Ansible this makes it importable.
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / ".ansible" / "collections"))
