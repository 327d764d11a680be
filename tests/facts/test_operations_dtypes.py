"""Type promotion without torch gives what torch gives."""

from __future__ import annotations

import itertools

import pytest

torch = pytest.importorskip("torch")

from loopless.facts.operations.dtypes import (  # noqa: E402
    ALL,
    Operand,
    Typed,
    category,
    possible,
    promote,
    result_type,
)

NUMBERS = {"bool": True, "int64": 2, "float64": 0.5, "complex128": 1j}


def argument(typed: Typed):
    if typed.operand is Operand.NUMBER:
        return NUMBERS[typed.dtype]
    shape = () if typed.operand is Operand.ZERO_DIM else (1,)
    return torch.zeros(shape, dtype=getattr(torch, typed.dtype))


ARGUMENTS = [
    *(Typed(dtype, operand) for operand in (Operand.TENSOR, Operand.ZERO_DIM) for dtype in ALL),
    *(Typed(dtype, Operand.NUMBER) for dtype in NUMBERS),
]


@pytest.mark.filterwarnings("ignore:ComplexHalf")
@pytest.mark.parametrize("default", ["float32", "float64"])
def test_two_operands_promote_as_in_torch(default):
    torch.set_default_dtype(getattr(torch, default))
    try:
        values = [(typed, argument(typed)) for typed in ARGUMENTS]
        wrong = {}
        for (left, a), (right, b) in itertools.product(values, repeat=2):
            expected = str(torch.result_type(a, b)).removeprefix("torch.")
            found = result_type((left, right), default)
            if found != expected:
                wrong[left, right] = (found, expected)
        assert wrong == {}
    finally:
        torch.set_default_dtype(torch.float32)


def test_promotion_of_pairs_is_that_of_torch():
    for a, b in itertools.product(ALL, repeat=2):
        expected = torch.promote_types(getattr(torch, a), getattr(torch, b))
        assert promote(a, b) == str(expected).removeprefix("torch."), (a, b)


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ("float", "int64", "float"),
        ("float32", "int", "float32"),
        ("float", "float64", "float64"),
        ("int", "int64", "int64"),
        ("int", "bool", "int"),
        ("unknown", "complex128", "complex128"),
        ("unknown", "unknown", "unknown"),
        ("complex", "float", "complex"),
    ],
)
def test_categories_promote_to_what_is_certain(left, right, expected):
    assert promote(left, right) == promote(right, left) == expected


def test_a_category_is_the_smallest_name_for_its_dtypes():
    for dtype in ALL:
        assert dtype in possible(category(dtype))
    assert category("unknown") == "unknown"
    assert category("no such dtype") == "unknown"


def test_lifting_a_zero_dim_operand_widens_what_the_loop_kept_narrow():
    item = [Typed("float64", Operand.ZERO_DIM), Typed("float32")]
    assert result_type(item) == "float32"
    assert result_type([Typed("float64"), Typed("float32")]) == "float64"
