"""The verdict's keys and its one line."""

from __future__ import annotations

import pytest

from loopless.verify import Verdict, duration, summary
from loopless.verify.verdict import from_json

CONTRACT = (
    "status device device_name samples loop_s tensor_s speedup speedup_low speedup_high "
    "max_abs_error max_rel_error grade checks peak_bytes crossover counterexample reason"
).split()

GOOD = Verdict(
    "agreed",
    device="cuda:0",
    device_name="NVIDIA H200",
    loop_s=0.0123,
    tensor_s=58e-6,
    speedup=212.07,
    speedup_low=200.0,
    speedup_high=220.0,
    max_rel_error=3e-7,
)


def test_json_has_the_keys_of_the_contract() -> None:
    assert set(CONTRACT) <= set(GOOD.to_json())
    assert from_json(GOOD.to_json()) == GOOD
    assert from_json({"status": "odd", "more": 1, "speedup": "inf"}).status == "not-run"


@pytest.mark.parametrize(
    ("verdict", "line"),
    [
        (GOOD, "✓ 212× faster on NVIDIA H200 · 12.3 ms → 58 µs · equal within 3e-7"),
        (Verdict("differed", "out: 1 where the loop gives 2"),
         "✗ differs: out: 1 where the loop gives 2"),
        (Verdict("not-run", "no torch"), "not run: no torch"),
        (Verdict("agreed", device="cpu"), "✓ agrees on cpu · equal to the bit"),
        (Verdict("agreed", device="cpu", loop_s=1.0, tensor_s=2.0, speedup=0.5),
         "✓ 2× slower on cpu · 1 s → 2 s · equal to the bit"),
        (Verdict("agreed", device="cpu", loop_s=1.0, tensor_s=1.0, speedup=1.0,
                 timing_note="no clear difference"),
         "✓ no clear difference in time on cpu · 1 s → 1 s · equal to the bit"),
        (Verdict("agreed", device="cpu", reservations=["not for int32 inputs", "odd", "not for uint8 inputs"]),
         "✓ agrees on cpu · equal to the bit · not for int32, uint8 inputs · odd"),
    ],
)  # fmt: skip
def test_the_line_of_a_lens(verdict: Verdict, line: str) -> None:
    assert summary(verdict) == line


def test_durations_have_the_unit_that_fits() -> None:
    assert [duration(s) for s in (12.0, 0.0123, 58e-6, 3e-9)] == [
        "12 s", "12.3 ms", "58 µs", "3 ns"
    ]  # fmt: skip
