"""How long modules and functions are. `make lint` lists what is beyond the aim; twice the aim fails."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tidy.repository import product, tracked, within
from tests.tidy.sizes import FUNCTION, MODULE, function_lengths, module_length

MODULES = sorted(product())


@pytest.mark.parametrize("path", MODULES, ids=within)
def test_module_and_its_functions_are_short(path: Path) -> None:
    assert module_length(path) <= 2 * MODULE
    assert not {name: n for name, n in function_lengths(path).items() if n > 2 * FUNCTION}


def test_no_module_is_named_after_nothing() -> None:
    empty = {"utils", "util", "helpers", "helper", "common", "manager", "base", "misc"}
    assert not [path for path in tracked() if path.suffix == ".py" and path.stem in empty]
