"""`python -m tests.fuzz --programs 2000 --seed 0 --jobs 2`: prints statistics and every failure, made small.

`--mutate` takes the cases with a small change or two, instead of programs made from nothing. `--classes
windows,exits` takes programs of these classes, or of `all`. `--show SEED` prints one program with what becomes
of it. `--only plain,empty` tries samples of these sorts only (plain, empty, gradient, special, shape, index,
dtype). `--keep FILE.md` adds each failure as a case.
"""

from __future__ import annotations

import argparse
import multiprocessing
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from tests.fuzz.classes import source
from tests.fuzz.generate import generate
from tests.fuzz.mutate import mutant
from tests.fuzz.run import Failure, Statistics, attempt, fuzz
from tests.fuzz.writer import Program
from tests.harness.rewriting import analyze


def main() -> None:
    """Fuzz, print, and fail when something was wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--programs", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0, help="the first one; the rest follow")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--show", type=int)
    parser.add_argument("--mutate", action="store_true", help="cases with a change or two instead")
    parser.add_argument(
        "--classes", default="", help="programs of these classes instead, or of all"
    )
    parser.add_argument("--keep", type=Path)
    parser.add_argument(
        "--only", default="", help="sorts of samples: plain,empty,gradient,special,…"
    )
    parser.add_argument("--no-shrink", action="store_true")
    parser.add_argument("--stop", type=int, default=20, help="after this many failures")
    options = parser.parse_args()
    if options.show is not None:
        _show(_source(options)(options.show))
        return
    begin = time.monotonic()
    stats = _run(options)
    for failure in stats.failures:
        _tell(failure)
        if options.keep:
            _keep(options.keep, failure)
    _table(stats, time.monotonic() - begin)
    raise SystemExit(bool(stats.failures))


def _source(options: argparse.Namespace) -> Callable[[int], Program]:
    if options.classes:
        return source(options.classes)
    return mutant if options.mutate else generate


def _run(options: argparse.Namespace) -> Statistics:
    seeds = range(options.seed, options.seed + options.programs)
    parts = [seeds[at : at + 50] for at in range(0, len(seeds), 50)]
    sorts = tuple(filter(None, options.only.split(",")))
    work = partial(fuzz, small=not options.no_shrink, source=_source(options), sorts=sorts)
    stats = Statistics()
    if options.jobs < 2:
        for part in parts:
            stats.add(work(part))
            if len(stats.failures) >= options.stop:
                break
        return stats
    with multiprocessing.get_context("fork").Pool(options.jobs) as pool:
        for done in pool.imap(work, parts):
            stats.add(done)
            if len(stats.failures) >= options.stop:
                pool.terminate()
                break
    return stats


def _tell(failure: Failure) -> None:
    print(f"=== seed {failure.seed}: {failure.why}\ninputs: {failure.inputs}\n{failure.before}")
    print(f"--- becomes\n{failure.after}\n")


def _keep(path: Path, failure: Failure) -> None:
    if not path.exists():
        path.write_text("# Found by the fuzzer\n")
    with path.open("a") as file:
        file.write(
            f"\n## Seed {failure.seed}\n{failure.why.splitlines()[0]}\n\n```python before\n{failure.before}```\n"
            f"inputs: {failure.inputs}\npartial\n"
        )


def _table(stats: Statistics, seconds: float) -> None:
    counts = stats.counts
    changed = sum(counts[w] for w in ("equal", "idle", "wrong", "grade"))
    print(
        f"programs {counts['programs']}  rewritten {changed}  left alone {counts['alone']}",
        end="  ",
    )
    print(f"wrong {counts['wrong']}  crash {counts['crash']}  grade {counts['grade']}", end="  ")
    print(f"(rewritten but never ran {counts['idle']})  {seconds:.1f} s", end="  ")
    print(f"engine {1000 * stats.seconds / max(1, counts['programs']):.2f} ms per program")
    print("failures on " + "  ".join(f"{k} {c}" for k, c in stats.kinds.most_common()))
    print("  ".join(f"{code} ×{count}" for code, count in stats.codes.most_common(40)))


def _show(program: Program) -> None:
    word, why, codes, text = attempt(program.text, program.inputs, analyze)
    print(f"inputs: {program.inputs}\n{program.text}--- {word} {why} {codes}\n{text}")


if __name__ == "__main__":
    main()
