"""Which Python runs the samples: the user's, never one that the repository's files name."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Interpreter:
    """A Python executable and how it was found."""

    path: str
    found: str


def find_interpreter(
    setting: str = "", project: Path | None = None, environ: Mapping[str, str] | None = None
) -> Interpreter | None:
    """The setting; then VIRTUAL_ENV; then `.venv` beside the project; then PATH; then our own.

    The setting has to come from the user's own configuration, not from a file of the workspace.
    """
    environ = os.environ if environ is None else environ
    if setting:
        path = shutil.which(os.path.expanduser(setting), path=environ.get("PATH"))
        return Interpreter(path, "setting") if path else None
    if (active := environ.get("VIRTUAL_ENV")) and (path := python_in(Path(active))):
        return Interpreter(path, "VIRTUAL_ENV")
    for folder in _upwards(project):
        for name in (".venv", "venv"):
            if (path := python_in(folder / name)) and _is_environment(folder / name):
                return Interpreter(path, f"{name} beside the project")
    for name in ("python3", "python"):
        if path := shutil.which(name, path=environ.get("PATH")):
            return Interpreter(path, "PATH")
    return Interpreter(sys.executable, "the server's own") if sys.executable else None


def python_in(environment: Path) -> str | None:
    """The interpreter of a virtual environment."""
    for part in ("bin/python", "bin/python3", "Scripts/python.exe"):
        candidate = environment / part
        if candidate.is_file() and os.access(candidate, os.X_OK):
            return str(candidate)
    return None


def _is_environment(folder: Path) -> bool:
    return (folder / "pyvenv.cfg").is_file()


def _upwards(project: Path | None) -> list[Path]:
    if project is None:
        return []
    folder = project.absolute()
    folder = folder if folder.is_dir() else folder.parent
    found = [folder]
    for parent in folder.parents:
        if any((found[-1] / mark).exists() for mark in (".git", "pyproject.toml", ".hg")):
            break
        found.append(parent)
    return found[:12]
