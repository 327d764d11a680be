"""Run the bundled Loopless: `python -I -S launch.py server`. -S keeps the interpreter's own packages out of sight."""

import runpy
import sys
from pathlib import Path

root = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(root / folder) for folder in ("server", "patterns", "build/bundled/libs")]
runpy.run_module("loopless", run_name="__main__", alter_sys=True)
