"""`verify` over files: the table, the JSON, the exit codes, and a test written from a finding."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from loopless.verify import Verdict, Verifier
from loopless.verify.pytest_from_finding import pytest_from_finding
from loopless.verify.slicing import NotSliced
from loopless.verify.table import Row, VerifyOptions, exit_code, print_table, run_verify
from tests.verify.pairs import function

PAIR = function(
    "# x\nout = torch.zeros_like(x)\n+++\nfor i in range(len(x)):\n    out[i] = x[i] * 2\n"
    "---\nreturn out",
    "out[:] = x * 2",
)


def row(status: Any, **more: Any) -> Row:
    _, finding, action = PAIR
    verdict = Verdict(status, **more)
    return Row("a.py", 4, finding, action, verdict)


def test_exit_codes() -> None:
    agreed, differed, left = row("agreed"), row("differed"), row("not-run")
    assert exit_code([]) == 0
    assert exit_code([agreed, left]) == 0
    assert exit_code([agreed, differed], problems=True) == 1
    assert exit_code([agreed], problems=True) == 2


def test_the_table() -> None:
    out = io.StringIO()
    rows = [
        row("agreed", loop_s=0.05, tensor_s=1e-4, speedup=500.0, device_name="a CPU"),
        row("differed", reason="out: 1 where the loop gives 2", counterexample="x = 1\ny = 2"),
        row("not-run", reason="no torch"),
    ]
    print_table(rows, out)
    text = out.getvalue()
    assert "✓ agreed" in text
    assert "500.0×" in text
    assert "    x = 1\n    y = 2\n" in text
    assert text.rstrip().endswith("1 agreed, 1 differed, 1 not run on a CPU")


def test_paths_that_are_not_there(tmp_path: Path) -> None:
    out, err = io.StringIO(), io.StringIO()
    assert run_verify([str(tmp_path / "none.py")], VerifyOptions(as_json=True), out, err) == 2
    assert json.loads(out.getvalue()) == []
    assert "no such file" in err.getvalue()


def test_a_folder_without_loops(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x = 1\n")
    out = io.StringIO()
    assert run_verify([str(tmp_path)], VerifyOptions(), out, io.StringIO()) == 0
    assert out.getvalue() == "no rewrites to verify\n"


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
