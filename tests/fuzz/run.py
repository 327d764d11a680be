"""Generates, rewrites, runs both versions and counts."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from tests.fuzz.generate import Program, generate
from tests.fuzz.shrink import shrink
from tests.harness import rewriting
from tests.harness.compare import Verdict, compare_texts
from tests.harness.execute import Late
from tests.harness.inputs import QUICK, parse_inputs
from tests.harness.rewriting import Analyze, Unsound, rewrite


@dataclass(frozen=True, slots=True)
class Failure:
    """A program that a safe rewrite broke, at its smallest, with what came out of it."""

    seed: int
    before: str
    inputs: str
    after: str
    why: str


@dataclass(slots=True)
class Statistics:
    """What a run of the fuzzer saw."""

    counts: Counter[str] = field(default_factory=Counter)
    codes: Counter[str] = field(default_factory=Counter)
    failures: list[Failure] = field(default_factory=list)
    seconds: float = 0.0

    def add(self, other: Statistics) -> None:
        """Take in the counts of another run."""
        self.counts.update(other.counts)
        self.codes.update(other.codes)
        self.failures += other.failures
        self.seconds += other.seconds


def fuzz(
    seeds: Iterable[int],
    engine: Analyze = rewriting.analyze,
    small: bool = True,
    seconds: float = 30.0,
    source: Callable[[int], Program] = generate,
) -> Statistics:
    """Try the programs of these seeds."""
    stats = Statistics()
    for seed in seeds:
        program = source(seed)
        stats.counts["programs"] += 1
        word, why, codes, text = attempt(program.text, program.inputs, engine, stats)
        stats.counts[word] += 1
        stats.codes.update(codes)
        if word in ("wrong", "crash", "grade"):
            stats.failures.append(_least(program, word, why, text, engine, small, seconds))
    return stats


def attempt(
    text: str, inputs: str, engine: Analyze, stats: Statistics | None = None
) -> tuple[str, str, tuple[str, ...], str]:
    """A word for what became of one program (alone, equal, idle, wrong, grade, crash), why, codes, new text."""
    begin = time.perf_counter()
    try:
        done = rewrite(text, engine=engine)
    except Unsound as problem:
        return "wrong", str(problem), (), ""
    except Exception as error:  # noqa: BLE001
        return "crash", f"{type(error).__name__}: {error}", (), ""
    finally:
        if stats is not None:
            stats.seconds += time.perf_counter() - begin
    codes = tuple(f"{code} {action.grade}" for code, action in done.applied)
    if not done.applied:
        return "alone", "", codes, text
    try:
        verdict = compare_texts(text, done.text, parse_inputs(inputs), QUICK, stop=1)
    except Late as late:
        return "wrong", str(late), codes, done.text
    except Exception as error:  # noqa: BLE001
        return "wrong", f"does not load: {type(error).__name__}: {error}", codes, done.text
    return (*_word(verdict, done.exact), codes, done.text)


def _word(verdict: Verdict, exact: bool) -> tuple[str, str]:
    hard = [(s, d) for s, d in verdict.differences if not d.rounding]
    for sample, difference in hard or (verdict.differences if exact else ()):
        why = f"[{sample.name}] {difference.where}: {difference.what}"
        return ("wrong" if hard else "grade"), why
    return ("equal" if verdict.counted else "idle"), ""


def _least(
    program: Program, word: str, why: str, text: str, engine: Analyze, small: bool, seconds: float
) -> Failure:
    before = program.text
    if small:
        before = shrink(before, lambda t: attempt(t, program.inputs, engine)[0] == word, seconds)
        _, why, _, text = attempt(before, program.inputs, engine)
    return Failure(program.seed, before, program.inputs, text, f"{word}: {why}")
