"""One function for each message that the server answers, a few lines each."""

from __future__ import annotations

import asyncio
from typing import Any

from lsprotocol import types

from loopless.finding import Finding
from loopless.lsp import actions, commands, diagnostics, hover, lenses, offers
from loopless.lsp.analyses import ContentModified
from loopless.lsp.documents import path_of
from loopless.lsp.server import LooplessServer
from loopless.settings.files import NAMES


def build() -> LooplessServer:
    """The server with its handlers, ready to be connected."""
    server = LooplessServer()
    for method, handler in (
        (types.INITIALIZE, _initialize),
        (types.INITIALIZED, _initialized),
        (types.SHUTDOWN, _shutdown),
        (types.TEXT_DOCUMENT_HOVER, _hover),
        (types.WORKSPACE_DID_CHANGE_CONFIGURATION, _settings_changed),
        (types.WORKSPACE_DID_CHANGE_WATCHED_FILES, _files_changed),
        (types.WINDOW_WORK_DONE_PROGRESS_CANCEL, _progress_cancelled),
    ):
        server.feature(method)(handler)
    server.feature(types.TEXT_DOCUMENT_DID_SAVE, types.SaveOptions(include_text=False))(_saved)
    server.feature(types.TEXT_DOCUMENT_CODE_LENS, types.CodeLensOptions())(_lenses)
    server.command(lenses.VERIFY)(_verify)
    server.command(lenses.CANCEL)(_cancel)
    server.command(lenses.EXPLAIN)(_explain)
    server.command(lenses.CLEAR)(_clear)
    server.command(lenses.RULE)(_rule)
    return server


def _initialize(server: LooplessServer, params: types.InitializeParams) -> None:
    server.configure(params)
    client = server.session.client
    kinds = [*offers.KINDS, *([offers.NOTEBOOK_FIX_ALL] if client.has_notebooks else [])]
    options = types.CodeActionOptions(kinds, resolve_provider=client.resolves_edits)
    server.feature(types.TEXT_DOCUMENT_CODE_ACTION, options if client.takes_code_actions else None)(
        _code_actions
    )
    if client.resolves_edits:
        server.feature(types.CODE_ACTION_RESOLVE)(_resolve)
    if client.pulls_diagnostics:
        # A cell's diagnostics may change with another cell.
        options = types.DiagnosticOptions(client.has_notebooks, False, identifier="loopless")
        server.feature(types.TEXT_DOCUMENT_DIAGNOSTIC, options)(_diagnostic)


async def _initialized(server: LooplessServer, params: types.InitializedParams) -> None:
    await server.ask_for_settings()
    await server.register()


async def _shutdown(server: LooplessServer, params: None) -> None:
    await asyncio.to_thread(server.stop)


async def _diagnostic(
    server: LooplessServer, params: types.DocumentDiagnosticParams
) -> types.DocumentDiagnosticReport:
    uri = params.text_document.uri
    view = await server.latest(uri)
    items = diagnostics.diagnostics(view, server.session.client).get(uri, []) if view else []
    name = diagnostics.result_id(items)
    if name == params.previous_result_id:
        return types.RelatedUnchangedDocumentDiagnosticReport(name)
    return types.RelatedFullDocumentDiagnosticReport(items, result_id=name)


async def _code_actions(
    server: LooplessServer, params: types.CodeActionParams
) -> list[types.CodeAction | types.Command]:
    view = await server.now(params.text_document.uri)
    if view is None:
        return []
    client = server.session.client

    def command(finding: Finding) -> types.Command:
        return lenses.verify_command(view, finding, client)

    found = await asyncio.to_thread(actions.code_actions, view, params, client, command)
    return server.still(view, found)


async def _resolve(server: LooplessServer, action: types.CodeAction) -> types.CodeAction:
    data = actions.data_of(action)
    view = await server.now(data.get("uri", ""))
    if view is None or view.program.part(data["uri"]).version != data["version"]:
        raise ContentModified
    found = await asyncio.to_thread(actions.resolved, view, action, server.session.client)
    return server.still(view, found)


async def _hover(server: LooplessServer, params: types.HoverParams) -> types.Hover | None:
    uri, position, client = params.text_document.uri, params.position, server.session.client
    view = await server.now(uri)
    if view is None or not view.scope.settings.hover:
        return None
    verdicts = await server.session.verification.verdicts(view)
    return hover.hover(view, uri, position, client, verdicts)


async def _lenses(server: LooplessServer, params: types.CodeLensParams) -> list[types.CodeLens]:
    uri, session = params.text_document.uri, server.session
    view = await server.latest(uri)
    if view is None or not view.scope.settings.code_lens:
        return []
    verdicts = await session.verification.verdicts(view)
    return lenses.lenses(view, uri, session.client, session.verification, verdicts)


async def _settings_changed(
    server: LooplessServer, params: types.DidChangeConfigurationParams
) -> None:
    if server.session.client.has_configuration:
        await server.ask_for_settings()
    else:
        server.session.configuration.set_editor(None, params.settings)
    server.reconfigure()


def _files_changed(server: LooplessServer, params: types.DidChangeWatchedFilesParams) -> None:
    server.reconfigure()


def _saved(server: LooplessServer, params: types.DidSaveTextDocumentParams) -> None:
    path = path_of(params.text_document.uri)
    if path is not None and (path.name in NAMES or not server.session.client.registers_watchers):
        server.reconfigure()


def _progress_cancelled(server: LooplessServer, params: types.WorkDoneProgressCancelParams) -> None:
    server.session.verification.cancel()


async def _verify(server: LooplessServer, params: types.ExecuteCommandParams) -> dict[str, Any]:
    return await commands.command(server, params)


async def _cancel(server: LooplessServer, params: types.ExecuteCommandParams) -> int:
    arguments = params.arguments or []
    program = server.session.workspace.program(str(arguments[0])) if arguments else None
    return server.session.verification.cancel(program.uri if program else None)


async def _clear(server: LooplessServer, params: types.ExecuteCommandParams) -> None:
    server.session.verification.clear()
    server.refresh_lenses()


async def _explain(server: LooplessServer, params: types.ExecuteCommandParams) -> str:
    return await commands.explain(server, params)


async def _rule(server: LooplessServer, params: types.ExecuteCommandParams) -> str:
    return commands.rule(params)
