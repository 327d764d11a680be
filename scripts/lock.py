"""Writes requirements/dev.txt: the exact versions of everything in the `dev` group, for every Python."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HEADER = "# Written by `make lock`. Versions only: where they come from is for the machine to say.\n"


def main() -> None:
    """Resolve and write."""
    resolved = subprocess.run(
        [sys.executable, "-m", "uv", "pip", "compile", "pyproject.toml", "--group", "dev"]
        + ["--universal", "--python-version", "3.10", "--upgrade", "--quiet"]
        + ["--no-header", "--no-annotate", "--no-emit-index-url", "--no-emit-find-links"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    (ROOT / "requirements" / "dev.txt").write_text(HEADER + resolved.stdout)


if __name__ == "__main__":
    main()
