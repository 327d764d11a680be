"""What there is to read about a loop: short first, then the rewrite, then why it is the same."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from lsprotocol import types

from loopless.finding import Action, Finding, Missed, Refusal, Span
from loopless.lsp.analyses import View
from loopless.lsp.capabilities import Client
from loopless.lsp.lenses import EXPLAIN, arguments_of, verify_command
from loopless.lsp.lesson import changes, details, links, others, outcome, short
from loopless.lsp.ranges import location
from loopless.page import page_of
from loopless.report import shown_action
from loopless.source.edits import applied, changed_lines
from loopless.verify import Verdict


def hover(
    view: View,
    uri: str,
    position: types.Position,
    client: Client,
    verdicts: Mapping[Span, Verdict],
) -> types.Hover | None:
    """The text for a loop's header, if the position is on one."""
    offset = view.program.offset(uri, position, client.encoding)
    for finding in view.report.findings:
        if _holds(finding.header, offset):
            lines = _finding(view, finding, client, verdicts.get(finding.span))
            return _hover(view, finding.header, "\n".join(lines), client)
    for refusal in view.report.refusals:
        if _holds(refusal.header, offset):
            lines = _refusal(view, refusal, client)
            return _hover(view, refusal.header, "\n".join(lines), client)
    return None


def _hover(view: View, header: Span, markdown: str, client: Client) -> types.Hover:
    place = location(view.program, header, client.encoding)
    kind = types.MarkupKind.Markdown if client.takes_markdown else types.MarkupKind.PlainText
    value = markdown if client.takes_markdown else _plain(markdown)
    return types.Hover(types.MarkupContent(kind, value), place.range if place else None)


def _finding(
    view: View, finding: Finding, client: Client, verdict: Verdict | None
) -> Iterator[str]:
    page, action = page_of(finding.code), shown_action(finding)
    if client.command_links and page:
        # Such an editor shows the sentence just above, where it shows the diagnostic.
        yield f"**{page.title}** · Loopless"
    else:
        yield f"**Loopless** `{finding.code}`: {finding.message}"
    # Above the rewrite, which may be longer than the editor's window for all of it.
    yield from short(finding, verdict)
    if line := _links(view, finding, client):
        yield f"\n{line}"
    diff = _changed(view, finding, action) if action else ""
    first = list(outcome(diff))
    yield from first
    yield "\n---"
    yield from (each for each in changes(diff) if each not in first)
    yield from details(finding)
    yield from others(finding)


def _links(view: View, finding: Finding, client: Client) -> str:
    command = verify_command(view, finding, client)
    return links(client.command_links, finding.code, list(command.arguments or ()), command.title)


def _refusal(view: View, refusal: Refusal, client: Client) -> Iterator[str]:
    yield "**Loopless** leaves this loop as it is:\n"
    for missed in refusal.reasons:
        yield from _missed(missed)
    place = arguments_of(view, refusal.header, client)
    if line := links(client.command_links & {EXPLAIN}, "", place, ""):
        yield f"\n{line}"


def _missed(missed: Missed) -> Iterator[str]:
    yield f"- {missed.reason}"
    if missed.witness:
        yield f"  - {missed.witness}"
    if missed.unblock:
        yield f"  - would help: {missed.unblock}"


def _changed(view: View, finding: Finding, action: Action) -> str:
    """The lines of the region before and after, without the indentation that they share."""
    if not action.edits:
        return ""
    source = view.program.source
    ends = [finding.region, *(edit.span for edit in action.edits)]
    whole = source.lines_span(Span(min(s.start for s in ends), max(s.end for s in ends)))
    tail = len(source.text) - whole.end
    after = applied(source.text, action.edits)
    indent = source.text[whole.start : finding.region.start]
    return changed_lines(
        _outdented(source.text[whole.start : whole.end], indent),
        _outdented(after[whole.start : len(after) - tail], indent),
    )


def _outdented(text: str, indent: str) -> str:
    """The text without the indentation, where that is what stands before its lines."""
    return re.sub(f"^{indent}", "", text, flags=re.MULTILINE) if indent.isspace() else text


def _plain(markdown: str) -> str:
    lines = (line for line in markdown.split("\n") if not line.startswith("```"))
    return "\n".join(lines).replace("**", "").replace("`", "")


def _holds(header: Span, offset: int) -> bool:
    return header.start <= offset <= header.end
