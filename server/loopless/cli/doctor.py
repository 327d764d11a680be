"""`loopless doctor`: what a bug report should say about the installation."""

from __future__ import annotations

import argparse
import platform
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from loopless import __version__
from loopless.cli.files import configuration
from loopless.verify.doctor import examine


def doctor(options: argparse.Namespace) -> int:
    """Print versions, configuration and what the interpreter for verify has; 0 unless a part is missing."""
    missing = False
    for name, state, good in _lines(options.python or ""):
        print(f"{'ok ' if good else 'NO '} {name}: {state}")
        missing = missing or not good
    return 1 if missing else 0


def _lines(python: str) -> Iterator[tuple[str, str, bool]]:
    yield "loopless", f"{__version__} in {Path(__file__).resolve().parents[1]}", True
    yield "python", f"{platform.python_version()} at {sys.executable}", True
    yield "system", platform.platform(), True
    for package in ("pygls", "lsprotocol", "libcst"):
        try:
            yield package, version(package), True
        except PackageNotFoundError:
            yield package, "not installed", False
    file = configuration(Path.cwd())
    yield "configuration", str(file.path) if file else "none; defaults hold", True
    for problem in file.problems if file else ():
        yield "configuration", problem.message, False
    # A machine without torch is a fine place to check files; only an interpreter that was named must do.
    found = examine(python, Path.cwd())
    for line in found.lines():
        yield "verify", line, not (python and found.problem)
