"""Reads cases, applies rewrites, runs both versions and says what became of each."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
for folder in (ROOT / "patterns", ROOT / "server"):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
