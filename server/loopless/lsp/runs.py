"""The commands: verify a finding with progress and cancellation, and explain a loop."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from lsprotocol import types
from pygls.exceptions import JsonRpcInvalidParams

from loopless.explain import explanation
from loopless.finding import Action, Finding
from loopless.lsp.analyses import ContentModified, View
from loopless.lsp.documents import Program
from loopless.lsp.verification import Progress, Verdict, not_run

if TYPE_CHECKING:
    from loopless.lsp.server import LooplessServer


async def verify(view: View, finding: Finding, action: Action, progress: Progress) -> Verdict:
    """The verdict of running both versions in the user's interpreter."""
    return not_run("verify is not part of this installation")


async def command(server: LooplessServer, params: types.ExecuteCommandParams) -> dict[str, Any]:
    """`loopless.verify`: the verdict as JSON, once the run has ended."""
    view, line = await _place(server, params)
    finding = _finding_on(view, str((params.arguments or [""])[0]), line)
    if finding is None:
        return dict(not_run("there is no finding on this line"))
    progress = await _progress(server, params)
    server.refresh_lenses()
    try:
        progress("starting")
        return dict(await server.session.verification.verify(view, finding, progress))
    finally:
        progress("")
        server.refresh_lenses()


async def explain(server: LooplessServer, params: types.ExecuteCommandParams) -> str:
    """`loopless.explain`: everything known about the loop on a line."""
    view, line = await _place(server, params)
    uri = str((params.arguments or [""])[0])
    offset = view.program.offset(uri, types.Position(line, 0), server.session.client.encoding)
    return explanation(view.program.source, view.report, view.program.source.line_at(offset))


async def _place(server: LooplessServer, params: types.ExecuteCommandParams) -> tuple[View, int]:
    """The program and the line that the arguments [uri, version, line] name."""
    match params.arguments or []:
        case [str(uri), int() | None as version, int(line)]:
            pass
        case [str(uri), int(line)]:
            version = None
        case _:
            raise JsonRpcInvalidParams("the arguments are [uri, version, line]")
    view = await server.now(uri)
    if view is None:
        raise JsonRpcInvalidParams(f"{uri} is not an open Python document")
    if version is not None and _version(view.program, uri) != version:
        raise ContentModified
    return view, line


def _version(program: Program, uri: str) -> int | None:
    return program.part(uri).version


def _finding_on(view: View, uri: str, line: int) -> Finding | None:
    """The finding whose header is on the line, else the innermost around it."""
    offset = view.program.offset(uri, types.Position(line, 0), "utf-32")
    source = view.program.source
    row = source.line_at(offset)
    around = [
        finding
        for finding in view.report.findings
        if source.line_at(finding.span.start) <= row <= source.line_at(finding.span.end)
    ]
    return min(
        around,
        key=lambda f: (source.line_at(f.header.start) != row, f.span.end - f.span.start),
        default=None,
    )


async def _progress(server: LooplessServer, params: types.ExecuteCommandParams) -> Progress:
    """How to tell the client about a run: each phase, and the empty phase at its end."""
    token = params.work_done_token
    if token is None and server.session.client.shows_progress:
        token = str(uuid.uuid4())
        await _progress_of(server).create_async(token)
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


def _progress_of(server: LooplessServer) -> Any:
    """Pygls's progress, whose types it leaves open."""
    return server.work_done_progress
