"""A failing input made small and plain enough to paste into a test."""

# pyright: basic
# What user code gives can be anything.

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import torch

from .limits import Forbidden, OutOfTime
from .program import Program
from .values import Scenario, Variation

Fails = Callable[[Variation], bool]


def smallest(variation: Variation, fails: Fails, budget: float) -> Variation:
    """The simplest variation found in the time that still fails."""
    deadline = time.perf_counter() + budget
    improved = True
    while improved and time.perf_counter() < deadline:
        improved = False
        for simpler in _simpler(variation):
            if time.perf_counter() > deadline:
                break
            if _safely(fails, simpler):
                variation, improved = simpler, True
                break
    return variation


def _safely(fails: Fails, variation: Variation) -> bool:
    try:
        return fails(variation)
    except (Exception, Forbidden, OutOfTime):
        return False


def _simpler(variation: Variation) -> Iterator[Variation]:
    for name, value in (
        ("layout", "contiguous"),
        ("index", "plain"),
        ("data", "plain"),
        ("data", "ties"),
        ("mixed", ""),
        ("dtype", ""),
        ("longer", None),
    ):
        now = getattr(variation, name)
        if now != value and not (
            name == "data" and (now == "zeros" or (value == "ties" and now == "plain"))
        ):
            changes: dict[str, Any] = {name: value}
            yield replace(variation, **changes)
    sizes = variation.sizes
    for target in (1, 2, 3):
        if any(s > target for s in sizes.values()):
            yield variation.with_sizes({c: min(s, target) for c, s in sizes.items()})
    for changed, size in sizes.items():
        for target in range(1 if size else 0, min(size, 4)):
            yield variation.with_sizes({**sizes, changed: target})


def written(program: Program, scenario: Scenario, variation: Variation) -> str:
    """Assignments that make the inputs of one variation."""
    live = program.make(scenario, variation)
    lines = [line for name, value in live.items() for line in assignment(name, value)]
    return "\n".join(lines)


def assignment(name: str, value: Any) -> list[str]:
    """Python text that binds the name to the value, as far as text can."""
    if isinstance(value, torch.Tensor):
        return [f"{name} = {expression(value)}"]
    if isinstance(value, (list, tuple)) and any(isinstance(v, torch.Tensor) for v in value):
        inside = ", ".join(expression(v) if isinstance(v, torch.Tensor) else repr(v) for v in value)
        return [f"{name} = [{inside}]" if isinstance(value, list) else f"{name} = ({inside},)"]
    if isinstance(value, (int, float, str, bool, type(None), list, tuple)):
        return [f"{name} = {_number(value)}"]
    if isinstance(value, (torch.dtype, torch.device)):
        return [
            f"{name} = {value!r}" if isinstance(value, torch.dtype) else f"{name} = torch.{value!r}"
        ]
    if (
        hasattr(value, "__dict__")
        and not callable(value)
        and not isinstance(value, torch.nn.Module)
    ):
        fields: Mapping[str, Any] = vars(value)
        lines = [f"{name} = types.SimpleNamespace()"]
        return lines + [line for k, v in fields.items() for line in assignment(f"{name}.{k}", v)]
    if callable(value):
        return [f"{name} = {_function(value)}"]
    return [f"# {name}: {type(value).__name__}"]


def expression(value: torch.Tensor) -> str:
    """The tensor as an expression."""
    if value.numel() > 200:
        return f"torch.randn({', '.join(map(str, value.shape))}).to({value.dtype})"
    if value.numel() == 0:
        return f"torch.empty({tuple(value.shape)}, dtype={value.dtype})"
    text = _number(value.detach().cpu().tolist())
    made = f"torch.tensor({text}, dtype={value.dtype})"
    if not value.is_contiguous() and value.dim() > 1 and value.transpose(0, -1).is_contiguous():
        inner = _number(value.detach().cpu().transpose(0, -1).tolist())
        return f"torch.tensor({inner}, dtype={value.dtype}).transpose(0, -1)"
    if value.dim() and 0 in value.stride() and value.shape[0] > 1:
        row = _number(value[0].detach().cpu().tolist())
        return f"torch.tensor({row}, dtype={value.dtype}).expand({tuple(value.shape)})"
    return made


def _number(value: Any) -> str:
    text = repr(value)
    if "nan" in text or "inf" in text:
        if isinstance(value, list):
            return "[" + ", ".join(_number(v) for v in value) + "]"
        return f'float("{value}")' if isinstance(value, float) else text
    return text


def _function(value: Any) -> str:
    name = getattr(value, "__name__", "")
    if name in ("sigmoid", "relu"):
        return f"torch.{name}"
    return "lambda v: v * 2 + 1" if name == "<lambda>" else f"...  # {name}"
