"""pygls's protocol, with documents of our own, commands that can be cancelled, and no message boxes."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import TYPE_CHECKING, Any

from lsprotocol import types
from pygls.exceptions import JsonRpcException, JsonRpcInternalError, JsonRpcInvalidParams
from pygls.protocol import LanguageServerProtocol, lsp_method

if TYPE_CHECKING:
    from loopless.lsp.server import LooplessServer

_log = logging.getLogger(__name__)


class Protocol(LanguageServerProtocol):
    """Replaces what pygls does with documents and commands."""

    _server: LooplessServer

    def receive(self, body: bytes) -> None:
        """Take one message; whatever is wrong with it, a request is answered and the server goes on."""
        message: Any = None
        try:
            message = json.loads(body)
            self.handle_message(self.structure_message(message))
        except Exception as error:
            _log.error("cannot handle a message: %s", error)
            if isinstance(message, dict) and "id" in message and "method" in message:
                known = (
                    error
                    if isinstance(error, JsonRpcException)
                    else JsonRpcInternalError(str(error))
                )
                self._send_response(message["id"], error=known.to_response_error())

    @lsp_method(types.EXIT)
    def lsp_exit(self, *args: object) -> None:
        """End the loop that reads messages."""
        self._server.exit_code = 0 if self._shutdown else 1

    @lsp_method(types.TEXT_DOCUMENT_DID_OPEN)
    def lsp_text_document__did_open(self, params: types.DidOpenTextDocumentParams) -> None:
        """Take a document."""
        self._server.session.workspace.open(params.text_document)
        self._server.changed(params.text_document.uri)

    @lsp_method(types.TEXT_DOCUMENT_DID_CHANGE)
    def lsp_text_document__did_change(self, params: types.DidChangeTextDocumentParams) -> None:
        """Apply changes to a document."""
        self._server.session.workspace.change(params.text_document, params.content_changes)
        self._server.changed(params.text_document.uri)

    @lsp_method(types.TEXT_DOCUMENT_DID_CLOSE)
    def lsp_text_document__did_close(self, params: types.DidCloseTextDocumentParams) -> None:
        """Forget a document."""
        self._server.session.workspace.close(params.text_document.uri)
        self._server.closed([params.text_document.uri])

    @lsp_method(types.NOTEBOOK_DOCUMENT_DID_OPEN)
    def lsp_notebook_document__did_open(self, params: types.DidOpenNotebookDocumentParams) -> None:
        """Take a notebook."""
        self._server.session.workspace.open_notebook(params)
        self._server.changed(params.notebook_document.uri)

    @lsp_method(types.NOTEBOOK_DOCUMENT_DID_CHANGE)
    def lsp_notebook_document__did_change(
        self, params: types.DidChangeNotebookDocumentParams
    ) -> None:
        """Apply changes to a notebook."""
        self._server.session.workspace.change_notebook(params)
        structure = params.change.cells and params.change.cells.structure
        if structure and structure.did_close:
            self._server.closed([cell.uri for cell in structure.did_close])
        self._server.changed(params.notebook_document.uri)

    @lsp_method(types.NOTEBOOK_DOCUMENT_DID_CLOSE)
    def lsp_notebook_document__did_close(
        self, params: types.DidCloseNotebookDocumentParams
    ) -> None:
        """Forget a notebook."""
        self._server.session.workspace.close_notebook(params)
        cells = [cell.uri for cell in params.cell_text_documents]
        self._server.closed([params.notebook_document.uri, *cells])

    @lsp_method(types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS)
    def lsp_workspace__did_change_workspace_folders(
        self, params: types.DidChangeWorkspaceFoldersParams
    ) -> None:
        """Take the new folders."""
        self._server.session.workspace.change_folders(params.event.added, params.event.removed)
        self._server.reconfigure()

    # pygls runs a command as a step of a generator, which a cancellation does not reach; a coroutine it cancels.
    @lsp_method(types.WORKSPACE_EXECUTE_COMMAND)
    async def lsp_workspace__execute_command(self, params: types.ExecuteCommandParams) -> Any:
        """Run a command, and stop it when its request is cancelled."""
        command = self.fm.commands.get(params.command)
        if command is None:
            raise JsonRpcInvalidParams(f"there is no command {params.command!r}")
        try:
            return await command(params)
        except asyncio.CancelledError:
            _log.info("%s was cancelled", params.command)
            raise
