"""pygls's protocol, with documents of our own, commands that can be cancelled, and an answer to everything."""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, cast

from lsprotocol import types
from pygls.exceptions import JsonRpcException, JsonRpcInternalError, JsonRpcInvalidParams
from pygls.protocol import LanguageServerProtocol

if TYPE_CHECKING:
    from cattrs import Converter
    from pygls.protocol.json_rpc import RPCMessage

    from loopless.lsp.server import LooplessServer

_log = logging.getLogger(__name__)

Command = Callable[[types.ExecuteCommandParams], Awaitable[Any]]


class Protocol(LanguageServerProtocol):
    """Replaces what pygls does with documents, commands and the end."""

    def __init__(self, server: LooplessServer, converter: Converter) -> None:
        super().__init__(server, converter)
        self._loopless = server
        features = cast("dict[str, object]", cast("Any", self.fm).builtin_features)
        for method, handler in (
            (types.EXIT, self._exit),
            (types.TEXT_DOCUMENT_DID_OPEN, self._opened),
            (types.TEXT_DOCUMENT_DID_CHANGE, self._changed),
            (types.TEXT_DOCUMENT_DID_CLOSE, self._closed),
            (types.NOTEBOOK_DOCUMENT_DID_OPEN, self._notebook_opened),
            (types.NOTEBOOK_DOCUMENT_DID_CHANGE, self._notebook_changed),
            (types.NOTEBOOK_DOCUMENT_DID_CLOSE, self._notebook_closed),
            (types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS, self._folders_changed),
            (types.WORKSPACE_EXECUTE_COMMAND, self._execute),
        ):
            features[method] = handler

    def receive(self, body: bytes) -> None:
        """Take one message; whatever is wrong with it, a request is answered and the server goes on."""
        message: dict[str, Any] = {}
        try:
            message = json.loads(body)
            self.handle_message(cast("RPCMessage", self.structure_message(message)))
        except Exception as error:
            _log.error("cannot handle a message: %s", error)
            if "id" in message and "method" in message:
                self._send_response(message["id"], error=_known(error).to_response_error())

    def _exit(self, params: None) -> None:
        self._loopless.exit_code = 0 if self._shutdown else 1

    def _opened(self, params: types.DidOpenTextDocumentParams) -> None:
        self._loopless.session.workspace.open(params.text_document)
        self._loopless.opened(params.text_document.uri)

    def _changed(self, params: types.DidChangeTextDocumentParams) -> None:
        self._loopless.session.workspace.change(params.text_document, params.content_changes)
        self._loopless.changed(params.text_document.uri)

    def _closed(self, params: types.DidCloseTextDocumentParams) -> None:
        self._loopless.session.workspace.close(params.text_document.uri)
        self._loopless.closed([params.text_document.uri])

    def _notebook_opened(self, params: types.DidOpenNotebookDocumentParams) -> None:
        self._loopless.session.workspace.open_notebook(params)
        self._loopless.opened(params.notebook_document.uri)

    def _notebook_changed(self, params: types.DidChangeNotebookDocumentParams) -> None:
        self._loopless.session.workspace.change_notebook(params)
        structure = params.change.cells and params.change.cells.structure
        if structure and structure.did_close:
            self._loopless.closed([cell.uri for cell in structure.did_close])
        self._loopless.changed(params.notebook_document.uri)

    def _notebook_closed(self, params: types.DidCloseNotebookDocumentParams) -> None:
        self._loopless.session.workspace.close_notebook(params)
        cells = [cell.uri for cell in params.cell_text_documents]
        self._loopless.closed([params.notebook_document.uri, *cells])

    def _folders_changed(self, params: types.DidChangeWorkspaceFoldersParams) -> None:
        self._loopless.session.workspace.change_folders(params.event.added, params.event.removed)
        self._loopless.reconfigure()

    # pygls runs a command as a step of a generator, which a cancellation does not reach; a coroutine it cancels.
    async def _execute(self, params: types.ExecuteCommandParams) -> Any:
        commands = cast("dict[str, Command]", cast("Any", self.fm).commands)
        if params.command not in commands:
            raise JsonRpcInvalidParams(f"there is no command {params.command!r}")
        return await commands[params.command](params)


def _known(error: Exception) -> JsonRpcException:
    return error if isinstance(error, JsonRpcException) else JsonRpcInternalError(str(error))
