"""The commands: verify a finding with progress and cancellation, explain a loop, and show the page of a pattern."""

from __future__ import annotations

import asyncio
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lsprotocol import types
from pygls.exceptions import JsonRpcException, JsonRpcInvalidParams

from loopless.catalog import pattern_by_slug
from loopless.finding import Finding
from loopless.lsp.analyses import ContentModified, View
from loopless.lsp.explained import document
from loopless.lsp.verification import OnPhase
from loopless.verify import not_run

if TYPE_CHECKING:
    from loopless.lsp.server import LooplessServer


async def command(server: LooplessServer, params: types.ExecuteCommandParams) -> dict[str, Any]:
    """`loopless.verify`: the verdict as JSON, once the run has ended."""
    place = await _place(server, params)
    finding = _finding_on(place)
    if finding is None:
        return not_run("there is no finding on this line").to_json()
    progress = await _progress(server, params)
    try:
        progress("starting")
        verdict = await server.session.verification.verify(place.view, finding, progress)
        return verdict.to_json()
    finally:
        progress("")


async def explain(server: LooplessServer, params: types.ExecuteCommandParams) -> str:
    """`loopless.explain`: all that is known about the loops on a line, as Markdown; empty if there is none."""
    place = await _place(server, params)
    source, report = place.view.program.source, place.view.report
    return await asyncio.to_thread(document, source, report, place.row)


def rule(params: types.ExecuteCommandParams) -> str:
    """`loopless.rule`: the page of a pattern, as Markdown."""
    match list(params.arguments or ()):
        case [str(slug)] if pattern := pattern_by_slug(slug):
            _, _, text = pattern.doc.strip().partition("\n")
            return f"# {pattern.title}\n\n`{slug}`\n{text}\n"
        case _:
            raise JsonRpcInvalidParams("the argument is the slug of a pattern")


@dataclass(frozen=True, slots=True)
class Place:
    """A line of a program."""

    view: View
    row: int


async def _place(server: LooplessServer, params: types.ExecuteCommandParams) -> Place:
    """The line that the arguments [uri, version, line] name; the version may be left out, or null."""
    match list(params.arguments or ()):
        case [str(uri), int() | None as version, int(line)]:
            pass
        case [str(uri), int(line)]:
            version = None
        case _:
            raise JsonRpcInvalidParams("the arguments are [uri, version, line]")
    view = await server.now(uri)
    if view is None:
        raise JsonRpcInvalidParams(f"{uri} is not an open Python document")
    if version is not None and view.program.part(uri).version != version:
        raise ContentModified
    offset = view.program.offset(uri, types.Position(line, 0), server.session.client.encoding)
    return Place(view, view.program.source.line_at(offset))


def _finding_on(place: Place) -> Finding | None:
    """The finding whose header is on the line, else the innermost around it."""
    source = place.view.program.source
    around = [
        finding
        for finding in place.view.report.findings
        if source.line_at(finding.span.start) <= place.row <= source.line_at(finding.span.end)
    ]

    def farness(finding: Finding) -> tuple[bool, int]:
        elsewhere = source.line_at(finding.header.start) != place.row
        return elsewhere, finding.span.end - finding.span.start

    return min(around, key=farness, default=None)


async def _progress(server: LooplessServer, params: types.ExecuteCommandParams) -> OnPhase:
    """How to tell the client about a run: each phase, and the empty phase at its end."""
    token = params.work_done_token
    if token is None and server.session.client.shows_progress:
        token = await _created(server)
    begun = False

    def report(phase: str) -> None:
        nonlocal begun
        server.refresh_lenses()
        if token is None:
            return
        if not phase:
            server.work_done_progress.end(token, types.WorkDoneProgressEnd())
            _progress_of(server).tokens.pop(token, None)
        elif begun:
            server.work_done_progress.report(token, types.WorkDoneProgressReport(message=phase))
        else:
            begun = True
            begin = types.WorkDoneProgressBegin("Loopless: verify", cancellable=True, message=phase)
            server.work_done_progress.begin(token, begin)

    return report


async def _created(server: LooplessServer) -> str | None:
    """A token for progress of our own; None if the client will not have it."""
    token = str(uuid.uuid4())
    try:
        await _progress_of(server).create_async(token)
    except JsonRpcException:
        return None
    return token


def _progress_of(server: LooplessServer) -> Any:
    """Pygls's progress, whose types it leaves open."""
    return server.work_done_progress
