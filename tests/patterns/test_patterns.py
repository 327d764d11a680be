"""Every pattern's page: its example is rewritten to the promised text, and both texts give the same values.

The first line of an example names its inputs, in the words of `tests/harness/inputs.py`:

    ```python
    # before: x=float[n, m]
    total = torch.zeros(x.shape[0])
    …
    ```
    ```python
    # after
    …
    ```

`# after, unsafe` promises a rewrite that needs an assumption. A page may hold several pairs.
"""

from __future__ import annotations

import ast
import re
import textwrap
from dataclasses import dataclass

import pytest

from loopless.catalog import PATTERNS
from tests.harness.compare import compare_texts
from tests.harness.inputs import PLAN, Spec, parse_inputs
from tests.harness.rewriting import rewrite

BLOCK = re.compile(r"^```python\n# (before|after)(.*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
CORE = tuple(sample for sample in PLAN if sample.core)


@dataclass(frozen=True, slots=True)
class Promise:
    """One pair of texts of a page."""

    slug: str
    before: str
    after: str
    inputs: tuple[Spec, ...]
    safe: bool


def promises() -> list[Promise]:
    found: list[Promise] = []
    for pattern in PATTERNS:
        pairs = list(BLOCK.finditer(pattern.doc))
        for first, second in zip(pairs[::2], pairs[1::2], strict=True):
            assert (first[1], second[1]) == ("before", "after"), pattern.slug
            inputs = parse_inputs(first[2].lstrip(":"))
            before, after = module(first[3], second[3], inputs)
            found.append(Promise(pattern.slug, before, after, inputs, "unsafe" not in second[2]))
    return found


def module(before: str, after: str, inputs: tuple[Spec, ...]) -> tuple[str, str]:
    """Both texts as modules with a function `loop` that returns what either text ends with."""
    results = ", ".join(sorted(stored(before) & stored(after)))
    end = f"    return {results}\n" if results else ""
    head = f"def loop({', '.join(spec.name for spec in inputs)}):\n"

    def whole(text: str) -> str:
        lines = text.splitlines(keepends=True)
        imports = [line for line in lines if re.match(r"import |from ", line)]
        body = "".join(line for line in lines if line not in imports).strip("\n") + "\n"
        if re.search(r"^def loop\(", body, re.MULTILINE):
            return "".join(imports or ["import torch\n"]) + "\n\n" + body
        return (
            "".join(imports or ["import torch\n"])
            + "\n\n"
            + head
            + textwrap.indent(body, "    ")
            + end
        )

    return whole(before), whole(after)


def stored(text: str) -> set[str]:
    """The names that the statements at the margin assign."""
    targets = [
        target
        for node in ast.parse(text).body
        if isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
    ]
    return {
        node.id for target in targets for node in ast.walk(target) if isinstance(node, ast.Name)
    }


PROMISES = promises()


def name_of(promise: Promise) -> str:
    return promise.slug


@pytest.mark.parametrize("promise", PROMISES, ids=name_of)
def test_the_example_becomes_what_its_page_says(promise: Promise) -> None:
    rewritten = rewrite(promise.before, ("safe",) if promise.safe else ("safe", "unsafe"))
    assert rewritten.text == promise.after
    assert promise.slug in {slug for slug, _ in rewritten.applied}


@pytest.mark.parametrize("promise", PROMISES, ids=name_of)
def test_both_texts_of_the_example_give_the_same(promise: Promise) -> None:
    verdict = compare_texts(promise.before, promise.after, promise.inputs, CORE)
    assert verdict.counted
    assert not [each for each in verdict.differences if not each[1].rounding]


@pytest.mark.parametrize("pattern", PATTERNS, ids=lambda pattern: pattern.slug)
def test_every_pattern_has_an_example(pattern: object) -> None:
    assert pattern in [p for p in PATTERNS if p.slug in {promise.slug for promise in PROMISES}]
