"""Verdicts on request: one warm worker, a queue, progress, cancellation within a second."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from loopless.finding import Action, Finding
from loopless.verify.process import Died, WorkerProcess
from loopless.verify.request import Request, prepare
from loopless.verify.store import Store
from loopless.verify.verdict import Verdict, from_json, not_run


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a verification is: `queued`, `starting`, `samples`, `equality` or `timing`."""

    phase: str
    done: int = 0
    total: int = 0


@dataclass(frozen=True, slots=True)
class Limits:
    """What one verification may take; memory in bytes beyond what the worker starts with."""

    seconds: float = 60.0
    memory: int = 4 << 30
    start_seconds: float = 120.0
    search_s: float = 1.5
    equality_s: float = 5.0
    timing_s: float = 0.8
    timing: bool = True
    # Whether what limits an agreement ends it: for checks of our own rewrites.
    strict: bool = False


# A worker that nobody asked anything for so long is ended, for its memory.
IDLE_SECONDS = 900.0

OnProgress = Callable[[Progress], None]


@dataclass(slots=True)
class _Job:
    request: Request
    future: Future[Verdict]
    listeners: list[OnProgress]
    cancelled: bool = False


class Verifier:
    """Runs verifications one after another in the user's interpreter; safe to call from any thread."""

    def __init__(
        self,
        interpreter: str,
        device: str = "auto",
        limits: Limits | None = None,
        store: Store | None = None,
    ) -> None:
        self.interpreter = interpreter
        self.device = device
        self._limits = limits or Limits()
        self._store = store
        self._jobs: OrderedDict[str, _Job] = OrderedDict()
        self._wake = threading.Condition()
        self._current: _Job | None = None
        self._worker: WorkerProcess | None = None
        self._thread: threading.Thread | None = None
        self._number = 0
        self._closed = False

    def submit(
        self, text: str, finding: Finding, action: Action, on_progress: OnProgress | None = None
    ) -> Future[Verdict]:
        """The verdict to come on one action; the same request twice is answered once.

        The future never raises: what cannot be run is a verdict that says why.
        """
        request = prepare(text, finding, action)
        if isinstance(request, Verdict):
            return _done(request)
        return self.submit_request(request, on_progress)

    def submit_request(
        self, request: Request, on_progress: OnProgress | None = None
    ) -> Future[Verdict]:
        """The verdict to come on something already prepared."""
        with self._wake:
            if self._closed:
                return _done(not_run("verify was shut down", grade=request.grade))
            job = self._jobs.get(request.key)
            if job is None or job.cancelled:
                job = _Job(request, Future(), [])
                self._jobs[request.key] = job
            if on_progress is not None:
                job.listeners.append(on_progress)
            if self._thread is None:
                self._thread = threading.Thread(target=self._serve, name="verify", daemon=True)
                self._thread.start()
            self._wake.notify()
        _tell(job, Progress("queued"))
        return job.future

    def cancel(self, key: str) -> bool:
        """Give up one request, running or waiting; its future gets a verdict that says so."""
        with self._wake:
            job = self._jobs.get(key)
            if job is None:
                return False
            job.cancelled = True
            self._jobs.pop(key, None)
            if job is self._current and self._worker is not None:
                self._worker.kill()
        _answer(job, not_run("canceled", grade=job.request.grade))
        return True

    def cancel_all(self) -> None:
        """Give up everything that waits or runs."""
        for key in list(self._jobs):
            self.cancel(key)

    def warm_up(self) -> dict[str, Any]:
        """Start the worker if need be; what it says of interpreter, torch and devices."""
        worker = self._started()
        if isinstance(worker, Died):
            return {"hello": False, "reason": worker.reason}
        return worker.hello or {}

    def close(self) -> None:
        """Kill the worker and answer what still waits."""
        with self._wake:
            self._closed = True
            self._wake.notify_all()
        self.cancel_all()
        if self._worker is not None:
            self._worker.kill()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(3.0)

    def __enter__(self) -> Verifier:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _serve(self) -> None:
        while True:
            with self._wake:
                while not self._jobs and not self._closed:
                    if not self._wake.wait(IDLE_SECONDS) and self._worker is not None:
                        self._worker.kill()
                if self._closed:
                    return
                job = next(iter(self._jobs.values()))
                self._current = job
            try:
                verdict = self._run(job)
            except Exception as error:
                verdict = not_run(f"verify failed: {type(error).__name__}: {error}")
            with self._wake:
                self._current = None
                if self._jobs.get(job.request.key) is job:
                    del self._jobs[job.request.key]
            if self._store is not None and not job.cancelled and verdict.status != "not-run":
                self._store.remember(job.request, verdict)
            _answer(job, verdict)
            self._revive()

    def _revive(self) -> None:
        """Start a new worker for the next request at once, where the last one was killed."""
        worker = self._worker
        if (
            worker is None
            or worker.alive()
            or self._closed
            or not (worker.hello or {}).get("hello")
        ):
            return
        worker.kill()
        with suppress(OSError), self._wake:
            if not self._closed:
                self._worker = WorkerProcess(self.interpreter)

    def _started(self) -> WorkerProcess | Died:
        worker = self._worker
        if worker is None or not worker.alive():
            if worker is not None:
                worker.kill()
            try:
                worker = WorkerProcess(self.interpreter)
            except OSError as error:
                return Died(f"{self.interpreter} does not start: {error}")
            self._worker = worker
        hello = worker.greeted(self._limits.start_seconds)
        if isinstance(hello, Died):
            worker.kill()
            return hello
        if not hello.get("hello"):
            worker.kill()
            return Died(str(hello.get("reason", "the interpreter has no torch")))
        return worker

    def _run(self, job: _Job) -> Verdict:
        _tell(job, Progress("starting"))
        worker = self._started()
        if isinstance(worker, Died):
            return not_run(worker.reason, grade=job.request.grade)
        if job.cancelled:
            return not_run("canceled", grade=job.request.grade)
        self._number += 1
        limits = self._limits
        asked = job.request.to_json() | {
            "id": self._number,
            "device": self.device,
            "memory": limits.memory,
            "search_s": limits.search_s,
            "equality_s": limits.equality_s,
            "timing_s": limits.timing_s,
            "timing": limits.timing,
            "strict": limits.strict,
        }
        if not worker.send(asked):
            # It ended after its last answer.
            worker.kill()
            worker = self._started()
            if isinstance(worker, Died) or not worker.send(asked):
                return not_run("the worker is gone; try again", grade=job.request.grade)
        verdict = self._listen(job, worker, time.monotonic() + limits.seconds)
        loose = sorted({name for plan in job.request.plans for name in plan["loose"]})
        if verdict.status == "not-run" and loose:
            hint = f"; it uses {', '.join(loose)}, which verify does not import"
            return replace(verdict, reason=verdict.reason + hint)
        return verdict

    def _listen(self, job: _Job, worker: WorkerProcess, deadline: float) -> Verdict:
        while True:
            message = worker.receive(deadline - time.monotonic())
            if message is None:
                worker.kill()
                reason = f"no end within {self._limits.seconds:.0f} s"
                return not_run(reason, grade=job.request.grade)
            if isinstance(message, Died):
                return not_run(message.reason, grade=job.request.grade)
            if message.get("id") != self._number:
                continue
            if "result" in message:
                if message.get("spent"):
                    worker.kill()
                return from_json({"grade": job.request.grade, **message["result"]})
            _tell(job, Progress(message["phase"], message["done"], message["total"]))


def _tell(job: _Job, progress: Progress) -> None:
    for listener in list(job.listeners):
        with suppress(Exception):
            listener(progress)


def _answer(job: _Job, verdict: Verdict) -> None:
    with suppress(InvalidStateError):
        job.future.set_result(verdict)


def _done(verdict: Verdict) -> Future[Verdict]:
    future: Future[Verdict] = Future()
    future.set_result(verdict)
    return future
