"""The language server between the session and the client: what is sent without being asked for, and when."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine, Iterable
from pathlib import Path
from typing import Any, BinaryIO, TypeVar, cast

from lsprotocol import types
from lsprotocol.converters import get_converter
from pygls.io_ import StdoutWriter
from pygls.lsp.server import LanguageServer

from loopless import __version__
from loopless.lsp import diagnostics
from loopless.lsp.analyses import ContentModified, View
from loopless.lsp.capabilities import Client
from loopless.lsp.protocol import Protocol
from loopless.lsp.session import Session
from loopless.settings import PlacedProblem
from loopless.settings.files import NAMES

T = TypeVar("T")

_log = logging.getLogger(__name__)

# How long to wait for the editor's settings before looking at the first file without them.
_PATIENCE = 2.0


class LooplessServer(LanguageServer):
    """pygls's server with a session."""

    def __init__(self) -> None:
        super().__init__(  # pyright: ignore[reportUnknownMemberType]
            "loopless",
            __version__,
            notebook_document_sync=types.NotebookDocumentSyncOptions(
                [
                    types.NotebookDocumentFilterWithCells(
                        cells=[types.NotebookCellLanguage(language="python")]
                    )
                ]
            ),
            protocol_cls=Protocol,
            converter_factory=get_converter,
        )
        self.session = Session.new()
        self._tasks: set[asyncio.Task[None]] = set()
        self._published: dict[str, View] = {}
        self._problems: dict[Path, tuple[PlacedProblem, ...]] = {}
        self._configured = asyncio.Event()
        self.exit_code: int | None = None
        self._refreshing = False

    def receive(self, body: bytes) -> None:
        """Take one message."""
        cast("Protocol", self.protocol).receive(body)

    def connect(self, output: BinaryIO) -> None:
        """Write messages to `output`."""
        self.protocol.set_writer(StdoutWriter(output))

    def report_server_error(self, error: Exception, source: object) -> None:
        """Put it into the log: nobody asked for a message box."""
        _log.error("%s", error)

    def stop(self) -> None:
        """End what runs beside the server."""
        self.session.analyses.stop()
        self.session.verification.close()

    # Documents

    def opened(self, uri: str) -> None:
        """Look at a document for the first time."""
        if not self.session.client.registers_watchers:
            self.session.configuration.forget_files()
        self.changed(uri)

    def changed(self, uri: str) -> None:
        """Tell a client that cannot ask for diagnostics what they are now."""
        self._later(self._publish(uri))

    def closed(self, uris: Iterable[str]) -> None:
        """Take back what was said about documents that are closed."""
        for uri in uris:
            self.session.analyses.forget(uri)
            self.session.verification.forget(uri)
            self._published.pop(uri, None)
            if not self.session.client.pulls_diagnostics:
                self._send_diagnostics(uri, [], None)

    def reconfigure(self) -> None:
        """Take new settings into account in everything that is open."""
        self.session.configuration.forget_files()
        for program in self.session.workspace.programs():
            self._later(self._publish(program.uri))
        if self.session.client.pulls_diagnostics and self.session.client.refreshes_diagnostics:
            self._later(self._asked(self.workspace_diagnostic_refresh_async(None)))
        self.refresh_lenses()

    def refresh_lenses(self) -> None:
        """Have the client ask for its lenses again, if it can."""
        if self.session.client.refreshes_lenses and not self._refreshing:
            self._refreshing = True
            self._later(self._refresh_lenses())

    async def _refresh_lenses(self) -> None:
        self._refreshing = False
        await self._asked(self.workspace_code_lens_refresh_async(None))

    async def latest(self, uri: str) -> View | None:
        """The newest view of a program, once the settings are known."""
        await self._settled()
        view = await self.session.analyses.latest(uri)
        self._report_configuration()
        return view

    async def now(self, uri: str) -> View | None:
        """The view of a program as it was when it was asked about."""
        program = self.session.workspace.program(uri)
        await self._settled()
        if self.session.workspace.program(uri) is not program:
            raise ContentModified
        return await self.session.analyses.now(uri)

    def still(self, view: View, answer: T) -> T:
        """The answer, if the program is still the one that it is about; else raises `ContentModified`."""
        if self.session.workspace.program(view.program.uri) is not view.program:
            raise ContentModified
        return answer

    async def _publish(self, uri: str) -> None:
        client = self.session.client
        view = await self.latest(uri)
        if view is None or self._published.get(uri) is view:
            return
        self._published[uri] = view
        if client.pulls_diagnostics:
            return
        for part, items in diagnostics.diagnostics(view, client).items():
            self._send_diagnostics(part, items, view.program.part(part).version)

    def _send_diagnostics(
        self, uri: str, items: list[types.Diagnostic], version: int | None
    ) -> None:
        known = version if self.session.client.takes_versions else None
        self.text_document_publish_diagnostics(
            types.PublishDiagnosticsParams(uri, items, version=known)
        )

    # Settings

    def configure(self, params: types.InitializeParams) -> None:
        """Take what the client says about itself."""
        self.session.client = Client.of(params.capabilities)
        self.session.workspace.encoding = self.session.client.encoding
        folders = params.workspace_folders or (
            [types.WorkspaceFolder(params.root_uri, "")] if params.root_uri else []
        )
        self.session.workspace.change_folders(folders)
        self.session.configuration.initialize(params.initialization_options)

    async def ask_for_settings(self) -> None:
        """Fetch the editor's settings, for everything and for each folder."""
        # Until the answer is there, nobody is told anything by the old settings.
        self._configured.clear()
        if self.session.client.has_configuration:
            places = [None, *self.session.workspace.folders]
            items = [
                types.ConfigurationItem(place.as_uri() if place else None, "loopless")
                for place in places
            ]
            tables: list[object] = []
            try:
                params = types.ConfigurationParams(items)
                tables = list(await self.workspace_configuration_async(params))
            except Exception as error:
                _log.warning("the editor did not answer with its settings: %s", error)
            for place, table in zip(places, tables, strict=False):
                self.session.configuration.set_editor(place, table)
        self._configured.set()

    async def register(self) -> None:
        """Ask to be told of changed settings and configuration files, where the client can."""
        registrations: list[types.Registration] = []
        if self.session.client.registers_configuration:
            method = types.WORKSPACE_DID_CHANGE_CONFIGURATION
            section = types.DidChangeConfigurationRegistrationOptions(section="loopless")
            registrations.append(types.Registration("settings", method, section))
        if self.session.client.registers_watchers:
            method = types.WORKSPACE_DID_CHANGE_WATCHED_FILES
            watchers = [types.FileSystemWatcher(f"**/{name}") for name in NAMES]
            options = types.DidChangeWatchedFilesRegistrationOptions(watchers)
            registrations.append(types.Registration("files", method, options))
        if registrations:
            params = types.RegistrationParams(registrations)
            await self._asked(self.client_register_capability_async(params))

    async def _settled(self) -> None:
        if self._configured.is_set():
            return
        try:
            await asyncio.wait_for(self._configured.wait(), _PATIENCE)
        except asyncio.TimeoutError:
            self._configured.set()

    def _report_configuration(self) -> None:
        """Publish what is wrong in the configuration files, when it is not what was published before."""
        files = {file.path: file for file in self.session.configuration.files()}
        for path in [*files, *self._problems]:
            problems = files[path].problems if path in files else ()
            if self._problems.get(path, ()) == problems:
                continue
            items = (
                diagnostics.of_configuration(files[path], self.session.client.encoding)
                if problems
                else []
            )
            self._send_diagnostics(path.as_uri(), items, None)
            for problem in problems:
                _log.warning("%s: %s", path, problem.message)
            self._problems[path] = problems

    # Tasks

    def _later(self, work: Coroutine[Any, Any, None]) -> None:
        """Do it once every message that has come in is taken."""
        task = asyncio.ensure_future(_logged(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _asked(self, request: Any) -> None:
        try:
            # Shielded: pygls 2.1 breaks on the answer to a request that was cancelled here (pygls#621).
            await asyncio.shield(request)
        except Exception as error:
            _log.info("the client refused a request: %s", error)


async def _logged(work: Coroutine[Any, Any, None]) -> None:
    try:
        await work
    except Exception:
        _log.exception("bug: a task failed")
