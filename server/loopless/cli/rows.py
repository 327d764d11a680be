"""Reports as rows: plain values, which can cross from one process to another and be printed in any format."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from loopless.cli.files import SourceFile
from loopless.finding import Action, Edit, Finding, Missed, Refusal, Span
from loopless.report import Report, applicability_of, shown_action
from loopless.settings import Remark
from loopless.source.edits import applied, changed_lines
from loopless.source.text import SourceText


@dataclass(frozen=True, slots=True)
class Place:
    """A range of a file: lines and columns from 1, the columns in code points."""

    line: int
    column: int
    end_line: int
    end_column: int


@dataclass(frozen=True, slots=True)
class Row:
    """One thing to say about a place in a file; `detail` is what the full format adds."""

    path: str
    place: Place
    code: str
    message: str
    severity: str
    json: dict[str, Any]
    excerpt: str
    detail: str = ""
    refused: bool = False


def rows(file: SourceFile, report: Report, refusals: bool) -> Iterator[Row]:
    """The rows of a report, in order of place."""
    source = SourceText.of(file.text)
    found = [_finding(file, source, finding) for finding in report.findings]
    found += [_remark(file, source, remark) for remark in report.remarks]
    if refusals:
        found += [_refusal(file, source, refusal) for refusal in report.refusals]
    yield from sorted(found, key=lambda row: (row.place.line, row.place.column))


def place_of(source: SourceText, span: Span) -> Place:
    """Where a span is."""
    start, end = source.position(span.start), source.position(span.end)
    return Place(start.line + 1, start.column + 1, end.line + 1, end.column + 1)


def _finding(file: SourceFile, source: SourceText, finding: Finding) -> Row:
    applicability = applicability_of(finding)
    shown = shown_action(finding)
    place = place_of(source, finding.header)
    json = {
        "path": file.name,
        **asdict(place),
        "code": finding.code,
        "message": finding.message,
        "applicability": applicability,
        "grade": shown.grade if shown else None,
        "assumptions": list(shown.assumptions) if shown else [],
        "actions": [_action(source, action) for action in finding.actions],
    }
    severity = file.settings.severity_of(finding.code, applicability)
    return Row(
        file.name,
        place,
        code=finding.code,
        message=finding.message,
        severity=severity,
        json=json,
        excerpt=_excerpt(source, finding.header),
        detail="".join(_detail(source, action) for action in finding.actions),
    )


def _remark(file: SourceFile, source: SourceText, remark: Remark) -> Row:
    place = place_of(source, remark.span)
    edits = [_edit(source, edit) for edit in remark.edits]
    actions = [{"title": "Remove the suppression", "applicability": "safe", "edits": edits}]
    json = {
        "path": file.name,
        **asdict(place),
        "code": remark.code,
        "message": remark.message,
        "applicability": "display",
        "grade": None,
        "assumptions": [],
        "actions": actions if edits else [],
    }
    return Row(
        file.name,
        place,
        code=remark.code,
        message=remark.message,
        severity="hint",
        json=json,
        excerpt=_excerpt(source, remark.span),
    )


def _refusal(file: SourceFile, source: SourceText, refusal: Refusal) -> Row:
    place = place_of(source, refusal.header)
    message = "left as it is: " + "; ".join(missed.reason for missed in refusal.reasons)
    json = {
        "path": file.name,
        **asdict(place),
        "code": "refused",
        "message": message,
        "reasons": [_missed(source, missed) for missed in refusal.reasons],
    }
    details = (f"  help: {missed.unblock}\n" for missed in refusal.reasons if missed.unblock)
    return Row(
        file.name,
        place,
        code="refused",
        message=message,
        severity="hint",
        json=json,
        excerpt=_excerpt(source, refusal.header),
        detail="".join(details),
        refused=True,
    )


def _missed(source: SourceText, missed: Missed) -> dict[str, Any]:
    related = [
        {**asdict(place_of(source, note.span)), "message": note.message} for note in missed.related
    ]
    return {
        "code": missed.code,
        "reason": missed.reason,
        **asdict(place_of(source, missed.span)),
        "witness": missed.witness,
        "unblock": missed.unblock,
        "related": related,
    }


def _action(source: SourceText, action: Action) -> dict[str, Any]:
    return {
        "title": action.title,
        "applicability": action.applicability,
        "grade": action.grade,
        "assumptions": list(action.assumptions),
        "preferred": action.preferred,
        "edits": [_edit(source, edit) for edit in action.edits],
    }


def _edit(source: SourceText, edit: Edit) -> dict[str, Any]:
    return {**asdict(place_of(source, edit.span)), "text": edit.text}


def _excerpt(source: SourceText, span: Span) -> str:
    """The first line of the span with a mark below it."""
    row = source.line_at(span.start)
    line = source.line_span(row)
    number = str(row + 1)
    content = source.text[line.start : line.end].expandtabs(4)
    indent = len(source.text[line.start : span.start].expandtabs(4))
    width = max(min(span.end, line.end) - span.start, 1)
    return f"{number} | {content}\n{' ' * len(number)} | {' ' * indent}{'^' * width}\n"


def _detail(source: SourceText, action: Action) -> str:
    """The action with what it assumes and what it changes."""
    head = f"  {action.applicability} ({action.grade}): {action.title}\n"
    assumed = "".join(f"    assumes {assumption}\n" for assumption in action.assumptions)
    changed = changed_lines(source.text, applied(source.text, action.edits), context=0)
    return head + assumed + "".join(f"    {line}\n" for line in changed.splitlines())
