"""The worker's loop: hello, then one request after another, each answered whatever happens."""

from __future__ import annotations

import platform
import sys
import time
from typing import Any

from .protocol import Channel


def serve() -> None:
    """Import torch, say hello, answer requests until the stream ends."""
    sys.dont_write_bytecode = True
    channel = Channel()
    begin = time.perf_counter()
    try:
        import torch
    except BaseException as error:
        reason = f"{sys.executable} cannot import torch: {type(error).__name__}: {error}"
        channel.send({"hello": False, "reason": reason, "python": platform.python_version()})
        return
    from . import devices, limits, verification
    from .traces import Traces

    limits.install()
    channel.send(
        {
            "hello": True,
            "python": platform.python_version(),
            "executable": sys.executable,
            "torch": torch.__version__,
            "devices": devices.available(),
            "import_s": time.perf_counter() - begin,
        }
    )
    channel.silence_errors()
    watched = False
    for request in channel.requests():
        if not watched:
            limits.watch_memory(int(request.get("memory", 0)), torch.cuda.is_available())
            watched = True
        number = request["id"]

        def progress(phase: str, done: int, total: int, number: Any = number) -> None:
            channel.send({"id": number, "phase": phase, "done": done, "total": total})

        traces = Traces()
        result = _answer(verification, request, progress)
        # The next request would start from what the slice left behind: it gets another worker.
        channel.send({"id": number, "result": result, "spent": traces.left()})


def _answer(verification: Any, request: dict[str, Any], progress: Any) -> dict[str, Any]:
    try:
        return verification.verify(request, progress)
    except MemoryError:
        return {"status": "not-run", "reason": "the slice takes more memory than verify allows"}
    except BaseException as error:
        if type(error).__name__ == "Forbidden":
            return {
                "status": "not-run",
                "reason": f"the code {error}, which verify does not do for it",
            }
        if type(error).__name__ == "OutOfTime":
            return {"status": "not-run", "reason": "the slice takes longer than verify allows"}
        return {"status": "not-run", "reason": f"verify failed: {type(error).__name__}: {error}"}
