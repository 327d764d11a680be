"""How long both versions take: sizes that tell, interleaved rounds, medians with an interval."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass, field, replace
from typing import Any, Callable, Dict, List, Mapping, Optional, Tuple

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
    variation: Optional[Variation] = None
    points: List[Tuple[Dict[str, int], float, float]] = field(default_factory=list)
    note: str = ""

    def crossover(self) -> Optional[Dict[str, Any]]:
        """The smallest measured sizes from which the new code stays the faster one."""
        found: Optional[Dict[str, Any]] = None
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
    for variation in growing(scenario):
        pair = _pair(program, scenario, variation, timing)
        if pair is None:
            break
        timing.variation = variation
        timing.points.append((dict(variation.sizes), *pair))
        progress(len(timing.points), 0)
        spent = time.perf_counter() - begin
        if pair[0] >= LEAST or spent > budget / 2 or not variation.sizes:
            break
    if timing.variation is not None:
        _rounds(program, scenario, timing, budget - (time.perf_counter() - begin))
    return timing


def growing(scenario: Scenario) -> List[Variation]:
    """The scenario in larger and larger sizes, those of the file where it shows any."""
    base = replace(plain(scenario), label="timing")
    naturals: Dict[str, int] = {}
    merged = dict(scenario.merges)
    for _, option in scenario.picks:
        for name, size in option.get("naturals", {}).items():
            naturals[merged.get(name, name)] = size
    found = [base]
    for factor in (3, 8, 20, 50, 120, 300, 800, 2000, 6000, 20000):
        sizes = {c: s * factor for c, s in base.sizes.items()}
        capped = {c: min(s, naturals.get(c, s)) for c, s in sizes.items()}
        if capped == found[-1].sizes:
            break
        found.append(replace(base, sizes=capped))
    return found


def once(program: Program, which: str, live: Mapping[str, Any], seconds: float) -> float:
    """One timed run; raises what the run raised."""
    outcome = program.run(which, live, seconds=seconds)
    if outcome.error is not None:
        raise outcome.error
    return outcome.seconds


def _pair(
    program: Program, scenario: Scenario, variation: Variation, timing: Timing
) -> Optional[Tuple[float, float]]:
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
    rounds = max(3, min(9, int(budget / max(loop_guess * 1.5, 1e-6))))
    repeats = max(1, min(20, int(0.004 / max(tensor_guess, 1e-7))))
    loops: List[float] = []
    tensors: List[float] = []
    begin = time.perf_counter()
    for _ in range(rounds):
        loops.append(once(program, "old", copied(live), 8 * MOST))
        batch = [once(program, "new", copied(live), 8 * MOST) for _ in range(repeats)]
        tensors.append(statistics.median(batch))
        if len(loops) >= 3 and time.perf_counter() - begin > budget:
            break
    timing.loop, timing.tensor = statistics.median(loops), statistics.median(tensors)
    ratios = sorted(a / max(b, 1e-9) for a, b in zip(loops, tensors))
    timing.speedup = timing.loop / max(timing.tensor, 1e-9)
    timing.low, timing.high = ratios[0], ratios[-1]
