"""Verify runs that the client asked for: which of them go on, and what came of those that ended."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from loopless.finding import Action, Finding, Span
from loopless.lsp.analyses import View
from loopless.lsp.hover import shown_action
from loopless.settings import Settings
from loopless.source.edits import applied

Verdict = Mapping[str, Any]
Progress = Callable[[str], None]
Run = Callable[[View, Finding, Action, Progress], Awaitable[Verdict]]


@dataclass(slots=True)
class Running:
    """A run that goes on: its task, and what it does at the moment."""

    uri: str
    task: asyncio.Task[Verdict]
    phase: str = "starting"


@dataclass(frozen=True, slots=True)
class Verified:
    """A verdict with the two texts that it is about, in whole lines."""

    before: str
    after: str
    verdict: Verdict


@dataclass(slots=True)
class Verification:
    """Runs and verdicts by the text of the region, so that they move with it and go stale when it changes."""

    run: Run
    _running: dict[tuple[str, str], Running] = field(default_factory=dict[tuple[str, str], Running])
    _verified: dict[tuple[str, str], Verified] = field(
        default_factory=dict[tuple[str, str], Verified]
    )

    async def verify(self, view: View, finding: Finding, progress: Progress) -> Verdict:
        """The verdict on the finding's shown action; a run that goes on already is joined."""
        action = shown_action(finding)
        if action is None or not action.edits:
            return not_run("there is no rewrite to compare with")
        if not view.scope.settings.trusted:
            return not_run("the workspace is not trusted, so its code is not run")
        key = _key(view, finding)
        running = self._running.get(key)
        if running is None:
            running = self._started(view, finding, action, progress)
        try:
            # Whoever asked may go away; the run ends with `cancel`, or with the request that started it.
            return await running.task
        except asyncio.CancelledError:
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

    def verdict(self, view: View, finding: Finding) -> Verdict | None:
        """The verdict on a finding, while both its texts are what they were."""
        verified = self._verified.get(_key(view, finding))
        action = shown_action(finding)
        if (
            verified is None
            or action is None
            or verified.after != region_after(view, finding, action)
        ):
            return None
        return verified.verdict

    def applied(self, view: View) -> Iterator[tuple[Span, Verdict]]:
        """The places where verified code stands in place of its loop, with the verdicts on it."""
        text = view.program.source.text
        for (uri, _), verified in self._verified.items():
            if uri != view.program.uri or not verified.after.strip():
                continue
            at = text.find(verified.after)
            if at >= 0 and verified.before not in text:
                yield Span(at, at + len(verified.after)), verified.verdict

    def clear(self) -> None:
        """Forget every verdict."""
        self._verified.clear()

    def _started(self, view: View, finding: Finding, action: Action, progress: Progress) -> Running:
        key = _key(view, finding)

        def report(phase: str) -> None:
            running.phase = phase
            progress(phase)

        async def run() -> Verdict:
            try:
                verdict = await self.run(view, finding, action, report)
            finally:
                del self._running[key]
            self._verified[key] = Verified(key[1], region_after(view, finding, action), verdict)
            return verdict

        running = Running(view.program.uri, asyncio.ensure_future(run()))
        self._running[key] = running
        return running


def not_run(reason: str) -> Verdict:
    """The verdict when nothing was run."""
    return {"status": "not-run", "reason": reason}


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


@lru_cache(maxsize=1)
def _has_gpu() -> bool:
    """Whether the machine shows a GPU, as far as can be seen without torch."""
    if sys.platform == "darwin":
        return os.uname().machine == "arm64"
    nodes = ("/dev/nvidiactl", "/dev/kfd", "/dev/dxg")
    return any(Path(node).exists() for node in nodes) or shutil.which("nvidia-smi") is not None


def _key(view: View, finding: Finding) -> tuple[str, str]:
    lines = view.program.source.lines_span(finding.region)
    return view.program.uri, view.program.source.text[lines.start : lines.end]
