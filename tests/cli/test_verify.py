"""`loopless verify`: verdicts as a table or as JSON, and exit codes for CI."""

from __future__ import annotations

import json
import sys

import pytest

from loopless.cli.verdicts import Row, told
from loopless.verify import Verdict
from tests.lsp.loops import TEXT
from tests.verify.pairs import function

HERE = ("--python", sys.executable, "--device", "cpu")
PAIR = function(
    "# x\nout = torch.zeros_like(x)\n+++\nfor i in range(len(x)):\n    out[i] = x[i] * 2\n"
    "---\nreturn out",
    "out[:] = x * 2",
)


@pytest.fixture
def model(tmp_path):
    path = tmp_path / "model.py"
    path.write_text(TEXT)
    return path


def row(status, **more):
    _, finding, action = PAIR
    return Row("a.py", 4, finding, action, Verdict(status, **more))


def test_a_table_for_a_file(run, model):
    ended = run("verify", "model.py", *HERE)
    assert ended.status == 0, ended.out
    assert "model.py:6  elementwise" in ended.out
    assert "✓ agreed" in ended.out
    assert "0 differed, 0 not run" in ended.out


def test_one_line_gives_one_verdict_as_json(run, model):
    ended = run("verify", "model.py:7", "--json", *HERE)
    verdict = json.loads(ended.out)
    assert verdict["status"] == "agreed"
    assert (verdict["line"], verdict["code"]) == (6, "elementwise")
    assert verdict["speedup"] > 0
    assert verdict["checks"]


def test_a_folder_gives_a_list(run, tmp_path, model):
    (tmp_path / "deeper").mkdir()
    (tmp_path / "deeper" / "again.py").write_text(TEXT)
    ended = run("verify", ".", "--json", "--no-timing", *HERE)
    verdicts = json.loads(ended.out)
    assert {v["path"] for v in verdicts} == {"deeper/again.py", "model.py"}
    assert all(v["status"] == "agreed" and v["speedup"] is None for v in verdicts)


def test_a_line_without_a_finding_a_path_or_an_interpreter_that_is_not_there(run, model):
    assert run("verify", "model.py:1").status == 2
    assert run("verify", "nowhere.py").status == 2
    assert run("verify", "model.py", "--python", "/no/such/python").status == 2


def test_without_torch_nothing_is_run_and_that_is_said(run, model, tmp_path):
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\nexec {sys.executable} -S -E "$@"\n')
    python.chmod(0o755)
    ended = run("verify", "model.py", "--python", str(python))
    assert ended.status == 0, ended.out
    assert "not run" in ended.out
    assert "torch" in ended.out
    assert run("verify", "model.py", "--strict", "--python", str(python)).status == 1


def test_a_folder_without_loops(run, tmp_path):
    (tmp_path / "a.py").write_text("x = 1\n")
    assert run("verify", ".").out == "No rewrites to verify.\n"


def test_the_table_says_why_and_how_many():
    text = told(
        [
            row("agreed", loop_s=0.05, tensor_s=1e-4, speedup=500.0, device_name="a CPU"),
            row("differed", reason="out: 1 where the loop gives 2", counterexample="x = 1\ny = 2"),
            row("not-run", reason="no torch"),
        ]
    )
    assert "500× faster" in text
    assert "    x = 1\n    y = 2\n" in text
    assert text.endswith("1 agreed, 1 differed, 1 not run on a CPU.\n")
