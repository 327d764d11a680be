"""The most tensor memory that one run of each version holds at a time."""

# pyright: basic
# What user code gives can be anything.

from __future__ import annotations

import weakref
from collections.abc import Mapping
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode

from .program import Program


class _Held(TorchDispatchMode):
    """Counts the bytes of storages that operations make, until they are let go."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0
        self.most = 0
        self._known: dict[int, int] = {}

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """Asked by newer torch, which would else import its compiler for the first operation."""
        return False

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        for value in result if isinstance(result, (list, tuple)) else (result,):
            if isinstance(value, torch.Tensor):
                self._note(value)
        return result

    def _note(self, value: torch.Tensor) -> None:
        storage = value.untyped_storage()
        place, size = storage.data_ptr(), storage.nbytes()
        if not size or place in self._known:
            return
        self._known[place] = size
        self.now += size
        self.most = max(self.most, self.now)
        weakref.finalize(storage, self._let_go, place)

    def _let_go(self, place: int) -> None:
        self.now -= self._known.pop(place, 0)


def peak(program: Program, which: str, live: Mapping[str, Any]) -> int | None:
    """Bytes that one run takes beyond its inputs."""
    if program.device.startswith("cuda"):
        torch.cuda.reset_peak_memory_stats(program.device)
        before = torch.cuda.memory_allocated(program.device)
        program.run(which, live)
        return int(torch.cuda.max_memory_allocated(program.device) - before)
    held = _Held()
    with held:
        program.run(which, live, seconds=30.0)
    return held.most


def peaks(program: Program, make: Any) -> tuple[int | None, int | None]:
    """The peak of the loop and of the new code, each on fresh inputs."""
    try:
        return peak(program, "old", make()), peak(program, "new", make())
    except Exception:
        return None, None
