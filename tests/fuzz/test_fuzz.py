"""A fixed share of the fuzzer's programs, and the fuzzer itself against an engine that errs."""

import ast
from collections.abc import Sequence
from typing import Any

import pytest

from loopless.finding import Action, Analysis, Edit, Finding, Span
from tests.fuzz.classes import CLASSES, source
from tests.fuzz.generate import generate
from tests.fuzz.known import PROGRAMS, TWINS
from tests.fuzz.mutate import mutant
from tests.fuzz.run import Failure, attempt, fuzz
from tests.harness.execute import function_of, run
from tests.harness.inputs import PLAN, make, parse_inputs

SHARE = 30
PARTS = 10


@pytest.mark.parametrize("part", range(PARTS))
def test_no_program_comes_out_wrong(part: int) -> None:
    stats = fuzz(range(part * SHARE, (part + 1) * SHARE), seconds=5.0)
    _nothing_new(stats.failures, PROGRAMS)


@pytest.mark.parametrize("part", range(PARTS))
def test_no_near_twin_comes_out_wrong(part: int) -> None:
    stats = fuzz(range(part * SHARE, (part + 1) * SHARE), seconds=5.0, source=mutant)
    _nothing_new(stats.failures, TWINS)


def _nothing_new(failures: Sequence[Failure], known: dict[int, str]) -> None:
    new = [f for f in failures if f.seed not in known]
    assert not new, "\n\n".join(f"{f.seed} {f.why}\n{f.before}\n{f.after}" for f in new)


def test_the_same_seed_gives_the_same_program() -> None:
    assert generate(11) == generate(11)
    assert generate(11) != generate(12)
    assert mutant(11) == mutant(11)


def test_most_programs_run() -> None:
    ran = 0
    for seed in range(100):
        program = generate(seed)
        specs = parse_inputs(program.inputs)
        ran += run(function_of(program.text), make(specs, PLAN[0])).error is None
    assert ran > 50


def careless(text: str) -> Analysis:
    """An engine that takes the first plain store of a loop over rows for elementwise, whatever else there is."""
    for node in ast.walk(ast.parse(text)):
        if (
            isinstance(node, ast.For)
            and isinstance(node.body[0], ast.Assign)
            and len(node.body) == 1
        ):
            store = node.body[0]
            if isinstance(store.targets[0], ast.Subscript):
                target = ast.unparse(store.targets[0].value)
                start, end = _span(text, node)
                action = Action("x", (Edit(Span(start, end), f"{target}[:] = 0"),), "safe", "E0")
                return Analysis(
                    (
                        Finding(
                            "x",
                            "x",
                            Span(start, end),
                            Span(start, end),
                            Span(start, end),
                            (action,),
                        ),
                    )
                )
    return Analysis()


def _span(text: str, node: Any) -> tuple[int, int]:
    starts = [0]
    for line in text.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    return starts[node.lineno - 1] + node.col_offset, starts[
        node.end_lineno - 1
    ] + node.end_col_offset


def test_a_careless_engine_is_caught_and_its_victim_made_small() -> None:
    stats = fuzz(range(150), careless, seconds=3.0)
    assert stats.counts["wrong"] >= 3
    least = min(stats.failures, key=lambda f: len(f.before))
    assert attempt(least.before, least.inputs, careless)[0] == "wrong"
    assert len(least.before) < len(generate(least.seed).text)


@pytest.mark.parametrize("name", CLASSES)
def test_most_programs_of_a_class_run(name: str) -> None:
    ran = 0
    for seed in range(40):
        program = source(name)(seed)
        assert program == source(name)(seed)
        specs = parse_inputs(program.inputs)
        ran += run(function_of(program.text), make(specs, PLAN[0])).error is None
    assert ran > 8
