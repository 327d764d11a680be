"""Real Neovim, with the plugin folder and the two lines of configuration that the README promises are enough."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
PLUGIN = HERE.parents[1] / "client-nvim"
pytestmark = pytest.mark.editors


def test_session(editors: Path, sample: str, tmp_path: Path) -> None:
    """Find, read, verify, rewrite, undo, explain, and a server that is killed."""
    _run("session.lua", editors, sample, tmp_path)


def test_newer_neovim_keeps_lenses_by_itself(editors: Path, sample: str, tmp_path: Path) -> None:
    """What 0.12 would be asked for, and nothing that it would refuse."""
    _run("newer.lua", editors, sample, tmp_path)


def _run(script: str, editors: Path, sample: str, tmp_path: Path) -> None:
    file = tmp_path / "sample.py"
    file.write_text(sample, "utf-8")
    shutil.copytree(PLUGIN, tmp_path / "plugin")
    environment = {
        **os.environ,
        "LOOPLESS_PLUGIN": str(tmp_path / "plugin"),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
        "XDG_STATE_HOME": str(tmp_path / "state"),
    }
    command = [
        editors / "nvim",
        "--clean",
        "-n",
        "--headless",
        "-u",
        HERE / "neovim" / "init.lua",
        "-S",
        HERE / "neovim" / script,
        file,
    ]
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=150, check=False
    )
    log = tmp_path / "state" / "nvim" / "lsp.log"
    assert done.returncode == 0, (
        f"{done.stdout}\n{done.stderr}\n{log.read_text()[-4000:] if log.exists() else ''}"
    )
