"""The slice as callable code: inputs made fresh, either version run, everything it left behind."""

# pyright: basic
# What user code gives can be anything.

from __future__ import annotations

import contextlib
import copy
import itertools
import random
import time
import types
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch

from .devices import synchronize
from .limits import Forbidden, OutOfTime, Printed, running
from .values import Maker, Scenario, Variation, assembled

SECONDS = 10.0


class Unreached(Exception):
    """The statements before the region leave before it on this sample."""


@dataclass
class Outcome:
    """What one run left: how it ended, its values, the inputs afterwards, or the exception."""

    way: str = ""
    returned: Any = None
    outputs: dict[str, Any] = field(default_factory=dict)
    live: dict[str, Any] = field(default_factory=dict)
    error: BaseException | None = None
    printed: Printed | None = None
    seconds: float = 0.0

    def wrote(self) -> tuple[int, str]:
        """How much the run printed, and the beginning of it."""
        return (self.printed.count, self.printed.start) if self.printed else (0, "")

    def values(self) -> dict[str, Any]:
        """Everything that the caller could see."""
        seen: dict[str, Any] = {f"{n} (changed in place)": v for n, v in self.live.items()}
        seen.update(self.outputs)
        if self.way == "return":
            seen["the returned value"] = self.returned
        return seen


class Program:
    """Both versions in one namespace."""

    def __init__(self, request: Mapping[str, Any], device: str, everywhere: bool = False) -> None:
        """Take in the slice; `everywhere` makes tensors that name no device on this one, too."""
        self.everywhere = device if everywhere else ""
        self.roots: Sequence[str] = request["roots_order"]
        self.live: Sequence[str] = request["live"]
        self.outputs: Sequence[str] = request["outputs"]
        self.classes: dict[str, str] = dict(request["classes"])
        self.grad_off: bool = request["grad_off"]
        self.allocated = frozenset(request["fresh"])
        # What was newly made is compared as a result, or not at all where nobody reads it afterwards.
        self.fresh = (self.allocated & frozenset(self.outputs)) | frozenset(request["unread"])
        self.device = device
        self._picked = 0
        self.namespace: dict[str, Any] = {
            "__name__": "__loopless__",
            "__pick__": self._pick,
            "__Unreached__": Unreached,
        }
        source = request["program"]
        with running(SECONDS), allocating(self.everywhere):
            exec(compile(source, "<slice>", "exec"), self.namespace)

    def _pick(self, iterable: Any) -> Any:
        """One round of a loop around the region, another one for another seed."""
        items = list(itertools.islice(iter(iterable), 5))
        if not items:
            raise Unreached()
        return items[self._picked % len(items)]

    def make(
        self, scenario: Scenario, variation: Variation, double: bool = False, perturbed: int = 0
    ) -> dict[str, Any]:
        """The region's inputs for one variation."""
        maker = Maker(scenario, variation, self.device, self.namespace, double, perturbed)
        placed = allocating(self.everywhere)
        with precision(double), torch.no_grad(), running(SECONDS), quiet(), placed:
            values = assembled(maker.roots(), self.classes, self.namespace, self.roots)
            self._picked = variation.seed
            torch.manual_seed(variation.seed)
            made = self.namespace["__setup__"](**{n: values[n] for n in self.roots})
        return {n: made[n] for n in self.live}

    def run(
        self,
        which: str,
        live: Mapping[str, Any],
        double: bool = False,
        seconds: float = SECONDS,
        grad: bool = False,
    ) -> Outcome:
        """One run of `old` or `new` on inputs that it may change."""
        outcome = Outcome()
        function = self.namespace[f"__{which}__"]
        mode = torch.no_grad() if self.grad_off or not grad else contextlib.nullcontext()
        torch.manual_seed(1234)
        random.seed(1234)
        with precision(double), mode, quiet(), allocating(self.everywhere):
            try:
                with running(seconds) as printed:
                    outcome.printed = printed
                    synchronize(self.device)
                    begin = time.perf_counter()
                    outcome.way, outcome.returned, kept = function(**live)
                    synchronize(self.device)
                    outcome.seconds = time.perf_counter() - begin
                outcome.outputs = {n: kept[n] for n in self.outputs if n in kept}
            except (Forbidden, OutOfTime):
                raise
            except BaseException as error:
                outcome.error = error
        outcome.live = {n: v for n, v in live.items() if n not in self.fresh}
        return outcome


def copied(live: Mapping[str, Any]) -> dict[str, Any]:
    """A copy that shares nothing with the original but keeps what it shares within itself."""
    modules = {id(v): v for v in live.values() if isinstance(v, types.ModuleType)}
    return copy.deepcopy(dict(live), modules)


def explain(error: BaseException) -> str:
    """The exception in one line."""
    if isinstance(error, Forbidden):
        return f"the code {error}, which verify does not do for it"
    if isinstance(error, OutOfTime):
        return "one run took too long"
    if isinstance(error, MemoryError):
        return "memory ran out"
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0][:200]}" if lines else type(error).__name__


@contextlib.contextmanager
def precision(double: bool) -> Iterator[None]:
    """Make new tensors float64 inside."""
    before = torch.get_default_dtype()
    if double:
        torch.set_default_dtype(torch.float64)
    try:
        yield
    finally:
        torch.set_default_dtype(before)


def allocating(device: str) -> Any:
    """Make tensors on the device where nothing else is said, inside."""
    return torch.device(device) if device else contextlib.nullcontext()


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """No warnings inside."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def out_of_memory(error: BaseException | None) -> bool:
    """Whether the exception says that memory ran out, on any device."""
    if isinstance(error, MemoryError):
        return True
    text = str(error).lower()
    words: list[str] = ["out of memory", "can't allocate memory", "not enough memory", "bad_alloc"]
    return error is not None and any(word in text for word in words)
