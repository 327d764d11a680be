"""The cases themselves: each loop runs on most of what its inputs say, and an expert's form agrees with it."""

import pytest

from tests.harness.case import Case, cases
from tests.harness.execute import function_of, run
from tests.harness.inputs import PLAN, QUICK, make
from tests.harness.judge import within_rounding
from tests.harness.scoreboard import units

CORE = tuple(s for s in QUICK if s.core)
NOMINAL = tuple(
    s
    for s in CORE
    if s.layout == "dense" and s.dtype == "float32" and not s.grad and min(s.sizes) > 1
)


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
def test_the_loop_runs(case: Case) -> None:
    function = function_of(case.before)
    problems = [(s.name, run(function, make(case.inputs, s)).error) for s in CORE]
    raised = [(name, repr(error)) for name, error in problems if error is not None]
    assert "primes" not in dict(raised), dict(raised)["primes"]


@pytest.mark.parametrize("case", [c for c in cases() if c.expert], ids=lambda case: case.name)
def test_the_expert_agrees(case: Case) -> None:
    assert within_rounding(case.before, case.expert or "", case.inputs, NOMINAL) == []


def test_spellings_run() -> None:
    broken = []
    for unit in units():
        if unit.spelling:
            outcome = run(function_of(unit.before), make(unit.inputs, PLAN[0]))
            if outcome.error is not None:
                broken.append((unit.name, repr(outcome.error)))
    assert not broken, broken[:5]


def test_there_are_enough() -> None:
    assert len(cases()) >= 100
