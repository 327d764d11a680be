"""The repository as the tidy tests see it: its files, and what each module imports."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SERVER = ROOT / "server" / "loopless"
PATTERNS = ROOT / "patterns" / "loopless_patterns"


@cache
def tracked() -> tuple[Path, ...]:
    """Every file that git knows or would take, so that a new file is held to the same rules."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    paths = (ROOT / name for name in listed.split("\0") if name)
    return tuple(sorted(path for path in paths if path.is_file()))


def product() -> Iterator[Path]:
    """The modules of the server and the patterns."""
    return (
        path
        for path in tracked()
        if path.suffix == ".py" and (path.is_relative_to(SERVER) or path.is_relative_to(PATTERNS))
    )


def within(path: Path) -> str:
    """A module as its readers call it: `verify/worker.py`, `loopless_patterns/sum_reduction.py`."""
    root = SERVER if path.is_relative_to(SERVER) else PATTERNS.parent
    return path.relative_to(root).as_posix()


@cache
def imports(path: Path) -> tuple[tuple[str, int], ...]:
    """Every module that `path` imports anywhere in it, with the line."""
    found: list[tuple[str, int]] = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found += [(alias.name, node.lineno) for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.append((node.module, node.lineno))
    return tuple(found)
