"""Code lenses: one above each finding, and one above verified code that took a loop's place."""

from __future__ import annotations

from collections.abc import Iterator

from lsprotocol import types

from loopless.finding import Finding, Span
from loopless.lsp.analyses import View
from loopless.lsp.capabilities import Client
from loopless.lsp.ranges import location
from loopless.lsp.verification import Verdict, Verification, device_label

VERIFY = "loopless.verify"
CANCEL = "loopless.cancelVerify"
EXPLAIN = "loopless.explain"
CLEAR = "loopless.clearVerdicts"


def lenses(
    view: View, uri: str, client: Client, verification: Verification
) -> list[types.CodeLens]:
    """The lenses of one part of the program."""
    found = [*_of_findings(view, client, verification), *_of_verified(view, client, verification)]
    return [lens for place, lens in found if place == uri]


def verify_command(view: View, finding: Finding, client: Client) -> types.Command:
    """The command that verifies a finding."""
    title = f"Verify on {device_label(view.scope.settings)}"
    return types.Command(title, VERIFY, arguments=_arguments(view, finding.header, client))


def summary(verdict: Verdict) -> str:
    """A verdict in one line."""
    match verdict.get("status"):
        case "agreed":
            return _agreed(verdict)
        case "differed":
            return f"✗ differs: {verdict.get('reason') or 'the results are not the same'}"
        case _:
            return f"not run: {verdict.get('reason') or 'no reason given'}"


def _of_findings(
    view: View, client: Client, verification: Verification
) -> Iterator[tuple[str, types.CodeLens]]:
    for finding in view.report.findings:
        place = location(view.program, finding.header, client.encoding)
        if place is None:
            continue
        command = verify_command(view, finding, client)
        if phase := verification.phase(view, finding):
            command = types.Command(f"Verifying: {phase}…", CANCEL, arguments=[view.program.uri])
        elif verdict := verification.verdict(view, finding):
            command.title = summary(verdict)
        yield place.uri, types.CodeLens(place.range, command)


def _of_verified(
    view: View, client: Client, verification: Verification
) -> Iterator[tuple[str, types.CodeLens]]:
    for span, verdict in verification.applied(view):
        line = view.program.source.line_span(view.program.source.line_at(span.start))
        place = location(view.program, line, client.encoding)
        if place is not None:
            arguments = _arguments(view, line, client)
            command = types.Command(summary(verdict), EXPLAIN, arguments=arguments)
            yield place.uri, types.CodeLens(place.range, command)


def _arguments(view: View, span: Span, client: Client) -> list[object]:
    place = location(view.program, span, client.encoding)
    if place is None:
        return []
    return [place.uri, view.program.part(place.uri).version, place.range.start.line]


def _agreed(verdict: Verdict) -> str:
    words = [_speed(verdict)]
    if verdict.get("loop_s") is not None and verdict.get("tensor_s") is not None:
        words.append(f"{_seconds(verdict['loop_s'])} → {_seconds(verdict['tensor_s'])}")
    error = verdict.get("max_rel_error") or verdict.get("max_abs_error") or 0
    words.append(f"equal within {error:.0e}".replace("e-0", "e-") if error else "equal")
    return f"✓ {' · '.join(words)}"


def _speed(verdict: Verdict) -> str:
    where = verdict.get("device_name") or verdict.get("device") or "this machine"
    speedup = verdict.get("speedup")
    if not speedup:
        return f"agreed on {where}"
    if speedup < 1:
        return f"{1 / speedup:.1f}× slower on {where}"
    return (
        f"{speedup:.0f}× faster on {where}"
        if speedup >= 10
        else f"{speedup:.1f}× faster on {where}"
    )


def _seconds(seconds: float) -> str:
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds / 1e-9:.3g} ns"
