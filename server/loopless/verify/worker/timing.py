"""How long both versions take: sizes that tell, interleaved rounds, medians with an interval."""

# pyright: basic
# What user code gives can be anything.

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from .limits import Forbidden, OutOfTime
from .program import Program, copied, explain, out_of_memory
from .search import plain
from .values import Scenario, Variation

LEAST, MOST = 0.05, 2.0


@dataclass
class Timing:
    """Seconds of both versions at the chosen sizes, and where the new one starts to win."""

    loop: float = 0.0
    tensor: float = 0.0
    speedup: float = 0.0
    low: float = 0.0
    high: float = 0.0
    variation: Variation | None = None
    points: list[tuple[dict[str, int], float, float]] = field(default_factory=list)
    note: str = ""

    def crossover(self) -> dict[str, Any] | None:
        """The smallest measured sizes from which the new code stays the faster one."""
        found: dict[str, Any] | None = None
        for sizes, loop, tensor in reversed(self.points):
            if tensor >= loop:
                break
            found = {"sizes": sizes, "loop_s": loop, "tensor_s": tensor}
        return found


def measure(
    program: Program, scenario: Scenario, budget: float, progress: Callable[[int, int], None]
) -> Timing:
    """Grow the sizes until the loop takes long enough, then time both in turns."""
    begin = time.perf_counter()
    timing = Timing()
    naturals = natural_sizes(scenario)
    factor = 1.0
    factors: list[float] = []
    while len(factors) < 12:
        variation = scaled(scenario, factor, naturals)
        if timing.variation is not None and variation.sizes == timing.variation.sizes:
            break
        pair = _pair(program, scenario, variation, timing)
        if pair is None:
            break
        factors.append(factor)
        timing.variation = variation
        timing.points.append((dict(variation.sizes), *pair))
        progress(len(factors), 0)
        spent = time.perf_counter() - begin
        if pair[0] >= LEAST or spent > budget / 2 or not variation.sizes or max(pair) > 0.3:
            break
        factor = _next_factor(factors, [point[1] for point in timing.points])
    if timing.variation is not None:
        _rounds(program, scenario, timing, budget - (time.perf_counter() - begin))
    return timing


def _next_factor(factors: list[float], seconds: list[float]) -> float:
    """How much larger the sizes have to be for the loop to take a little more than the least."""
    power = 1.5
    if len(factors) > 1:
        ratio = max(seconds[-1], 1e-9) / max(seconds[-2], 1e-9)
        seen = math.log(max(ratio, 1.01)) / math.log(factors[-1] / factors[-2])
        power = max(0.8, min(4.0, seen)) if seconds[-1] > LEAST / 10 else 1.5
    wanted = (1.6 * LEAST / max(seconds[-1], 1e-6)) ** (1 / power)
    return factors[-1] * max(1.3, min(wanted, 2.0 if len(factors) == 1 else 4.0))


def natural_sizes(scenario: Scenario) -> dict[str, int]:
    """The sizes that the file shows."""
    merged = dict(scenario.merges)
    found: dict[str, int] = {}
    for _, option in scenario.picks:
        for name, size in option.get("naturals", {}).items():
            found[str(merged.get(name, name))] = size
    return found


def scaled(scenario: Scenario, factor: float, naturals: Mapping[str, int]) -> Variation:
    """The scenario in larger sizes, but never larger than those of the file."""
    base = replace(plain(scenario), label="timing")
    sizes = {c: int(s * factor) for c, s in base.sizes.items()}
    return replace(base, sizes={c: min(s, naturals.get(c, s)) for c, s in sizes.items()})


def once(program: Program, which: str, live: Mapping[str, Any], seconds: float) -> float:
    """One timed run; raises what the run raised."""
    outcome = program.run(which, live, seconds=seconds)
    if outcome.error is not None:
        raise outcome.error
    return outcome.seconds


def _pair(
    program: Program, scenario: Scenario, variation: Variation, timing: Timing
) -> tuple[float, float] | None:
    """One run of each at these sizes, or nothing where they are too large."""
    try:
        live = program.make(scenario, variation)
        mine, warm = copied(live), copied(live)
        loop = once(program, "old", live, 4 * MOST)
        once(program, "new", warm, 4 * MOST)
        return loop, once(program, "new", mine, 4 * MOST)
    except (Exception, Forbidden, OutOfTime) as error:
        if out_of_memory(error):
            timing.note = f"out of memory at {dict(variation.sizes)}"
        elif not timing.points:
            timing.note = explain(error)
        return None


def _rounds(program: Program, scenario: Scenario, timing: Timing, budget: float) -> None:
    assert timing.variation is not None
    live = program.make(scenario, timing.variation)
    _, loop_guess, tensor_guess = timing.points[-1]
    rounds = max(3, min(25, int(budget / max((loop_guess + tensor_guess) * 1.5, 1e-6))))
    repeats = max(1, min(20, int(0.004 / max(tensor_guess, 1e-7))))
    loops: list[float] = []
    tensors: list[float] = []
    begin = time.perf_counter()
    for _ in range(rounds):
        loops.append(once(program, "old", copied(live), 8 * MOST))
        batch = [once(program, "new", copied(live), 8 * MOST) for _ in range(repeats)]
        tensors.append(statistics.median(batch))
        if len(loops) >= 3 and time.perf_counter() - begin > budget:
            break
    timing.loop, timing.tensor = statistics.median(loops), statistics.median(tensors)
    ratios = sorted(a / max(b, 1e-9) for a, b in zip(loops, tensors, strict=False))
    timing.speedup = timing.loop / max(timing.tensor, 1e-9)
    timing.low, timing.high = ratios[0], ratios[-1]
