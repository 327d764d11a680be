"""Every case in every spelling, held against the list of today: an improvement must leave it, a regression fails."""

import pytest

from tests.harness.case import Case
from tests.harness.judge import judge
from tests.harness.scoreboard import read_today, units


@pytest.mark.parametrize("case", units(), ids=lambda case: case.name)
def test_case(case: Case) -> None:
    listed, _ = read_today().get(case.name, ("OK", ""))
    report = judge(case)
    assert report.status == listed, (
        f"{case.name} was {listed} and is {report.status}: {report.why}\n{report.text}\n"
        "An improvement? python -m tests.harness.scoreboard --today"
    )


def test_every_listed_case_exists() -> None:
    assert not read_today().keys() - {unit.name for unit in units()}


def test_a_wrong_rewrite_is_listed_only_with_an_explanation() -> None:
    assert not [
        name for name, (status, why) in read_today().items() if status == "WRONG" and not why
    ]


def test_names_are_unique() -> None:
    names = [unit.name for unit in units()]
    assert len(names) == len(set(names))
