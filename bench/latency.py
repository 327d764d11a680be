"""From a key to the analysis, in one warm process: a long made-up file and long files of torch's own.

Each round types one character into the body of some function and analyzes the whole text again.
"""

from __future__ import annotations

import argparse
import random
import re
import statistics
import time

from bench.sources import synthetic, torch_folder
from loopless.pipeline import analyze

REAL = (
    "_inductor/lowering.py",
    "_inductor/scheduler.py",
    "nn/functional.py",
    "nn/modules/module.py",
    "_decomp/decompositions.py",
)


def typed(text: str, rng: random.Random) -> str:
    """The text with one more character somewhere in a function's line."""
    places = [m.end() for m in re.finditer(r"^    +\w+ = \w+", text, re.M)]
    at = rng.choice(places) if places else len(text) // 2
    return text[:at] + rng.choice("abc") + text[at:]


def measure(name: str, text: str, rounds: int, seed: int) -> None:
    """Print the first analysis and the distribution of the later ones."""
    rng = random.Random(seed)
    begin = time.perf_counter()
    analysis = analyze(text)
    cold = time.perf_counter() - begin
    times = []
    for _ in range(rounds):
        text = typed(text, rng)
        begin = time.perf_counter()
        analyze(text)
        times.append(1000 * (time.perf_counter() - begin))
    times.sort()
    p95 = times[min(len(times) - 1, int(0.95 * len(times)))]
    print(
        f"{name:32}{text.count(chr(10)):7} lines {len(analysis.findings):4} findings"
        f"   first {1000 * cold:8.1f} ms   key p50 {statistics.median(times):7.2f} ms"
        f"   p95 {p95:7.2f} ms   worst {times[-1]:7.2f} ms"
    )


def main() -> None:
    """Measure the made-up file and the real ones."""
    parser = argparse.ArgumentParser(prog="bench latency", description=__doc__)
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--lines", type=int, default=7000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    measure("made of cases", synthetic(options.lines), options.rounds, options.seed)
    for name in REAL:
        path = torch_folder() / name
        if path.exists():
            measure(f"torch/{name}", path.read_text(), options.rounds, options.seed)


if __name__ == "__main__":
    main()
