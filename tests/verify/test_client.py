"""The queue, progress, restarts, timing, and interpreters without torch."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import pytest

from loopless.finding import Action, Input
from loopless.verify import Limits, Progress, Store, Verifier, summary, text_hash
from loopless.verify.doctor import examine
from loopless.verify.interpreter import find_interpreter
from tests.verify.pairs import Pair, function


def doubling(factor: int = 2) -> Pair:
    return function(
        f"# x\nout = torch.zeros_like(x)\n+++\nfor i in range(len(x)):\n    out[i] = x[i] * {factor}",
        f"out[:] = x * {factor}",
    )


def test_the_same_request_twice_is_answered_once(quick_verifier: Verifier) -> None:
    pair = doubling(7)
    first, second = quick_verifier.submit(*pair), quick_verifier.submit(*pair)
    assert first is second
    assert first.result(30).status == "agreed"


def test_several_requests_queue_and_report_progress(quick_verifier: Verifier) -> None:
    phases: list[list[str]] = [[], [], []]

    def listener(number: int) -> Any:
        return lambda progress: phases[number].append(progress.phase)

    pairs = [doubling(20 + k) for k in range(3)]
    futures = [
        quick_verifier.submit(pair.text, pair.finding, pair.action, listener(k))
        for k, pair in enumerate(pairs)
    ]
    assert [f.result(30).status for f in futures] == ["agreed"] * 3
    for heard in phases:
        assert heard[0] == "queued"
        assert heard.index("samples") < heard.index("equality")


def test_advice_without_an_edit_is_not_run(quick_verifier: Verifier) -> None:
    text, finding, action = doubling()
    bare = Action(action.title, (), "display", "E0")
    assert quick_verifier.submit(text, finding, bare).result(1).status == "not-run"


def test_a_warm_worker_answers_a_small_loop_with_figures(timing_verifier: Verifier) -> None:
    seen: list[Progress] = []
    text, finding, action = doubling()
    verdict = timing_verifier.submit(text, finding, action, seen.append).result(30)
    assert verdict.status == "agreed", verdict.reason
    assert verdict.loop_s is not None
    assert verdict.tensor_s is not None
    assert 0.02 < verdict.loop_s < 3
    assert verdict.speedup is not None
    assert verdict.speedup > 5
    assert verdict.speedup_low is not None
    assert verdict.speedup_low <= verdict.speedup
    assert verdict.peak_bytes is not None
    assert verdict.crossover is not None
    assert verdict.device == "cpu"
    assert "CPU" in verdict.device_name
    assert summary(verdict).startswith("✓ ")
    assert "equal to the bit" in summary(verdict)
    assert {p.phase for p in seen} >= {"queued", "samples", "equality", "timing"}


def test_two_equal_versions_show_no_clear_difference(timing_verifier: Verifier) -> None:
    loop = "for i in range(len(x)):\n    x[i] = x[i] * 2"
    verdict = timing_verifier.submit(*function(f"# x\n{loop}", loop)).result(30)
    assert verdict.status == "agreed"
    assert verdict.speedup_low is not None
    assert verdict.speedup_high is not None
    assert verdict.speedup_low < 1.2
    assert verdict.speedup_high > 0.8


def test_a_device_that_is_not_there_is_said(timing_verifier: Verifier) -> None:
    timing_verifier.device = "xpu:7"
    verdict = timing_verifier.submit(*doubling()).result(60)
    timing_verifier.device = "cpu"
    assert verdict.status == "not-run"
    assert "no device 'xpu:7'" in verdict.reason


def test_an_interpreter_without_torch_is_said(tmp_path: Path) -> None:
    import subprocess

    subprocess.run(
        [sys.executable, "-m", "venv", "--without-pip", str(tmp_path / ".venv")], check=True
    )
    found = find_interpreter("", tmp_path, {})
    assert found is not None
    assert found.found == ".venv beside the project"
    with Verifier(found.path) as verifier:
        verdict = verifier.submit(*doubling()).result(30)
    assert verdict.status == "not-run"
    assert "cannot import torch" in verdict.reason
    doctor = examine(found.path)
    assert "cannot import torch" in doctor.problem


def test_no_interpreter_at_all() -> None:
    with Verifier("/nowhere/python") as verifier:
        verdict = verifier.submit(*doubling()).result(10)
    assert "does not start" in verdict.reason
    assert "not found" in examine("/nowhere/python").problem


def test_a_program_that_is_no_python(tmp_path: Path) -> None:
    fake = tmp_path / "python"
    fake.write_text("#!/bin/sh\necho hello\nexit 3\n")
    fake.chmod(0o755)
    with Verifier(str(fake)) as verifier:
        verdict = verifier.submit(*doubling()).result(10)
    assert verdict.status == "not-run"
    assert "exit code 3" in verdict.reason


def test_the_worker_sees_nothing_of_ours(quick_verifier: Verifier) -> None:
    leak = function(
        "# x\nimport sys\n+++\nfor i in range(len(x)):\n"
        "    assert not any('loopless' in p for p in sys.path)\n"
        "    assert 'loopless' not in sys.modules\n    x[i] = 0",
        "x[:] = 0",
    )
    verdict = quick_verifier.submit(*leak).result(30)
    assert verdict.status == "agreed", verdict.reason


def test_closing_answers_what_waits() -> None:
    verifier = Verifier(sys.executable, "cpu", Limits(timing=False))
    futures = [verifier.submit(*doubling(k)) for k in (2, 3, 4)]
    time.sleep(0.05)
    verifier.close()
    assert {f.result(2).status for f in futures} <= {"not-run", "agreed"}
    assert verifier.submit(*doubling(5)).result(1).reason == "verify was shut down"


def test_verdicts_are_stored(tmp_path: Path, quick_verifier: Verifier) -> None:
    from loopless.verify import Request, prepare

    pair = doubling(31)
    request = prepare(*pair)
    assert isinstance(request, Request)
    verdict = quick_verifier.submit(*pair).result(30)
    Store(tmp_path).remember(request, verdict)
    again = Store(tmp_path)
    assert again.of_request(request) == verdict
    assert again.of_new_text(request.new_hash) == verdict
    assert again.of_old_text(text_hash(request.old_text)) == verdict
    assert again.of_new_text(request.old_hash) is None
    again.clear()
    assert Store(tmp_path).of_request(request) is None


@pytest.mark.cuda
def test_on_a_gpu(timing_verifier: Verifier) -> None:
    devices = timing_verifier.warm_up()["devices"]
    if not any(d["kind"] == "CUDA" for d in devices):
        pytest.skip("no CUDA device here")
    inputs = (Input("x", "tensor", (None,)),)
    with Verifier(sys.executable, "cuda") as verifier:
        text, finding, action = doubling()
        verdict = verifier.submit(text, finding, action).result(120)
        assert verdict.status == "agreed", verdict.reason
        assert verdict.device.startswith("cuda")
        assert verdict.device_name == devices[0]["name"]
        hog = function(
            "# x\nout = torch.zeros(len(x))\nfor i in range(len(x)):\n    out[i] = 0\n---\nreturn out",
            "out = torch.zeros(1 << 45, device='cuda')[: len(x)]",
            inputs=inputs,
        )
        assert "memory" in verifier.submit(*hog).result(60).reason


def test_what_the_new_code_refuses_aloud_is_a_reservation(timing_verifier: Verifier) -> None:
    product = function(
        """
        # a, b
        out = torch.zeros(a.shape[0], b.shape[1])
        for i in range(a.shape[0]):
            for j in range(b.shape[1]):
                for k in range(a.shape[1]):
                    out[i, j] += a[i, k] * b[k, j]
        ---
        return out
        """,
        "out = torch.zeros(a.shape[0], b.shape[1])\nout += a @ b[: a.shape[1]]",
        "E1",
    )
    verdict = timing_verifier.submit(*product).result(60)
    assert verdict.status == "agreed", verdict.reason
    assert "not for bool inputs" in verdict.reservations
    assert "not for" in summary(verdict)
    assert not verdict.checks["not for bool inputs"]["passed"]


INT32 = function(
    "# x\ntotal = 0\nfor v in x:\n    total += v\n---\nreturn total", "total = x.sum(0)", "E1"
)


def test_what_is_never_presumed_is_a_reservation(timing_verifier: Verifier) -> None:
    """Nothing says that `x` holds int32, of which torch would make int64 (P5): tried, and said."""
    verdict = timing_verifier.submit(*INT32).result(40)
    assert verdict.status == "agreed", verdict.reason
    assert "not for int32 inputs" in verdict.reservations
    assert "int64" in verdict.checks["not for int32 inputs"]["detail"]


def test_what_is_presumed_is_no_reservation(timing_verifier: Verifier) -> None:
    """Nothing says either that `x` holds float64, and that is presumed possible (P5)."""
    cast = function(
        "# x\nout = torch.zeros_like(x)\nfor i in range(len(x)):\n    out[i] = x[i] * 2\n---\nreturn out",
        "out = (x * 2).float()", "E1",
    )  # fmt: skip
    assert timing_verifier.submit(*cast).result(40).status == "differed"
