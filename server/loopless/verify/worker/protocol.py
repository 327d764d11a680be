"""One JSON object a line, on copies of the first descriptors that user code cannot reach by name."""

# pyright: basic
# What user code gives can be anything.

from __future__ import annotations

import json
import math
import os
import sys
from collections.abc import Iterator
from typing import Any, TextIO


class Channel:
    """The protected stream to the client; standard input and output lead nowhere afterwards."""

    def __init__(self) -> None:
        self._input: TextIO = os.fdopen(os.dup(0), "r", encoding="utf-8", newline="\n")
        self._output: TextIO = os.fdopen(os.dup(1), "w", encoding="utf-8", newline="\n")
        null = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1):
            os.dup2(null, descriptor)
        os.close(null)
        sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
        sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115

    def silence_errors(self) -> None:
        """Send standard error nowhere too, once the start is over."""
        null = os.open(os.devnull, os.O_RDWR)
        os.dup2(null, 2)
        os.close(null)

    def requests(self) -> Iterator[dict[str, Any]]:
        """Each request in turn, until the client closes the stream."""
        for line in self._input:
            yield json.loads(line)

    def send(self, message: dict[str, Any]) -> None:
        """Answer with one line of strict JSON."""
        self._output.write(json.dumps(_strict(message)) + "\n")
        self._output.flush()


def _strict(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return repr(value)
    if isinstance(value, dict):
        return {str(k): _strict(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_strict(v) for v in value]
    return value
