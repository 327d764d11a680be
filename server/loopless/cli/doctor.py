"""`loopless doctor`: what a bug report should say about the installation."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from loopless import __version__
from loopless.cli.files import configuration

_ASKS = (
    "import torch; gpu = torch.cuda.is_available(); "
    "print('torch', torch.__version__, '·', torch.cuda.get_device_name() if gpu else 'no CUDA device')"
)


def doctor() -> int:
    """Print versions, configuration and what the interpreter for verify has; 0 unless a part is missing."""
    missing = False
    for name, state, good in _lines():
        print(f"{'ok ' if good else 'NO '} {name}: {state}")
        missing = missing or not good
    return 1 if missing else 0


def _lines() -> Iterator[tuple[str, str, bool]]:
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
    interpreter = _interpreter()
    yield "verify", f"{interpreter}: {_torch_of(interpreter)}", True


def _interpreter() -> str:
    """The Python that verify would take from here."""
    name = "Scripts/python.exe" if os.name == "nt" else "bin/python"
    active = os.environ.get("VIRTUAL_ENV")
    places = [Path(active) / name] if active else []
    found = next((str(place) for place in places if place.exists()), None)
    return found or sys.executable or shutil.which("python3") or "python"


def _torch_of(interpreter: str) -> str:
    try:
        run = subprocess.run(
            [interpreter, "-I", "-c", _ASKS],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"cannot be asked: {error}"
    return run.stdout.strip() or "has no torch, so verify cannot run there"
