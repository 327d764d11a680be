"""What there is to offer for a place in a program, in our own terms: rewrites, suppressions, samples, fix-all."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from lsprotocol import types

from loopless.finding import Action, Edit, Finding, Refusal, Span
from loopless.lsp.analyses import View
from loopless.lsp.documents import cells_of, placed_edits
from loopless.lsp.lesson import title_of
from loopless.report import Report, best_action, fix_all, report, shown_action
from loopless.settings import Remark, suppressing
from loopless.source.edits import edits_between
from loopless.verify import inferred_comment

QUICK_FIX = types.CodeActionKind.QuickFix.value
FIX_ALL = "source.fixAll.loopless"
NOTEBOOK_FIX_ALL = f"notebook.{FIX_ALL}"
KINDS = (QUICK_FIX, FIX_ALL)

Edits = Callable[[], Sequence[Edit]]
Commands = Callable[[Finding], types.Command]


@dataclass(frozen=True, slots=True)
class Offer:
    """A code action whose edits are made only when asked for."""

    id: str
    title: str
    kind: str
    role: str
    edits: Edits | None = None
    finding: Finding | None = None
    action: Action | None = None
    command: types.Command | None = None
    disabled: str = ""


def offers(view: View, asked: Span, commands: Commands | None = None) -> Iterator[Offer]:
    """Every offer for the lines of a span, rewrites first, in the order in which to show them."""
    report = view.report
    here = [finding for finding in report.findings if _touches(view, finding.span, asked)]
    # The innermost loop around the cursor is the one that is meant.
    here.sort(key=lambda finding: finding.span.end - finding.span.start)
    yield from (offer for finding in here for offer in _rewrites(view, finding))
    if commands is not None:
        yield from (_verification(finding, commands(finding)) for finding in here)
    yield from (offer for finding in here for offer in _samples(view, finding))
    yield from (_suppression(view, finding) for finding in here)
    for remark in report.remarks:
        if remark.edits and _touches(view, remark.span, asked):
            yield _removal(remark)
    for refusal in report.refusals:
        if _touches(view, refusal.header, asked):
            yield _refusal(refusal)
    if any(best_action(finding) for finding in report.findings):
        kind = NOTEBOOK_FIX_ALL if view.program.is_notebook else FIX_ALL
        title = "Loopless: vectorize all loops that are safe"
        yield Offer("fix-all", title, kind, "rewrite", partial(_fix_all, view))


def _rewrites(view: View, finding: Finding) -> Iterator[Offer]:
    for index, action in enumerate(finding.actions):
        if action.edits and placed_edits(view.program, action.edits):
            edits = partial(tuple, action.edits)
            name = _id(finding, str(index))
            yield Offer(name, title_of(action), QUICK_FIX, "rewrite", edits, finding, action)


def _verification(finding: Finding, command: types.Command) -> Offer:
    name = _id(finding, "verify")
    return Offer(name, command.title, QUICK_FIX, "verify", None, finding, command=command)


def _samples(view: View, finding: Finding) -> Iterator[Offer]:
    action = shown_action(finding)
    if action is not None and action.edits:
        edits = partial(_sample, view, finding, action)
        title = "Say what to verify with: insert a sample"
        yield Offer(_id(finding, "sample"), title, QUICK_FIX, "sample", edits, finding)


def _suppression(view: View, finding: Finding) -> Offer:
    edits = partial(_suppress, view, finding)
    title = f"Ignore `{finding.code}` on this line"
    return Offer(_id(finding, "suppress"), title, QUICK_FIX, "suppress", edits, finding)


def _removal(remark: Remark) -> Offer:
    edits, title = partial(tuple, remark.edits), "Remove the unused suppression"
    return Offer(f"remark:{remark.span.start}", title, QUICK_FIX, "suppress", edits)


def _refusal(refusal: Refusal) -> Offer:
    reason = "; ".join(missed.reason for missed in refusal.reasons)
    return Offer(
        f"refusal:{refusal.span.start}",
        "Vectorize this loop",
        QUICK_FIX,
        "rewrite",
        disabled=reason,
    )


def _suppress(view: View, finding: Finding) -> tuple[Edit, ...]:
    return (suppressing(view.program.source, finding),)


def _sample(view: View, finding: Finding, action: Action) -> tuple[Edit, ...]:
    """The edit that puts a comment with the inferred inputs above the loop, for the user to change."""
    source = view.program.source
    comment = inferred_comment(source.text, finding, action)
    if comment is None:
        return ()
    start = source.starts[source.line_at(finding.header.start)]
    indent = source.text[start : finding.header.start]
    line_break = source.text[source.line_span(source.line_at(start)).end :][:2]
    end = "\r\n" if line_break == "\r\n" else "\n"
    return (Edit(Span(start, start), f"{indent if indent.isspace() else ''}{comment}{end}"),)


def _fix_all(view: View) -> tuple[Edit, ...]:
    def look(text: str) -> Report:
        return report(text, view.scope.settings, view.scope.path)

    program = view.program
    text = program.source.text
    fixed = fix_all(text, look, first=view.report).text
    if not program.is_notebook:
        return edits_between(text, fixed)
    # Cell by cell: an edit must not reach from one into the next.
    before, after = cells_of(program, text), cells_of(program, fixed)
    if before is None or after is None:
        return ()
    return tuple(
        Edit(edit.span.shifted(start), edit.text)
        for old, new, start in zip(before, after, program.starts, strict=True)
        for edit in edits_between(old, new)
    )


def _id(finding: Finding, name: str) -> str:
    return f"{finding.code}:{finding.span.start}:{name}"


def _touches(view: View, span: Span, asked: Span) -> bool:
    lines = view.program.source.lines_span(span)
    return lines.start <= asked.end and asked.start < max(lines.end, lines.start + 1)
