"""Real VS Code, in a clean profile, from the built package. What was seen is kept in build/screenshots."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
pytestmark = pytest.mark.editors


def test_trusted(editors: Path, vsix: Path, sample: str, screenshots: Path) -> None:
    """Find, read, rewrite, undo, verify, explain, restart."""
    _follow(
        "trusted.mjs",
        editors=editors,
        vsix=vsix,
        sample=sample,
        screenshots=screenshots,
        python=sys.executable,
    )


def test_untrusted(editors: Path, vsix: Path, sample: str, screenshots: Path) -> None:
    """A folder that nobody trusts chooses nothing that is run."""
    _follow(
        "untrusted.mjs",
        editors=editors,
        vsix=vsix,
        sample=sample,
        screenshots=screenshots,
        python=sys.executable,
    )


def test_interpreters(editors: Path, vsix: Path, sample: str, screenshots: Path) -> None:
    """Which Python is taken, with and without the extensions that know of environments."""
    _follow(
        "interpreters.mjs",
        editors=editors,
        vsix=vsix,
        sample=sample,
        screenshots=screenshots,
        python=sys.executable,
    )


def test_notebook(editors: Path, vsix: Path, sample: str, screenshots: Path) -> None:
    """Cells as one program, edits within a cell."""
    _follow("notebook.mjs", editors=editors, vsix=vsix, sample=sample, screenshots=screenshots)


def _follow(script: str, **given: Path | str) -> None:
    arguments = json.dumps({name: str(value) for name, value in given.items()})
    done = subprocess.run(
        ["node", HERE / "vscode" / script, arguments],
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
