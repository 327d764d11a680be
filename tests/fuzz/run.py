"""Generates, rewrites, runs both versions and counts."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial

from tests.fuzz.generate import generate
from tests.fuzz.shrink import shrink
from tests.fuzz.writer import Program
from tests.harness import rewriting
from tests.harness.compare import Verdict, compare_texts
from tests.harness.execute import Late
from tests.harness.inputs import QUICK, Sample, parse_inputs, sort
from tests.harness.judge import PRESUMED
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
    kinds: Counter[str] = field(default_factory=Counter)
    failures: list[Failure] = field(default_factory=list)
    seconds: float = 0.0

    def add(self, other: Statistics) -> None:
        """Take in the counts of another run."""
        self.counts.update(other.counts)
        self.codes.update(other.codes)
        self.kinds.update(other.kinds)
        self.failures += other.failures
        self.seconds += other.seconds


def fuzz(
    seeds: Iterable[int],
    engine: Analyze = rewriting.analyze,
    small: bool = True,
    seconds: float = 30.0,
    source: Callable[[int], Program] = generate,
    sorts: tuple[str, ...] = (),
) -> Statistics:
    """Try the programs of these seeds, on samples of some sorts only where `sorts` names them."""
    stats = Statistics()
    samples = tuple(s for s in QUICK if not sorts or sort(s) in sorts)
    for seed in seeds:
        program = source(seed)
        stats.counts["programs"] += 1
        word, why, codes, text = attempt(program.text, program.inputs, engine, stats, samples)
        stats.counts[word] += 1
        stats.codes.update(codes)
        if word in ("wrong", "crash", "grade"):
            stats.kinds[why.split(" ")[0] if word == "wrong" else word] += 1
            tried = partial(attempt, inputs=program.inputs, engine=engine, samples=samples)
            stats.failures.append(_least(program, word, why, text, tried, small, seconds))
    return stats


def attempt(
    text: str,
    inputs: str,
    engine: Analyze,
    stats: Statistics | None = None,
    samples: tuple[Sample, ...] = QUICK,
) -> tuple[str, str, tuple[str, ...], str]:
    """A word for what became of one program (alone, equal, idle, wrong, grade, crash), why, codes, new text."""
    begin = time.perf_counter()
    try:
        done = rewrite(text, engine=engine)
    except Unsound as problem:
        return "wrong", str(problem), (), ""
    except Exception as error:
        return "crash", f"{type(error).__name__}: {error}", (), ""
    finally:
        if stats is not None:
            stats.seconds += time.perf_counter() - begin
    codes = tuple(f"{code} {action.grade}" for code, action in done.applied)
    if not done.applied:
        return "alone", "", codes, text
    try:
        verdict = compare_texts(text, done.text, parse_inputs(inputs), samples, stop=1)
    except Late as late:
        return "wrong", str(late), codes, done.text
    except Exception as error:
        return "wrong", f"does not load: {type(error).__name__}: {error}", codes, done.text
    return (*_word(verdict, done.exact), codes, done.text)


def _word(verdict: Verdict, exact: bool) -> tuple[str, str]:
    hard = [(s, d) for s, d in verdict.differences if not d.rounding and s.name not in PRESUMED]
    told = [(s, d) for s, d in verdict.differences if s.name not in PRESUMED]
    for sample, difference in hard or (told if exact else ()):
        why = f"{sort(sample)} [{sample.name}] {difference.where}: {difference.what}"
        return ("wrong" if hard else "grade"), why
    return ("equal" if verdict.counted else "idle"), ""


def _alike(got: tuple[str, str, tuple[str, ...], str], word: str, why: str) -> bool:
    """Whether a smaller program fails on the same sort of sample, and by no name that was cut away."""
    unbound = "NameError" in got[1] and "NameError" not in why
    return got[0] == word and got[1].split(" ")[0] == why.split(" ")[0] and not unbound


def _least(
    program: Program,
    word: str,
    why: str,
    text: str,
    tried: Callable[[str], tuple[str, str, tuple[str, ...], str]],
    small: bool,
    seconds: float,
) -> Failure:
    before = program.text
    if small:
        before = shrink(before, lambda t: _alike(tried(t), word, why), seconds)
        _, why, _, text = tried(before)
    return Failure(program.seed, before, program.inputs, text, f"{word}: {why}")
