"""The loop that the tests of the shell use. What becomes of it is the business of other tests."""

from __future__ import annotations

import ast

HEADER = "for i in range(len(x)):"

FUNCTION = f"""\
def double(x):
    out = torch.zeros_like(x)
    {HEADER}
        out[i] = x[i] * 2
    return out
"""

TEXT = f"import torch\n\n\n{FUNCTION}"

# The value at an iteration is made from the one before: nothing can be offered for the loop as it stands.
RECURRENCE = f"""\
import torch


def decay(x):
    {HEADER}
        if i > 0:
            x[i] = torch.sin(x[i - 1]) * x[i]
    return x
"""


def loops(text: str) -> int:
    """How many loops there are in a text, which must parse."""
    return sum(isinstance(node, (ast.For, ast.While)) for node in ast.walk(ast.parse(text)))
