"""The other commands: explain, rule, doctor; and how quickly the program starts."""

from __future__ import annotations

import pytest

from loopless import __version__
from loopless.catalog import PATTERNS
from tests.lsp.loops import RECURRENCE, TEXT


@pytest.fixture
def model(tmp_path):
    path = tmp_path / "model.py"
    path.write_text(TEXT)
    return path


def test_version_and_help(run):
    assert run("--version").out == f"loopless {__version__}\n"
    assert "check" in run("--help").out
    assert run().status == 2


def test_explain_says_the_same_on_every_run(run, model):
    first = run("explain", "model.py:6")
    assert first.status == 0
    assert "line 6: elementwise" in first.out
    assert run("explain", "model.py:7").out == first.out


def test_explain_gives_the_reasons_for_a_refusal(run, tmp_path):
    (tmp_path / "model.py").write_text(RECURRENCE)
    assert "left as it is" in run("explain", "model.py:5").out


def test_explain_shows_what_each_stage_made_of_the_loop(run, tmp_path):
    (tmp_path / "model.py").write_text(
        "import torch\n\n\ndef f(x, mask):\n    rows, columns = x.shape\n    total = torch.zeros(rows)\n"
        "    for i in range(rows):\n        for j in range(columns):\n            if mask[i, j]:\n"
        "                total[i] += x[i, j] * 2\n    return total\n"
    )
    said = run("explain", "model.py:7").out
    assert "  nest:\n    i in 0:x.shape[0]\n    j in 0:x.shape[1]\n" in said
    assert "    total: tensor, rank 1 (x.shape[0]), float32, new\n" in said
    assert "  plan:\n    total{i} += Σ{j}" in said


def test_explain_names_the_dependence_that_stands_in_the_way(run, tmp_path):
    (tmp_path / "model.py").write_text(RECURRENCE)
    said = run("explain", "model.py:5").out
    assert "  dependences:\n    iteration 1 of `i` may read `x` as iteration 0 left it\n" in said
    assert "  plan:\n    for i, in order:\n" in said


def test_explain_of_what_is_not_there(run, model):
    assert "no loop" in run("explain", "model.py:1").out
    assert run("explain", "model.py").status == 2
    assert run("explain", "nowhere.py:1").status == 2


def test_explain_says_what_is_wrong_with_a_place(run, model, tmp_path):
    lines = len(TEXT.splitlines())
    wanted = {
        "model.py:99": f"error: there is no line 99: model.py has {lines}\n",
        "model.py:0": f"error: there is no line 0: model.py has {lines}\n",
        "model.py:six": "error: say which line: model.py:LINE\n",
        "nowhere.py:1": "error: cannot read nowhere.py: No such file or directory\n",
        ".:1": "error: cannot read .: not a file\n",
    }
    for place, said in wanted.items():
        ended = run("explain", place)
        assert (ended.status, ended.out, ended.errors) == (2, "", said)


def test_rule_prints_the_page_of_a_pattern(run):
    listed = run("rule")
    assert listed.status == 0
    for pattern in PATTERNS[:3]:
        assert pattern.slug in listed.out
        assert run("rule", pattern.slug).out.strip() == pattern.doc.strip()
    assert run("rule", "no-such-pattern").status == 2


def test_doctor_describes_the_installation(run):
    ended = run("doctor")
    assert ended.status == 0, ended.out
    assert "torch" in ended.out
    for word in ("loopless", "python", "pygls", "libcst", "configuration", "verify"):
        assert word in ended.out


def test_doctor_examines_the_interpreter_that_is_named(run):
    ended = run("doctor", "--python", "/no/such/python")
    assert ended.status == 1
    assert "NO " in ended.out
