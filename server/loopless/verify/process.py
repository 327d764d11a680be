"""The worker as a process of its own: started on demand, spoken to in lines, killed for sure."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

WORKER = Path(__file__).parent / "worker"
MEMORY_EXIT = 86

_SIGNALS = {
    "SIGSEGV": "the slice crashed the interpreter (segmentation fault)",
    "SIGABRT": "the slice crashed the interpreter (abort)",
    "SIGBUS": "the slice crashed the interpreter (bus error)",
    "SIGFPE": "the slice crashed the interpreter (arithmetic error)",
    "SIGKILL": "the system killed the worker, most likely because memory ran out",
}


@dataclass(frozen=True, slots=True)
class Died:
    """How a worker ended while something was asked of it."""

    reason: str


class WorkerProcess:
    """One running worker. Not thread-safe but for `kill`."""

    def __init__(self, python: str) -> None:
        self._folder = tempfile.mkdtemp(prefix="loopless-verify-")
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the process
        environment = {k: v for k, v in os.environ.items() if k != "PYTHONSTARTUP"}
        environment |= {
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONIOENCODING": "utf-8",
            "PYTHONUNBUFFERED": "1",
        }
        options: dict[str, Any] = {}
        if sys.platform == "win32":
            options["creationflags"] = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)
        else:
            options["start_new_session"] = True
        try:
            self._process = subprocess.Popen(
                [python, str(WORKER)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._errors,
                cwd=self._folder,
                env=environment,
                **options,
            )
        except OSError:
            self._errors.close()
            os.rmdir(self._folder)
            raise
        self._messages: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        threading.Thread(target=self._receive, daemon=True).start()
        self.hello: dict[str, Any] | None = None
        self._killed = False

    @property
    def pid(self) -> int:
        """The process id, which is also its group's."""
        return self._process.pid

    def greeted(self, timeout: float) -> dict[str, Any] | Died:
        """What the worker says of itself once torch is imported."""
        if self.hello is None:
            message = self.receive(timeout)
            if message is None:
                self.kill()
                return Died(f"the worker did not start within {timeout:.0f} s")
            if isinstance(message, Died):
                return Died(f"{message.reason}{self._last_words()}")
            if "hello" not in message:
                self.kill()
                return Died("the interpreter is not one that verify can talk to")
            self.hello = message
        return self.hello

    def send(self, message: Mapping[str, Any]) -> bool:
        """Ask something; whether the worker was there to be asked."""
        stream = self._process.stdin
        assert stream is not None
        try:
            stream.write(json.dumps(message).encode() + b"\n")
            stream.flush()
        except (OSError, ValueError):
            return False
        return True

    def receive(self, timeout: float) -> dict[str, Any] | Died | None:
        """The next message; None if none came in time."""
        try:
            message = self._messages.get(timeout=max(timeout, 0.0))
        except queue.Empty:
            return None
        if message is None:
            self._messages.put(None)
            return Died(self._cause())
        return message

    def kill(self) -> None:
        """End the worker and every process of its group at once."""
        self._killed = True
        with contextlib.suppress(OSError):
            if sys.platform == "win32":
                subprocess.run(
                    ["taskkill", "/F", "/T", "/PID", str(self.pid)],
                    capture_output=True,
                    check=False,
                )
            else:
                os.killpg(self.pid, signal.SIGKILL)
        with contextlib.suppress(OSError, subprocess.TimeoutExpired):
            self._process.kill()
            self._process.wait(1.0)
        for stream in (self._process.stdin, self._errors):
            with contextlib.suppress(OSError):
                if stream is not None:
                    stream.close()
        with contextlib.suppress(OSError):
            os.rmdir(self._folder)

    def alive(self) -> bool:
        """Whether the process can still be asked something."""
        return not self._killed and self._process.poll() is None

    def _receive(self) -> None:
        stream = self._process.stdout
        assert stream is not None
        with contextlib.suppress(OSError, ValueError), stream:
            for line in stream:
                with contextlib.suppress(ValueError):
                    message = json.loads(line)
                    if isinstance(message, dict):
                        self._messages.put(message)  # pyright: ignore[reportUnknownArgumentType]
        self._messages.put(None)

    def _cause(self) -> str:
        try:
            code = self._process.wait(2.0)
        except subprocess.TimeoutExpired:
            return "the worker closed its stream"
        if code == MEMORY_EXIT:
            return "the slice takes more memory than verify allows"
        if code < 0:
            name = signal.Signals(-code).name
            return _SIGNALS.get(name, f"the worker was ended by {name}")
        return f"the slice ended the interpreter (exit code {code})"

    def _last_words(self) -> str:
        with contextlib.suppress(OSError, ValueError):
            self._errors.seek(0)
            lines = self._errors.read()[-2000:].decode(errors="replace").strip().splitlines()
            return f": {lines[-1]}" if lines else ""
        return ""
