"""A test written from a finding; and the rewrites of the examples."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from loopless.verify import Verifier
from loopless.verify.pytest_from_finding import pytest_from_finding
from loopless.verify.slicing import NotSliced
from tests.verify.pairs import function

PAIR = function(
    "# x\nout = torch.zeros_like(x)\n+++\nfor i in range(len(x)):\n    out[i] = x[i] * 2\n"
    "---\nreturn out",
    "out[:] = x * 2",
)


@pytest.mark.parametrize(("new", "passes"), [("out[:] = x * 2", True), ("out[:] = x * 3", False)])
def test_the_test_from_a_finding_says_whether_they_agree(new: str, passes: bool) -> None:
    text, finding, action = PAIR
    edits = tuple(replace(edit, text=new) for edit in action.edits)
    written = pytest_from_finding(text, finding, replace(action, edits=edits))
    assert isinstance(written, str)
    module: dict[str, Any] = {}
    exec(compile(written, "test_written.py", "exec"), module)
    if passes:
        module["test_pair"]()
    else:
        with pytest.raises(AssertionError):
            module["test_pair"]()


def test_no_test_from_what_cannot_be_sliced() -> None:
    made = pytest_from_finding(*function("# x\nfor r in x:\n    yield r", "yield from x"))
    assert isinstance(made, NotSliced)


@pytest.mark.parametrize("folder", ["examples"])
def test_every_rewrite_of_the_examples_agrees(folder: str, rough_verifier: Verifier) -> None:
    from loopless.pipeline import analyze

    bad: list[str] = []
    for path in sorted((Path(__file__).parents[2] / folder).glob("*.py")):
        text = path.read_text(encoding="utf-8")
        for finding in analyze(text).findings:
            for action in finding.actions[:1]:
                if not action.edits:
                    continue
                verdict = rough_verifier.submit(text, finding, action).result(60)
                if verdict.status != "agreed":
                    line = text.count("\n", 0, finding.header.start) + 1
                    bad.append(f"{path.name}:{line}: {verdict.status}: {verdict.reason}")
    assert not bad, "\n".join(bad)
