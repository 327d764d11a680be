"""The text of a test that compares the old loop with the new code on samples."""

from __future__ import annotations

import ast
import re
import textwrap
from typing import Any

from loopless.finding import Action, Finding
from loopless.verify.request import inferred_values
from loopless.verify.slicing import NotSliced, slice_region
from loopless.verify.verdict import Verdict

_TOLERANCE = {"E0": "rtol=0, atol=0", "E1": "rtol=1e-4, atol=1e-5", "E2": "rtol=1e-4, atol=1e-5"}


def pytest_from_finding(
    text: str, finding: Finding, action: Action, verdict: Verdict | None = None
) -> str | NotSliced:
    """A test module that stands by itself: the loop as it was, the code as it is, and samples."""
    piece = slice_region(text, finding, action)
    if isinstance(piece, NotSliced):
        return piece
    values = inferred_values(text, finding, action)
    if any("." in name for name in values) or not values:
        return NotSliced(
            "a test needs inputs that can be written down; move the loop to a function"
        )
    prelude, functions = _parts(piece.program)
    names = ", ".join(piece.roots)
    samples = [_sample(values, piece.roots)]
    if verdict is not None and verdict.counterexample:
        samples.append("# where the two differ:\n# " + verdict.counterexample.replace("\n", "\n# "))
    slug = re.sub(r"\W+", "_", finding.code)
    return _TEMPLATE.format(
        code=finding.code,
        imports=_imports(prelude),
        functions=functions,
        slug=slug,
        names=names,
        samples=textwrap.indent("\n".join(samples), "    "),
        tolerance=_TOLERANCE.get(action.grade, _TOLERANCE["E1"]),
        outputs=_tuple(piece.outputs),
        live=_tuple(piece.live),
        roots=_tuple(piece.roots),
    )


_TEMPLATE = '''"""The loop that Loopless found ({code}) against the code that replaced it."""

{imports}

class __Unreached__(Exception):
    """The statements before the loop leave before it."""


def __pick__(iterable):
    return next(iter(iterable))


{functions}

def left_by(function, {names}):
    made = __setup__({names})
    live = copy.deepcopy({{name: made[name] for name in {live}}})
    way, returned, names_after = function(**live)
    outputs = {{name: names_after[name] for name in {outputs} if name in names_after}}
    return {{"way": way, "returned": returned, **live, **outputs}}


def test_{slug}():
{samples}
    old = left_by(__old__, {names})
    new = left_by(__new__, {names})
    assert old.keys() == new.keys()
    for name, value in old.items():
        if isinstance(value, torch.Tensor):
            torch.testing.assert_close(new[name], value, {tolerance}, equal_nan=True, msg=name)
        elif isinstance(value, (int, float, str, bool, type(None))):
            assert new[name] == value, name
'''


def _parts(program: str) -> tuple[list[str], str]:
    """The import lines of the program, and the rest."""
    imports: list[str] = []
    rest: list[str] = []
    for statement in ast.parse(program).body:
        if isinstance(statement, ast.Import | ast.ImportFrom):
            imports.append(ast.unparse(statement))
        else:
            rest.append(ast.unparse(statement))
    return imports, "\n\n\n".join(rest) + "\n"


def _imports(lines: list[str]) -> str:
    future = [line for line in lines if "__future__" in line]
    others = sorted({"import copy", "import torch", *lines} - set(future))
    return "\n".join([*future, "", *others, ""])


def _sample(values: dict[str, str], roots: tuple[str, ...]) -> str:
    lines = ["torch.manual_seed(0)"]
    lines += [f"{name} = {values.get(name, 'None')}" for name in roots]
    return "\n".join(lines)


def _tuple(names: tuple[str, ...]) -> str:
    items: Any = tuple(names)
    return repr(items)
