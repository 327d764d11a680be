"""What a slice leaves behind in the process: a worker that it changed answers no other request."""

# pyright: basic
# What user code does can be anything.

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Mapping
from typing import Any

import torch

# What everybody's results depend on, by the words for it.
_STATE: Mapping[str, Callable[[], Any]] = {
    "the gradient mode": torch.is_grad_enabled,
    "the default dtype": torch.get_default_dtype,
    "the number of threads": torch.get_num_threads,
    "deterministic algorithms": torch.are_deterministic_algorithms_enabled,
    "the working directory": lambda: os.getcwd(),
    "the environment": lambda: dict(os.environ),
    "the recursion limit": sys.getrecursionlimit,
    "the modules": lambda: id(sys.modules.get("torch")),
    "the alarm": lambda: id(signal.getsignal(getattr(signal, "SIGALRM", signal.SIGINT))),
}
_SHARED = (torch, torch.Tensor, torch.nn.functional, torch.nn.Module)


class Traces:
    """The state of the process as it was before a request."""

    def __init__(self) -> None:
        self._state = {name: _asked(read) for name, read in _STATE.items()}
        self._threads = set(threading.enumerate())
        self._shared = [dict(vars(one)) for one in _SHARED]

    def left(self) -> str:
        """What is not as it was, in words; nothing where all of it is."""
        for name, read in _STATE.items():
            if _asked(read) != self._state[name]:
                return name
        if any(thread.is_alive() for thread in set(threading.enumerate()) - self._threads):
            return "a thread"
        for one, before in zip(_SHARED, self._shared, strict=False):
            now = vars(one)
            # Torch loads some of its parts late: names may be added.
            if any(now.get(name) is not value for name, value in before.items()):
                return "a part of torch"
        return ""


def _asked(read: Callable[[], Any]) -> Any:
    try:
        return read()
    except Exception as error:
        return type(error)
