"""What the line has to say about the loop on one line, as text that stays the same from run to run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from loopless.finding import Finding, Missed, Options, Refusal, Span, Stages
from loopless.pipeline import analyze
from loopless.report import Report
from loopless.source.edits import applied, changed_lines
from loopless.source.text import SourceText


@dataclass(frozen=True, slots=True)
class Loop:
    """A finding or a refusal, with what each stage made of the loop."""

    found: Finding | Refusal
    stages: Stages


def explanation(source: SourceText, report: Report, line: int) -> str:
    """All about the loops on or around a line, counted from 0, the innermost first; empty if there is none."""
    loops = loops_around(source, report, line)
    parts = [(*_told(source, loop.found), *_stages(loop.stages)) for loop in loops]
    return "\n".join("".join(f"{text}\n" for text in part) for part in parts)


def loops_around(source: SourceText, report: Report, line: int) -> list[Loop]:
    """The loops on or around a line, counted from 0, the innermost first."""
    found = [*report.findings, *report.refusals]
    around = [one for one in found if _covers(source, one.span, line)]
    if not around:
        return []
    around.sort(key=lambda one: (one.span.end - one.span.start, one.span.start))
    again = analyze(source.text, Options(stages=True))
    stages = {one.span: one.stages for one in (*again.findings, *again.refusals)}
    return [Loop(one, stages.get(one.span, one.stages)) for one in around]


def _told(source: SourceText, one: Finding | Refusal) -> Iterator[str]:
    yield from _finding(source, one) if isinstance(one, Finding) else _refusal(source, one)


def _finding(source: SourceText, finding: Finding) -> Iterator[str]:
    yield f"line {source.line_at(finding.header.start) + 1}: {finding.code}: {finding.message}"
    yield from _items("because", finding.reasons)
    yield from _items("gives", finding.outputs)
    yield from _items("changes in place", finding.changed)
    yield from _items("numerics", finding.numerics)
    if finding.memory:
        yield f"  memory: {finding.memory}"
    for action in finding.actions:
        preferred = ", preferred" if action.preferred else ""
        yield f"  action: {action.title} ({action.applicability}, {action.grade}{preferred})"
        yield from (f"    assumes {assumption}" for assumption in action.assumptions)
        if action.edits:
            text = changed_lines(source.text, applied(source.text, action.edits), context=0)
            yield from (f"    {line}" for line in text.splitlines())


def _refusal(source: SourceText, refusal: Refusal) -> Iterator[str]:
    yield f"line {source.line_at(refusal.header.start) + 1}: left as it is"
    for missed in refusal.reasons:
        yield from _missed(source, missed)


def _stages(stages: Stages) -> Iterator[str]:
    yield from _items("nest", stages.nest)
    yield from _items("facts", stages.facts)
    yield from _items("dependences", stages.dependences)
    yield from _items("plan", stages.plan)


def _missed(source: SourceText, missed: Missed) -> Iterator[str]:
    yield f"  {missed.code}: {missed.reason} (line {source.line_at(missed.span.start) + 1})"
    if missed.witness:
        yield f"    witness: {missed.witness}"
    for note in missed.related:
        yield f"    line {source.line_at(note.span.start) + 1}: {note.message}"
    if missed.unblock:
        yield f"    would help: {missed.unblock}"


def _items(title: str, items: tuple[str, ...]) -> Iterator[str]:
    if items:
        yield f"  {title}:"
        yield from (f"    {item}" for item in items)


def _covers(source: SourceText, span: Span, line: int) -> bool:
    return source.line_at(span.start) <= line <= source.line_at(max(span.end - 1, span.start))
