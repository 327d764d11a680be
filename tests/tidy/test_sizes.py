"""How long modules and functions are. Beyond the limit there is a better way to cut."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.tidy.repository import product, tracked, within

MODULE = 500
FUNCTION = 50

MODULES = sorted(product())


@pytest.mark.parametrize("path", MODULES, ids=within)
def test_module_and_its_functions_are_short(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    lines = text.count("\n")
    long = [f"{lines} lines"] if lines > MODULE else []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > FUNCTION:
                long.append(f"{node.name}: {length} lines")
    assert not long


def test_no_module_is_named_after_nothing() -> None:
    empty = {"utils", "util", "helpers", "helper", "common", "manager", "base", "misc"}
    assert not [path for path in tracked() if path.suffix == ".py" and path.stem in empty]
