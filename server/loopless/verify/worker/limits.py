"""What user code may take and do while it runs: time, memory, and no effects outside the process."""

# pyright: basic
# What user code gives can be anything.

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

MEMORY_EXIT = 86

_FORBIDDEN = {
    "os.fork": "starts a process",
    "os.forkpty": "starts a process",
    "os.posix_spawn": "starts a process",
    "os.spawn": "starts a process",
    "os.exec": "starts a program",
    "os.system": "starts a program",
    "subprocess.Popen": "starts a program",
    "pty.spawn": "starts a program",
    "socket.connect": "opens a connection",
    "socket.bind": "opens a connection",
    "os.remove": "deletes a file",
    "os.rename": "renames a file",
    "os.rmdir": "deletes a folder",
    "os.mkdir": "makes a folder",
    "shutil.rmtree": "deletes a folder",
    "os.truncate": "changes a file",
    "os.kill": "sends a signal",
    "os.killpg": "sends a signal",
    "signal.pthread_kill": "sends a signal",
    "os.chmod": "changes a file",
    "os.putenv": "changes the environment",
    "os.link": "makes a file",
    "os.symlink": "makes a file",
}


class Forbidden(BaseException):
    """User code tried something that verify does not repeat for it."""


class OutOfTime(BaseException):
    """User code ran longer than one run may take."""


class Printed:
    """Takes what user code prints, counts it, and keeps its beginning."""

    encoding = "utf-8"

    def __init__(self) -> None:
        self.count = 0
        self.start = ""

    def write(self, text: str) -> int:
        """Count the text and keep its beginning."""
        self.count += len(text)
        if len(self.start) < 4096:
            self.start += text[:4096]
        return len(text)

    def flush(self) -> None:
        """Nothing is held back."""

    def isatty(self) -> bool:
        """Nobody watches."""
        return False

    def __deepcopy__(self, memo: Any) -> Printed:
        return self


_watching = False
_violations: list[str] = []


def _audit(event: str, arguments: tuple[Any, ...]) -> None:
    if not _watching:
        return
    what = _FORBIDDEN.get(event)
    if event == "open" and len(arguments) > 2:
        mode, flags = arguments[1], arguments[2]
        writes = isinstance(mode, str) and any(c in mode for c in "wax+")
        writes = writes or (isinstance(flags, int) and bool(flags & (os.O_WRONLY | os.O_RDWR)))
        if writes and arguments[0] not in (os.devnull, 0, 1, 2):
            what = f"writes a file ({arguments[0]!r})"
    if what:
        _violations.append(what)
        raise Forbidden(what)


def install() -> None:
    """Put the guard in place; it sleeps until `running` wakes it."""
    sys.addaudithook(_audit)
    if hasattr(signal, "SIGALRM"):
        signal.signal(signal.SIGALRM, _alarm)


def _alarm(number: int, frame: Any) -> None:
    raise OutOfTime()


@contextlib.contextmanager
def running(seconds: float) -> Iterator[Printed]:
    """Run user code inside: guarded, timed, its output caught."""
    global _watching
    printed = Printed()
    out, err = sys.stdout, sys.stderr
    sys.stdout = sys.stderr = printed  # type: ignore[assignment]
    del _violations[:]
    _watching = True
    try:
        if hasattr(signal, "setitimer"):
            signal.setitimer(signal.ITIMER_REAL, max(seconds, 0.001))
        yield printed
    finally:
        if hasattr(signal, "setitimer"):
            signal.setitimer(signal.ITIMER_REAL, 0)
        _watching = False
        sys.stdout, sys.stderr = out, err
    if _violations:
        raise Forbidden(_violations[0])


def watch_memory(limit: int, cuda: bool) -> None:
    """Bound the memory: by the system where possible, and by a thread that looks on."""
    if not limit:
        return
    if not cuda and sys.platform.startswith("linux"):
        import resource

        bound = _virtual() + limit
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        if hard == resource.RLIM_INFINITY or bound < hard:
            resource.setrlimit(resource.RLIMIT_AS, (bound, hard))
    threading.Thread(target=_look_on, args=(limit,), daemon=True).start()


def _look_on(limit: int) -> None:
    start = _resident()
    while True:
        time.sleep(0.05)
        if _resident() - start > limit:
            os._exit(MEMORY_EXIT)


def _virtual() -> int:
    with open("/proc/self/statm") as file:
        return int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")


def _resident() -> int:
    try:
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        pass
    try:
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    except ImportError:
        return 0
