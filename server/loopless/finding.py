"""What the line gives to whoever asked: findings with their actions, and loops left alone with every reason.

Offsets count code points from the start of the text. Nothing here knows of protocols or files.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Applicability = Literal["safe", "unsafe", "display"]
Grade = Literal["E0", "E1", "E2", "E3", "E4"]
InputKind = Literal[
    "tensor", "int", "float", "bool", "number", "list", "callable", "module", "unknown"
]


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A half-open range of the text, in code points."""

    start: int
    end: int

    def shifted(self, by: int) -> Span:
        """The same range in a text that has `by` more code points before it."""
        return Span(self.start + by, self.end + by)


@dataclass(frozen=True, slots=True)
class Edit:
    """Put `text` where `span` is. Edits of one action do not overlap and stand in order."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Note:
    """A sentence about a place in the text, such as one of two accesses that depend on each other."""

    span: Span
    message: str


@dataclass(frozen=True, slots=True)
class Missed:
    """Why a loop, or one level of it, stays as it is.

    `code` is stable and short ("carried-value", "unknown-call"); `reason` is a sentence for the user; `witness`
    names two iterations that must keep their order; `unblock` is the smallest change that would help.
    """

    code: str
    reason: str
    span: Span
    witness: str = ""
    unblock: str = ""
    related: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True)
class Action:
    """One rewrite on offer. `edits` are against the text that was analyzed."""

    title: str
    edits: tuple[Edit, ...]
    applicability: Applicability
    grade: Grade
    assumptions: tuple[str, ...] = ()
    preferred: bool = False


@dataclass(frozen=True, slots=True)
class Input:
    """A name that the region reads from outside, with what the file shows of it: the seed of verify's samples.

    `dims` has one entry for each axis of a tensor: a size as a Python expression over other inputs ("n",
    "x.shape[0]", "3"), or None where nothing is known; `dims` itself is None when the rank is unknown, and then
    `min_rank` is what the subscripts ask for. Integer tensors used as subscripts have values in [low, high).
    """

    name: str
    kind: InputKind
    dims: tuple[str | None, ...] | None = None
    min_rank: int = 0
    dtype: str | None = None
    low: str | None = None
    high: str | None = None


@dataclass(frozen=True, slots=True)
class Stages:
    """What each stage made of a loop, one line each: axes, facts, dependences, and pieces in named-axis form."""

    nest: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()
    dependences: tuple[str, ...] = ()
    plan: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """A loop with at least one action.

    `span` is the loop statement (or the statement that holds a comprehension), `header` its first line from the
    keyword to the colon, `region` everything that the preferred action replaces, in whole statements.
    """

    code: str
    message: str
    span: Span
    header: Span
    region: Span
    actions: tuple[Action, ...]
    reasons: tuple[str, ...] = ()
    numerics: tuple[str, ...] = ()
    memory: str = ""
    related: tuple[Note, ...] = ()
    inputs: tuple[Input, ...] = ()
    outputs: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    stages: Stages = Stages()


@dataclass(frozen=True, slots=True)
class Refusal:
    """A loop that was looked at and left alone, with all reasons."""

    span: Span
    header: Span
    reasons: tuple[Missed, ...]
    stages: Stages = Stages()


@dataclass(frozen=True, slots=True)
class Analysis:
    """Everything the line has to say about one text."""

    findings: tuple[Finding, ...] = ()
    refusals: tuple[Refusal, ...] = ()


@dataclass(frozen=True, slots=True)
class Options:
    """What a user may choose, the same for the command line and the editors."""

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    line_width: int = 100
    # Whether findings and refusals come with what each stage made of the loop: for reading, so not on every key.
    stages: bool = False
