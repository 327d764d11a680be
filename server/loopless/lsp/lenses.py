"""Code lenses: one above each finding, and one above verified code that took a loop's place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from lsprotocol import types

from loopless.finding import Finding, Span
from loopless.lsp.analyses import View
from loopless.lsp.capabilities import Client
from loopless.lsp.ranges import location
from loopless.lsp.verification import Verification, device_label
from loopless.verify import Verdict, summary

VERIFY = "loopless.verify"
CANCEL = "loopless.cancelVerify"
EXPLAIN = "loopless.explain"
CLEAR = "loopless.clearVerdicts"
RULE = "loopless.rule"


def lenses(
    view: View,
    uri: str,
    client: Client,
    verification: Verification,
    verdicts: Mapping[Span, Verdict],
) -> list[types.CodeLens]:
    """The lenses of one part of the program."""
    found = [
        *_of_findings(view, client, verification, verdicts),
        *_of_verified(view, client, verification),
    ]
    return [lens for place, lens in found if place == uri]


def verify_command(view: View, finding: Finding, client: Client) -> types.Command:
    """The command that verifies a finding."""
    title = f"Verify on {device_label(view.scope.settings)}"
    return types.Command(title, VERIFY, arguments=arguments_of(view, finding.header, client))


def _of_findings(
    view: View, client: Client, verification: Verification, verdicts: Mapping[Span, Verdict]
) -> Iterator[tuple[str, types.CodeLens]]:
    for finding in view.report.findings:
        place = location(view.program, finding.header, client.encoding)
        if place is None:
            continue
        command = verify_command(view, finding, client)
        if phase := verification.phase(view, finding):
            command = types.Command(f"Verifying: {phase}…", CANCEL, arguments=[view.program.uri])
        elif verdict := verdicts.get(finding.span):
            command.title = summary(verdict)
        yield place.uri, types.CodeLens(place.range, command)


def _of_verified(
    view: View, client: Client, verification: Verification
) -> Iterator[tuple[str, types.CodeLens]]:
    source = view.program.source
    for span, verdict in verification.applied(view):
        place = location(
            view.program, source.line_span(source.line_at(span.start)), client.encoding
        )
        if place is not None:
            arguments = arguments_of(view, span, client)
            command = types.Command(summary(verdict), EXPLAIN, arguments=arguments)
            yield place.uri, types.CodeLens(place.range, command)


def arguments_of(view: View, span: Span, client: Client) -> list[object]:
    """What our commands take of a place: the document, its version, and the line."""
    place = location(view.program, Span(span.start, span.start), client.encoding)
    if place is None:
        return []
    return [place.uri, view.program.part(place.uri).version, place.range.start.line]
