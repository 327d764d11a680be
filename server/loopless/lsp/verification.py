"""Verify runs that the client asked for: which of them go on, and what came of those that ended."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from textwrap import dedent

from loopless.finding import Action, Finding, Span
from loopless.lsp.analyses import View
from loopless.lsp.verified import Verified, VerifiedRegions
from loopless.report import shown_action
from loopless.settings import Settings
from loopless.source.edits import applied
from loopless.verify import (
    Limits,
    Progress,
    Request,
    Store,
    Verdict,
    Verifier,
    find_interpreter,
    not_run,
    prepare,
    text_hash,
)

OnPhase = Callable[[str], None]


@dataclass(slots=True)
class Running:
    """A run that goes on: its task, and what it does at the moment."""

    uri: str
    task: asyncio.Task[Verdict]
    phase: str = "starting"


@dataclass(slots=True)
class Verification:
    """Runs and verdicts by the text of the region, so that they move with it and go stale when it changes."""

    store: Store = field(default_factory=Store)
    _running: dict[tuple[str, str], Running] = field(default_factory=dict[tuple[str, str], Running])
    _verified: VerifiedRegions = field(default_factory=VerifiedRegions)
    _known: dict[str, tuple[View, dict[Span, Verdict]]] = field(
        default_factory=dict[str, "tuple[View, dict[Span, Verdict]]"]
    )
    _verifier: tuple[tuple[object, ...], Verifier] | None = None

    async def verify(self, view: View, finding: Finding, on_phase: OnPhase) -> Verdict:
        """The verdict on the finding's shown action; a run that goes on already is joined.

        A run ends early with `cancel`, or when one of those who wait for it goes away.
        """
        action = shown_action(finding)
        if action is None or not action.edits:
            return not_run("there is no rewrite to compare with")
        if not view.scope.settings.trusted:
            return not_run("the workspace is not trusted, so its code is not run")
        key = _key(view, finding)
        running = self._running.get(key) or self._started(view, finding, action, on_phase)
        try:
            return await asyncio.shield(running.task)
        except asyncio.CancelledError:
            if running.task.cancelled():
                return not_run("canceled")
            running.task.cancel()
            raise

    def cancel(self, uri: str | None = None) -> int:
        """Stop the runs on a program, or all of them; how many there were."""
        stopped = [run for run in self._running.values() if uri is None or run.uri == uri]
        for run in stopped:
            run.task.cancel()
        return len(stopped)

    def phase(self, view: View, finding: Finding) -> str:
        """What the run on a finding does now, or nothing."""
        running = self._running.get(_key(view, finding))
        return running.phase if running else ""

    async def verdicts(self, view: View) -> dict[Span, Verdict]:
        """The verdicts on the findings of a view, by the span of the finding."""
        known = self._known.get(view.program.uri)
        if known is None or known[0] is not view:
            known = (view, await asyncio.to_thread(self._stored, view))
            self._known[view.program.uri] = known
        return known[1]

    def applied(self, view: View) -> Iterator[tuple[Span, Verdict]]:
        """The places where verified code stands in place of its loop, with the verdicts on it."""
        text = view.program.source.text
        for verified in self._verified.of_program(view.program.uri):
            at = text.find(verified.after)
            if at >= 0 and verified.before not in text:
                yield Span(at, at + len(verified.after)), verified.verdict

    def forget(self, uri: str) -> None:
        """Drop what is kept for a program that was closed."""
        self._known.pop(uri, None)

    def clear(self) -> None:
        """Forget every verdict."""
        self._verified.clear()
        self._known.clear()
        self.store.clear()

    def close(self) -> None:
        """End the worker, whatever it does."""
        self.cancel()
        if self._verifier is not None:
            self._verifier[1].close()

    def _started(self, view: View, finding: Finding, action: Action, on_phase: OnPhase) -> Running:
        key = _key(view, finding)

        def report(phase: str) -> None:
            if phase != running.phase:
                running.phase = phase
                on_phase(phase)

        async def run() -> Verdict:
            try:
                verdict = await self._run(view, finding, action, report)
            finally:
                del self._running[key]
            self._verified.put(Verified(*key, region_after(view, finding, action), verdict))
            self._known.pop(view.program.uri, None)
            return verdict

        running = Running(view.program.uri, asyncio.ensure_future(run()))
        self._running[key] = running
        return running

    async def _run(
        self, view: View, finding: Finding, action: Action, on_phase: OnPhase
    ) -> Verdict:
        loop = asyncio.get_running_loop()
        request = await asyncio.to_thread(prepare, view.program.source.text, finding, action)
        if isinstance(request, Verdict):
            return request
        verifier = await self._verifier_for(view)
        if isinstance(verifier, Verdict):
            return verifier

        def tell(progress: Progress) -> None:
            with suppress(RuntimeError):  # the loop is closed: nobody is left to tell
                loop.call_soon_threadsafe(on_phase, _words(progress))

        answer = verifier.submit_request(request, tell)
        try:
            return await asyncio.wrap_future(answer)
        except asyncio.CancelledError:
            # On a thread: it waits for the worker to be gone.
            loop.run_in_executor(None, verifier.cancel, request.key)
            raise

    async def _verifier_for(self, view: View) -> Verifier | Verdict:
        """The verifier for the program's settings; another one only when they ask for another."""
        path, settings = view.program.path, view.scope.settings.verify
        interpreter = find_interpreter(settings.interpreter, path.parent if path else None)
        if interpreter is None:
            return not_run(f"there is no Python at {settings.interpreter!r}")
        wanted = (interpreter.path, settings.device, settings.timeout, settings.memory)
        if self._verifier is not None and self._verifier[0] == wanted:
            return self._verifier[1]
        old, limits = self._verifier, Limits(settings.timeout, settings.memory << 20)
        fresh = Verifier(interpreter.path, settings.device, limits, self.store)
        self._verifier = (wanted, fresh)
        if old is not None:
            await asyncio.to_thread(old[1].close)
        return fresh

    def _stored(self, view: View) -> dict[Span, Verdict]:
        """What the store and this session know of the findings, exactly as they are now."""
        found: dict[Span, Verdict] = {}
        for finding in view.report.findings:
            key = _key(view, finding)
            action = shown_action(finding)
            session = self._verified.get(*key)
            # The region's text alone first: cutting the request out of the program takes far longer.
            if action is None or (session is None and not self.store.of_old_text(_hash(key[1]))):
                continue
            request = prepare(view.program.source.text, finding, action)
            stored = self.store.of_request(request) if isinstance(request, Request) else None
            if session is not None and session.verdict.status == "not-run":
                found[finding.span] = session.verdict
            elif stored is not None:
                found[finding.span] = stored
        return found


