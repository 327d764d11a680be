"""Messages over standard input and output, with both streams kept clear of everything else."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO


@dataclass(frozen=True, slots=True)
class Streams:
    """The protocol's own ends of standard input and output."""

    input: int
    output: BinaryIO

    @staticmethod
    def taken() -> Streams:
        """The streams of this process; from here on what it prints goes to standard error.

        A child process that reads its input, or prints, can then not break the protocol.
        """
        sys.stdout.flush()
        input_end, output_end = os.dup(0), os.dup(1)
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.close(nothing)
        os.dup2(2, 1)
        return Streams(input_end, os.fdopen(output_end, "wb"))


def inbox_of(streams: Streams) -> asyncio.Queue[bytes | None]:
    """The bodies of the messages that come in, then None; read ahead on a thread.

    Reading ahead matters: whoever takes what is there before doing any work sees a change, or a cancellation,
    before it spends time on what came before.
    """
    inbox: asyncio.Queue[bytes | None] = asyncio.Queue()
    loop = asyncio.get_running_loop()

    def read() -> None:
        try:
            for body in _bodies(streams.input):
                loop.call_soon_threadsafe(inbox.put_nowait, body)
            loop.call_soon_threadsafe(inbox.put_nowait, None)
        except RuntimeError:
            return  # the loop is closed: the server stops while the client still writes

    threading.Thread(target=read, name="stdin", daemon=True).start()
    return inbox


def _bodies(descriptor: int) -> Iterator[bytes]:
    """The message bodies in a stream of `Content-Length` headers and bodies."""
    buffer = bytearray()
    while True:
        head = buffer.find(b"\r\n\r\n")
        if head >= 0:
            length = _content_length(bytes(buffer[:head]))
            end = head + 4 + length
            if len(buffer) >= end:
                if length:
                    yield bytes(buffer[head + 4 : end])
                del buffer[:end]
                continue
        try:
            fresh = os.read(descriptor, 1 << 16)
        except OSError:
            return
        if not fresh:
            return
        buffer += fresh


def _content_length(headers: bytes) -> int:
    for line in headers.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-length" and value.strip().isdigit():
            return int(value)
    return 0
