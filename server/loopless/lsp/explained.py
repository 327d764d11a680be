"""The loops on a line as a document to read: the rewrite and its reasons, or every reason why a loop stays."""

from __future__ import annotations

from collections.abc import Iterator

from loopless.explain import Loop, loops_around
from loopless.finding import Action, Finding, Missed, Refusal, Stages
from loopless.lsp.lesson import changes, details, marked, short
from loopless.page import page_of
from loopless.report import Report, shown_action
from loopless.source.edits import applied, changed_lines
from loopless.source.text import SourceText

_STAGES = (
    ("nest", "The loops"),
    ("facts", "What is known of the names"),
    ("dependences", "Which iterations wait for which"),
    ("plan", "What is computed, on named axes"),
)


def document(source: SourceText, report: Report, line: int) -> str:
    """All about the loops on or around a line, counted from 0, the innermost first; empty if there is none."""
    parts = ("\n".join(_loop(source, loop)) for loop in loops_around(source, report, line))
    return "\n\n".join(parts)


def _loop(source: SourceText, loop: Loop) -> Iterator[str]:
    number = source.line_at(loop.found.header.start) + 1
    match loop.found:
        case Finding() as finding:
            yield from _finding(source, finding, number)
        case Refusal() as refusal:
            yield f"# Line {number} stays a loop\n"
            yield from (text for missed in refusal.reasons for text in _missed(source, missed))
    yield from _stages(loop.stages)


def _finding(source: SourceText, finding: Finding, number: int) -> Iterator[str]:
    page, action = page_of(finding.code), shown_action(finding)
    yield f"# Line {number}: {page.title if page else finding.code}\n"
    yield f"`{finding.code}` — {finding.message}"
    yield from short(finding)
    yield from changes(_diff(source, action) if action else "")
    yield from details(finding)
    if finding.outputs:
        yield f"\n**What is read afterwards.** {_names(finding.outputs)}"
    for other in finding.actions:
        if other is not action:
            yield f"\n## {_heading(other)}"
            yield from changes(_diff(source, other))


def _heading(action: Action) -> str:
    """What must be so for the other form to be right."""
    assumed = " and ".join(action.assumptions)
    return f"If {assumed}" if assumed else marked(action)


def _names(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _diff(source: SourceText, action: Action) -> str:
    if not action.edits:
        return ""
    return changed_lines(source.text, applied(source.text, action.edits), context=0)


def _missed(source: SourceText, missed: Missed) -> Iterator[str]:
    yield f"- **{missed.reason}** (line {source.line_at(missed.span.start) + 1})"
    if missed.witness:
        yield f"  - {missed.witness}"
    for note in missed.related:
        yield f"  - line {source.line_at(note.span.start) + 1}: {note.message}"
    if missed.unblock:
        yield f"  - would help: {missed.unblock}"


def _stages(stages: Stages) -> Iterator[str]:
    told = [(title, getattr(stages, name)) for name, title in _STAGES if getattr(stages, name)]
    if told:
        yield "\n## What Loopless saw"
    for title, lines in told:
        yield f"\n{title}:\n"
        yield "```text"
        yield from lines
        yield "```"