def region_after(view: View, finding: Finding, action: Action) -> str:
    """The lines that stand in place of the finding's region once the action is applied."""
    source = view.program.source
    lines = source.lines_span(finding.region)
    inside = [
        edit
        for edit in action.edits
        if lines.start <= edit.span.start and edit.span.end <= lines.end
    ]
    after = applied(source.text, inside)
    return after[lines.start : len(after) - (len(source.text) - lines.end)]


def device_label(settings: Settings) -> str:
    """The device that verify would take, in the word a person uses."""
    device = settings.verify.device
    if device == "auto":
        return "GPU" if _has_gpu() else "CPU"
    return "CPU" if device == "cpu" else "GPU"


def _words(progress: Progress) -> str:
    if progress.total:
        return f"{progress.phase} {progress.done}/{progress.total}"
    return progress.phase


@lru_cache(maxsize=1)
def _has_gpu() -> bool:
    """Whether the machine shows a GPU, as far as can be seen without torch."""
    if sys.platform == "darwin":
        return os.uname().machine == "arm64"
    nodes = ("/dev/nvidiactl", "/dev/kfd", "/dev/dxg")
    return any(Path(node).exists() for node in nodes) or shutil.which("nvidia-smi") is not None


@lru_cache(maxsize=1024)
def _hash(region: str) -> str:
    return text_hash(dedent(region))


def _key(view: View, finding: Finding) -> tuple[str, str]:
    lines = view.program.source.lines_span(finding.region)
    return view.program.uri, view.program.source.text[lines.start : lines.end]
