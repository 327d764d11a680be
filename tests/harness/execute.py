"""Runs one version of a loop on one set of inputs and keeps everything that a caller could see."""

from __future__ import annotations

import contextlib
import io
import re
import signal
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import torch

torch.set_num_threads(1)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run left behind. `tensors` are those of the inputs, then those of the result."""

    error: BaseException | None
    result: Any
    inputs: dict[str, Any]
    printed: str
    random_state: bytes
    leaves: tuple[torch.Tensor, ...] = ()


class Late(Exception):
    """A run that did not end in time."""


@contextlib.contextmanager
def within(seconds: float) -> Iterator[None]:
    """Raise `Late` in the body when it takes longer. Main thread only."""

    def ring(*_: object) -> None:
        raise Late(f"no end within {seconds} s")

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def function_of(text: str, name: str = "loop") -> Callable[..., Any]:
    """The function `loop` of a module's text; a script's `result` becomes the value of a call."""
    code = compile(text, "<case>", "exec")

    def script(**_: Any) -> Any:
        torch.manual_seed(0)
        space = {"__name__": "script"}
        exec(code, space)
        return space["result"]

    if not re.search(rf"^def {name}\(", text, re.M):
        return script
    space: dict[str, Any] = {"__name__": "case"}
    exec(code, space)
    return space[name]


def in_double(text: str) -> str:
    """The text with every float type spelled as float64: the oracle's version of the loop."""
    text = re.sub(r"torch\.(float16|half|bfloat16|float32|float)\b(?!64)", "torch.float64", text)
    return re.sub(r"\.(float|half|bfloat16)\(\)", ".double()", text)


def run(function: Callable[..., Any], inputs: dict[str, Any], seconds: float = 10.0) -> Outcome:
    """Call the function; inputs that need gradients are handed over as non-leaves, so stores are allowed."""
    leaves: list[torch.Tensor] = []
    given = {name: _opened(value, leaves) for name, value in inputs.items()}
    torch.manual_seed(0)
    printed = io.StringIO()
    result, error = None, None
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(printed), within(seconds):
            warnings.simplefilter("ignore")
            result = function(**given)
    except Late:
        raise
    except Exception as problem:
        error = problem
    state = torch.get_rng_state().numpy().tobytes()
    return Outcome(error, result, given, printed.getvalue(), state, tuple(leaves))


def _opened(value: Any, leaves: list[torch.Tensor]) -> Any:
    if isinstance(value, torch.Tensor) and value.requires_grad:
        leaves.append(value)
        return value.view_as(value).clone(memory_format=torch.preserve_format)
    if isinstance(value, list):
        return [_opened(item, leaves) for item in value]
    return value


@contextlib.contextmanager
def default_double() -> Iterator[None]:
    """Tensors made in the body are float64 unless they say otherwise."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        yield
    finally:
        torch.set_default_dtype(before)


def widened(value: Any) -> Any:
    """A value with its floats in double precision."""
    if isinstance(value, torch.Tensor):
        if value.is_floating_point():
            return value.detach().double()
        return value.to(torch.complex128) if value.is_complex() else value
    if isinstance(value, list):
        return [widened(item) for item in value]
    return value


def shaken(value: Any, unit: float, generator: torch.Generator) -> Any:
    """A double-precision value with each entry off by up to `unit`, relatively."""
    if isinstance(value, torch.Tensor) and value.is_floating_point():
        noise = torch.rand(value.shape, generator=generator, dtype=value.dtype) * 2 - 1
        return value * (1 + unit * noise)
    if isinstance(value, list):
        return [shaken(item, unit, generator) for item in value]
    return value
