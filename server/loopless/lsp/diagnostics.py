"""Reports as diagnostics."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from lsprotocol import types

from loopless.finding import Finding
from loopless.lsp.analyses import View
from loopless.lsp.capabilities import Client
from loopless.lsp.documents import Document
from loopless.lsp.ranges import location, range_in
from loopless.report import applicability_of
from loopless.settings import ConfigurationFile
from loopless.source.text import Encoding, SourceText

SOURCE = "loopless"

_SEVERITIES = {
    "error": types.DiagnosticSeverity.Error,
    "warning": types.DiagnosticSeverity.Warning,
    "information": types.DiagnosticSeverity.Information,
    "hint": types.DiagnosticSeverity.Hint,
}


def diagnostics(view: View, client: Client) -> dict[str, list[types.Diagnostic]]:
    """The diagnostics of each part of a program; a part that is clean has an empty list."""
    found: dict[str, list[types.Diagnostic]] = {part.uri: [] for part in view.program.parts}
    for finding in view.report.findings:
        place = location(view.program, finding.header, client.encoding)
        if place:
            found[place.uri].append(_of_finding(view, finding, place.range, client))
    for remark in view.report.remarks:
        place = location(view.program, remark.span, client.encoding)
        if place:
            found[place.uri].append(
                types.Diagnostic(
                    place.range,
                    remark.message,
                    types.DiagnosticSeverity.Hint,
                    remark.code,
                    source=SOURCE,
                )
            )
    return found


def of_configuration(file: ConfigurationFile, encoding: Encoding) -> list[types.Diagnostic]:
    """What is wrong with a configuration file."""
    document = Document(file.path.as_uri(), None, "toml", SourceText.of(file.text))
    return [
        types.Diagnostic(
            range_in(document, problem.span, encoding),
            problem.message,
            types.DiagnosticSeverity.Warning,
            "configuration",
            source=SOURCE,
        )
        for problem in file.problems
    ]


def result_id(items: list[types.Diagnostic]) -> str:
    """A name for exactly these diagnostics, so that a client which has them is not sent them again."""
    return hashlib.blake2b(repr(items).encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def _of_finding(
    view: View, finding: Finding, place: types.Range, client: Client
) -> types.Diagnostic:
    applicability = applicability_of(finding)
    severity = view.scope.settings.severity_of(finding.code, applicability)
    related = list(_related(view, finding, client)) if client.takes_related else []
    return types.Diagnostic(
        place,
        finding.message,
        _SEVERITIES[severity],
        finding.code,
        source=SOURCE,
        related_information=related or None,
    )


def _related(
    view: View, finding: Finding, client: Client
) -> Iterator[types.DiagnosticRelatedInformation]:
    for note in finding.related:
        place = location(view.program, note.span, client.encoding)
        if place:
            yield types.DiagnosticRelatedInformation(place, note.message)
