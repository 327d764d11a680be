"""Applies the actions of an analysis until none is left, as `loopless check --fix` does."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass

from loopless import pipeline
from loopless.finding import Action, Analysis, Finding

ROUNDS = 40
Analyze = Callable[[str], Analysis]


class Unsound(Exception):
    """Edits that no editor could apply, or a text that never settles."""


@dataclass(frozen=True, slots=True)
class Rewritten:
    """A text after all rewrites, with the actions in the order in which they were applied."""

    text: str
    applied: tuple[tuple[str, Action], ...]
    analysis: Analysis

    @property
    def exact(self) -> bool:
        """Whether every action claims the same bits."""
        return all(action.grade == "E0" for _, action in self.applied)


def analyze(text: str) -> Analysis:
    """The line itself; looked up at each call, so that a test may put another in its place."""
    return pipeline.analyze(text)


def rewrite(text: str, kinds: tuple[str, ...] = ("safe",), engine: Analyze = analyze) -> Rewritten:
    """Apply one action of the given kinds after another. `analysis` is that of the first text."""
    first = engine(text)
    current, now = text, first
    applied: list[tuple[str, Action]] = []
    seen = {text}
    for _ in range(ROUNDS):
        chosen = _choose(now, current, kinds)
        if chosen is None:
            return Rewritten(current, tuple(applied), first)
        finding, action = chosen
        current = apply(current, action)
        if current in seen:
            raise Unsound(f"{finding.code}: the rewrites go round in circles")
        try:
            ast.parse(current)
        except SyntaxError as error:
            raise Unsound(
                f"{finding.code}: the new text does not parse: {error}\n{current}"
            ) from None
        seen.add(current)
        applied.append((finding.code, action))
        now = engine(current)
    raise Unsound(f"not settled after {ROUNDS} rewrites")


def apply(text: str, action: Action) -> str:
    """The text after the action's edits."""
    end = -1
    for edit in action.edits:
        if not 0 <= edit.span.start <= edit.span.end <= len(text):
            raise Unsound(f"an edit outside of the text: {edit.span}")
        if edit.span.start < end:
            raise Unsound("edits overlap or stand out of order")
        end = edit.span.end
    for edit in reversed(action.edits):
        text = text[: edit.span.start] + edit.text + text[edit.span.end :]
    return text


def loops(text: str) -> int:
    """How many loops a text holds, those of comprehensions included."""
    return sum(
        isinstance(n, ast.For | ast.While | ast.comprehension) for n in ast.walk(ast.parse(text))
    )


def _choose(analysis: Analysis, text: str, kinds: tuple[str, ...]) -> tuple[Finding, Action] | None:
    for finding in analysis.findings:
        fitting = [a for a in finding.actions if a.applicability in kinds and a.edits]
        for action in sorted(fitting, key=lambda a: (a.applicability != "safe", not a.preferred)):
            if apply(text, action) != text:
                return finding, action
    return None
