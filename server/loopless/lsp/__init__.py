"""The language server. Protocol types stop here."""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
import sys
from contextlib import suppress


def serve() -> int:
    """Speak the Language Server Protocol over standard input and output until the client is done; the exit code."""
    # Not at the top: importing the protocol's types takes a third of a second, and the streams come first.
    from loopless.lsp.handlers import build
    from loopless.lsp.stdio import Streams, inbox_of

    # Syntax trees are many small objects without cycles: looking for cycles this often doubles the time of a keystroke.
    gc.freeze()
    gc.set_threshold(50_000, 50, 1_000)
    streams = Streams.taken()
    logging.basicConfig(
        stream=sys.stderr, level=logging.WARNING, format="%(levelname)s %(message)s"
    )

    async def run() -> int:
        server = build()
        server.connect(streams.output)
        inbox = inbox_of(streams)
        _end_on_signals(inbox)
        try:
            while (body := await inbox.get()) is not None:
                server.receive(body)
                if server.exit_code is not None:
                    return server.exit_code
            return 1
        finally:
            server.stop()

    return asyncio.run(run())


def _end_on_signals(inbox: asyncio.Queue[bytes | None]) -> None:
    """End as if the input had ended, so that no worker is left behind."""
    loop = asyncio.get_running_loop()
    for name in ("SIGTERM", "SIGINT"):
        with suppress(NotImplementedError):  # on Windows, where the loop takes no signals
            loop.add_signal_handler(getattr(signal, name), inbox.put_nowait, None)
