"""A loop and what replaces it, as the finding and action that verify is given."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from textwrap import dedent, indent
from typing import Any

from loopless.finding import Action, Applicability, Edit, Finding, Grade, Input, Span


@dataclass(frozen=True, slots=True)
class Pair:
    """A text with a finding and its action, ready for `Verifier.submit(*pair)`."""

    text: str
    finding: Finding
    action: Action

    def __iter__(self) -> Iterator[Any]:
        return iter((self.text, self.finding, self.action))


def pair(
    text: str,
    old: str,
    new: str,
    grade: Grade = "E0",
    assumptions: tuple[str, ...] = (),
    inputs: tuple[Input, ...] = (),
    outputs: tuple[str, ...] = (),
) -> Pair:
    """The action that puts `new` where `old` stands in the text."""
    text, old, new = dedent(text), dedent(old).strip("\n"), dedent(new).strip("\n")
    start, margin = _place(text, old)
    old = indent(old, margin).lstrip(" ")
    span = Span(start, start + len(old))
    assert text[span.start : span.end] == old
    how: Applicability = "unsafe" if assumptions else "safe"
    edit = Edit(span, indent(new, margin).lstrip(" "))
    action = Action("Rewrite", (edit,), how, grade, assumptions, True)
    finding = Finding(
        "pair", "computes something", span, span, span, (action,), inputs=inputs, outputs=outputs
    )
    return Pair(text, finding, action)


def function(body: str, new: str, grade: Grade = "E0", **more: Any) -> Pair:
    """A pair in a function `f` of the names in the first line of the body, `# x, y`."""
    body = dedent(body).strip("\n")
    names, _, old = body.partition("\n")
    names = names.strip("# ")
    old, _, rest = old.partition("\n---\n")
    before, _, old = old.rpartition("\n+++\n")
    lines = [f"def f({names}):", indent(before, "    "), indent(old, "    "), indent(rest, "    ")]
    text = "import math\nimport torch\n\n\n" + "\n".join(line for line in lines if line) + "\n"
    return pair(text, old, new, grade, **more)


def _place(text: str, old: str) -> tuple[int, str]:
    for margin in ("", "    ", "        ", "            ", "  "):
        shifted = indent(old, margin)
        at = text.find("\n" + shifted) + 1
        if at or text.startswith(shifted):
            return at + len(margin), margin
    raise AssertionError(f"not in the text: {old}")
