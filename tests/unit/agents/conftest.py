"""`agents/` is put on the path, since `monitoring_agents` is a plain package there."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "agents"))
