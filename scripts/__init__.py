"""What `make` runs."""

import sys
from pathlib import Path

# The lab knows where the cache is and where Terraform and its providers are found.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "lab"))
