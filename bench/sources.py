"""Python files to measure on: torch's own sources in the environment, and a long file made up of cases."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path


def torch_folder() -> Path:
    """Where torch is installed; it is not imported."""
    spec = importlib.util.find_spec("torch")
    if spec is None or spec.origin is None:
        raise SystemExit("torch is not installed here")
    return Path(spec.origin).parent


def files(folder: Path, lines: int = 10**9) -> Iterator[tuple[Path, str]]:
    """Files below a folder in order, with their text, until this many lines are reached."""
    seen = 0
    for path in sorted(folder.rglob("*.py")):
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        seen += text.count("\n")
        yield path, text
        if seen >= lines:
            return


def synthetic(lines: int = 7000) -> str:
    """A long file: the functions of all cases, again and again, under names of their own."""
    from tests.harness.case import cases

    parts, count = ["import math\nimport torch\nfrom torch import Tensor\n\n\n"], 5
    while count < lines:
        for at, case in enumerate(cases()):
            body = case.before.split("\n\n\n", 1)[-1].replace(
                "def loop(", f"def loop_{at}_{count}("
            )
            parts.append(body.rstrip("\n") + "\n\n\n")
            count += parts[-1].count("\n")
            if count >= lines:
                break
    return "".join(parts)
