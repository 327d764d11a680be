"""The language server. Protocol types stop here."""

from __future__ import annotations

import asyncio
import logging
import sys


def serve() -> int:
    """Speak the Language Server Protocol over standard input and output until the client is done; the exit code."""
    # Not at the top: importing the protocol's types takes a third of a second, and the streams come first.
    from loopless.lsp.server import LooplessServer, build
    from loopless.lsp.stdio import Streams, inbox_of

    streams = Streams.taken()
    logging.basicConfig(
        stream=sys.stderr, level=logging.WARNING, format="%(levelname)s %(message)s"
    )

    async def run() -> int:
        server: LooplessServer = build()
        server.connect(streams.output)
        inbox = inbox_of(streams)
        while (body := await inbox.get()) is not None:
            server.receive(body)
            if server.exit_code is not None:
                return server.exit_code
        return 1

    return asyncio.run(run())
