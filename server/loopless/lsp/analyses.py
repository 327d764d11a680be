"""Reports on programs: each made once, on one thread beside the event loop, and never given out when stale."""

from __future__ import annotations

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from loopless.lsp.configuration import Configuration, Scope
from loopless.lsp.documents import Program
from loopless.lsp.workspace import Workspace
from loopless.report import Report, report

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class View:
    """A program with its settings and what there is to say about it."""

    program: Program
    scope: Scope
    report: Report


class ContentModified(JsonRpcException):
    """The document changed while an answer about a place in it was being made."""

    CODE = types.LSPErrorCodes.ContentModified
    MESSAGE = "the document changed"


@dataclass(slots=True)
class Analyses:
    """The views of the open programs."""

    workspace: Workspace
    configuration: Configuration
    _views: dict[str, View] = field(default_factory=dict[str, View])
    _wanted: dict[str, Program] = field(default_factory=dict[str, Program])
    # One thread: two analyses at once would only take turns with the interpreter.
    _thread: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(1, thread_name_prefix="analysis")
    )

    async def latest(self, uri: str) -> View | None:
        """The view of the program as it is when the answer is ready; for requests about the whole of it."""
        while (program := self.workspace.program(uri)) is not None:
            view = await self._view(program)
            if view is not None:
                return view
        return None

    async def now(self, uri: str) -> View | None:
        """The view of the program as it is at the call; for requests that name a place in it.

        Raises `ContentModified` when it changes meanwhile.
        """
        program = self.workspace.program(uri)
        if program is None:
            return None
        view = await self._view(program)
        if view is None:
            raise ContentModified
        return view

    def forget(self, uri: str) -> None:
        """Drop the view of a program that was closed."""
        self._views.pop(uri, None)
        self._wanted.pop(uri, None)

    def stop(self) -> None:
        """Start no more analyses."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def _view(self, program: Program) -> View | None:
        """The view of a program, or None if the program or its settings are not current any more."""
        scope = self.configuration.scope(program)
        view = self._views.get(program.uri)
        if not _is_of(view, program, scope):
            self._wanted[program.uri] = program
            loop = asyncio.get_running_loop()
            view = await loop.run_in_executor(self._thread, self._made, program, scope)
        is_current = self.workspace.program(program.uri) is program
        return view if is_current and self.configuration.scope(program) == scope else None

    def _made(self, program: Program, scope: Scope) -> View | None:
        """The view, made on the thread; None if somebody wants a newer one by now."""
        known = self._views.get(program.uri)
        if _is_of(known, program, scope):
            return known  # two requests asked for it, and the other came first
        if self._wanted.get(program.uri) is not program:
            return None
        try:
            found = report(program.source.text, scope.settings, scope.path)
        except Exception:
            # The engine promises not to raise; if it does all the same, a user sees silence and the log a trace.
            _log.exception("bug: the analysis of %s failed", program.uri)
            found = Report()
        self._views[program.uri] = View(program, scope, found)
        return self._views[program.uri]


def _is_of(view: View | None, program: Program, scope: Scope) -> bool:
    return view is not None and view.program is program and view.scope == scope
