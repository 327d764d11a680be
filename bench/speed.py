"""The emitted code beside the loop and beside what an expert would write, over the cases.

The sizes are chosen so that the loop takes some hundredths of a second. `expert` is the block of that name.
"""

from __future__ import annotations

import argparse
import copy
import math
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.harness.case import Case, cases
from tests.harness.execute import Late, function_of, within
from tests.harness.inputs import Sample, make, symbols
from tests.harness.rewriting import rewrite

TRIPS = (200_000, 40_000, 6_000, 800)


@dataclass(frozen=True, slots=True)
class Row:
    """Seconds of one case's versions; NaN where there is none."""

    name: str
    loop: float
    new: float
    expert: float


def measure(case: Case, text: str, seconds: float) -> Row | None:
    """Time the three versions on one set of large inputs."""
    before, after = function_of(case.before), function_of(text)
    expert = function_of(case.expert) if case.expert else None
    for trips in TRIPS:
        inputs = make(case.inputs, _large(case, trips))
        try:
            with within(4.0):
                begin = time.perf_counter()
                before(**copy.deepcopy(inputs))
                loop = time.perf_counter() - begin
        except Late:
            continue
        except Exception:
            return None
        if loop < 2.0:
            try:
                return Row(case.name, loop, *_interleaved(after, expert, inputs, seconds))
            except Exception as error:
                print(f"{case.name:64} fails: {type(error).__name__}: {error}")
                return None
    return None


def _large(case: Case, trips: int) -> Sample:
    count = max(1, len(symbols(case.inputs)))
    base = max(4, min(3000, round(trips ** (1 / count))))
    return Sample("large", tuple(max(2, base - 3 * at) for at in range(8)))


def _interleaved(
    new: Callable[..., Any],
    expert: Callable[..., Any] | None,
    inputs: dict[str, Any],
    seconds: float,
) -> tuple[float, float]:
    times: dict[int, list[float]] = {0: [], 1: []}
    end = time.perf_counter() + seconds
    while len(times[0]) < 5 or (time.perf_counter() < end and len(times[0]) < 200):
        for which, function in enumerate((new, expert)):
            if function is not None:
                given = copy.deepcopy(inputs)
                begin = time.perf_counter()
                function(**given)
                times[which].append(time.perf_counter() - begin)
        if time.perf_counter() > end + 3:
            break
    return statistics.median(times[0]), statistics.median(times[1]) if times[1] else math.nan


def main() -> None:
    """Print one row per case, then the means and the slowest."""
    parser = argparse.ArgumentParser(prog="bench speed", description=__doc__)
    parser.add_argument("names", nargs="*", help="parts of names")
    parser.add_argument("--seconds", type=float, default=0.3, help="for each case")
    parser.add_argument("--experts", action="store_true", help="only cases with an expert's form")
    options = parser.parse_args()
    rows = []
    for case in cases():
        named = not options.names or any(n in case.name for n in options.names)
        if not named or (options.experts and not case.expert):
            continue
        done = rewrite(case.before)
        row = measure(case, done.text, options.seconds) if done.applied else None
        if row is not None:
            rows.append(row)
            print(_line(row), flush=True)
    _summary(rows)


def _line(row: Row) -> str:
    beside = "" if math.isnan(row.expert) else f"{row.expert / row.new:8.2f} of the expert's speed"
    gain = row.loop / row.new
    return f"{row.name:64}{1e3 * row.loop:10.1f} ms{1e6 * row.new:12.1f} µs{gain:10.1f}×{beside}"


def _summary(rows: list[Row]) -> None:
    if not rows:
        print("nothing was rewritten")
        return
    print(f"\n{len(rows)} cases: {_mean([r.loop / r.new for r in rows]):.1f}× the loop", end="")
    compared = [r for r in rows if not math.isnan(r.expert)]
    if compared:
        ratios = [r.expert / r.new for r in compared]
        print(f", {_mean(ratios):.2f} of the expert over {len(ratios)} (geometric means)")
        for row in sorted(compared, key=lambda r: r.expert / r.new)[:5]:
            print(f"  slowest beside the expert: {row.name} {row.expert / row.new:.2f}")
    for row in sorted(rows, key=lambda r: r.loop / r.new)[:5]:
        print(f"  least gained: {row.name} {row.loop / row.new:.2f}×")


def _mean(values: list[float]) -> float:
    return math.exp(statistics.fmean(map(math.log, values)))


if __name__ == "__main__":
    main()
