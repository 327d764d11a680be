"""The command line as a subprocess."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    status: int
    out: str
    errors: str


Run = Callable[..., Done]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run a command in an empty folder."""

    def done(*arguments: str, stdin: str | None = None) -> Done:
        paths = f"{ROOT / 'server'}{os.pathsep}{ROOT / 'patterns'}"
        cache = str(tmp_path.parent / f"{tmp_path.name}-cache")
        ended = subprocess.run(
            [sys.executable, "-m", "loopless", *arguments],
            cwd=tmp_path,
            input=None if stdin is None else stdin.encode(),
            stdin=subprocess.DEVNULL if stdin is None else None,
            capture_output=True,
            check=False,
            env={**os.environ, "PYTHONPATH": paths, "XDG_CACHE_HOME": cache},
        )
        return Done(ended.returncode, ended.stdout.decode(), ended.stderr.decode())

    return done
