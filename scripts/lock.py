"""Writes requirements/dev.txt: the exact version of everything in the `dev` group."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HEADER = """\
# Written by `make lock`. Versions only: where they come from is for the machine to say.
"""
RESOLVE = "pip compile pyproject.toml --group dev --universal --python-version 3.10 --upgrade"
QUIET = "--quiet --no-header --no-annotate --no-emit-index-url --no-emit-find-links"


def main() -> None:
    """Resolve and write."""
    command = [sys.executable, "-m", "uv", *RESOLVE.split(), *QUIET.split()]
    resolved = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    (ROOT / "requirements" / "dev.txt").write_text(HEADER + resolved.stdout, encoding="utf-8")


if __name__ == "__main__":
    main()
