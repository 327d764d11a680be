"""Equations of `torch.einsum`: the letters of each operand, and those of the result."""

from __future__ import annotations

import re

_PART = re.compile(r"[A-Za-z]*(\.\.\.)?[A-Za-z]*")


def equation_of(text: str) -> tuple[list[str], str] | None:
    """The letters of each operand and of the result, which torch sorts where they are not given."""
    left, arrow, output = text.replace(" ", "").partition("->")
    inputs = left.split(",")
    if not all(_PART.fullmatch(part) for part in (*inputs, output)):
        return None
    if not arrow:
        named = left.replace(",", "").replace("...", "")
        output = "".join(sorted(each for each in {*named} if named.count(each) == 1))
        output = f"...{output}" if "..." in left else output
    return inputs, output


def rank_of_result(text: str) -> int | None:
    """How many dimensions the result has; None where dots stand for any number of them."""
    found = equation_of(text)
    return None if found is None or "." in found[1] else len(found[1])
