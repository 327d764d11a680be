"""`python -m tests.tidy.sizes`: the modules and functions that ask to be cut, longest first."""

from __future__ import annotations

import ast
from pathlib import Path

from tests.tidy.repository import product, within

MODULE = 500
FUNCTION = 50


def module_length(path: Path) -> int:
    return path.read_text(encoding="utf-8").count("\n")


def function_lengths(path: Path) -> dict[str, int]:
    """How many lines each function has, from its name to its end."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {
        f"{node.name}, line {node.lineno}": (node.end_lineno or node.lineno) - node.lineno + 1
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }


def main() -> None:
    """Print them."""
    long = [(module_length(path), MODULE, within(path)) for path in product()]
    for path in product():
        long += [(n, FUNCTION, f"{within(path)}: {f}") for f, n in function_lengths(path).items()]
    for lines, limit, name in sorted(long, key=lambda each: -each[0] / each[1]):
        if lines > limit:
            print(f"{lines} lines, {limit} is the aim: {name}")


if __name__ == "__main__":
    main()
