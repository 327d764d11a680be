"""The answer of one verification, as JSON and as the line of a code lens."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any, Literal

Status = Literal["agreed", "differed", "not-run"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the rewrite agrees with its loop, on which device, and how much faster it is."""

    status: Status
    reason: str = ""
    device: str = ""
    device_name: str = ""
    samples: dict[str, Any] = field(default_factory=dict[str, Any])
    loop_s: float | None = None
    tensor_s: float | None = None
    speedup: float | None = None
    speedup_low: float | None = None
    speedup_high: float | None = None
    max_abs_error: float | None = None
    max_rel_error: float | None = None
    grade: str = ""
    checks: dict[str, Any] = field(default_factory=dict[str, Any])
    peak_bytes: dict[str, Any] | None = None
    crossover: dict[str, Any] | None = None
    counterexample: str | None = None
    timing_note: str = ""
    timing_samples: dict[str, Any] = field(default_factory=dict[str, Any])
    reservations: list[str] = field(default_factory=list[str])
    stale: bool = False

    def to_json(self) -> dict[str, Any]:
        """The verdict with the keys that other programs rely on."""
        return {f.name: getattr(self, f.name) for f in fields(self)}


def from_json(data: dict[str, Any]) -> Verdict:
    """A verdict out of what the worker or the store says; unknown keys are left out."""
    known = {f.name for f in fields(Verdict)}
    numbers = {
        "loop_s",
        "tensor_s",
        "speedup",
        "speedup_low",
        "speedup_high",
        "max_abs_error",
        "max_rel_error",
    }
    given = {k: v for k, v in data.items() if k in known}
    for key in numbers & set(given):
        given[key] = float(given[key]) if given[key] is not None else None
    if given.get("status") not in ("agreed", "differed", "not-run"):
        given["status"] = "not-run"
    return Verdict(**given)


_NOT_FOR, _INPUTS = "not for ", " inputs"


def not_run(reason: str, **known: Any) -> Verdict:
    """The verdict that says why nothing could be compared."""
    return Verdict("not-run", reason, **known)


def summary(verdict: Verdict) -> str:
    """The verdict in one line: `✓ 212× faster on NVIDIA H200 · 12.3 ms → 58 µs · equal within 3e-7`."""
    if verdict.status == "not-run":
        return f"not run: {verdict.reason}"
    if verdict.status == "differed":
        return f"✗ differs: {verdict.reason}"
    parts = ["✓ " + _speed(verdict), *_durations(verdict), equality(verdict)]
    return " · ".join([*parts, *reserved(verdict)[:2]])


def reserved(verdict: Verdict) -> list[str]:
    """For what the agreement does not hold, in as few words as say it: `not for int32, uint8 inputs`."""
    kinds = [r[len(_NOT_FOR) : -len(_INPUTS)] for r in verdict.reservations if _is_kind(r)]
    others = [r for r in verdict.reservations if not _is_kind(r) and r != "not the same bits"]
    return [*([f"{_NOT_FOR}{', '.join(kinds)}{_INPUTS}"] if kinds else []), *others]


def _is_kind(reservation: str) -> bool:
    return reservation.startswith(_NOT_FOR) and reservation.endswith(_INPUTS)


def equality(verdict: Verdict) -> str:
    """How equal the two are: the same bits, or within the largest relative error."""
    error = verdict.max_rel_error
    if not error:
        return "equal to the bit"
    return f"equal within {error:.0e}".replace("e-0", "e-").replace("e+0", "e+")


def duration(seconds: float) -> str:
    """Seconds with three digits and the unit that fits."""
    for scale, unit in ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs")):
        if seconds >= scale:
            return f"{_digits(seconds / scale)} {unit}"
    return f"{seconds * 1e9:.0f} ns"


def memory(verdict: Verdict) -> str:
    """The memory that each version took at its peak, where that was measured."""
    peak = verdict.peak_bytes or {}
    loop, tensor = peak.get("loop"), peak.get("tensor")
    if not isinstance(loop, int) or not isinstance(tensor, int):
        return ""
    return f"{_size(loop)} → {_size(tensor)}"


def _size(count: int) -> str:
    """Bytes with the unit that fits."""
    for scale, unit in ((30, "GiB"), (20, "MiB"), (10, "KiB")):
        if count >= 1 << scale:
            return f"{_digits(count / (1 << scale))} {unit}"
    return f"{count} bytes"


def _speed(verdict: Verdict) -> str:
    on = verdict.device_name or verdict.device or "CPU"
    if verdict.timing_note == "no clear difference":
        return f"no clear difference in time on {on}"
    return f"{change(verdict) or 'agrees'} on {on}"


def change(verdict: Verdict) -> str:
    """How the time changed: `212× faster`, `3× slower`; nothing where it was not measured or is not clear."""
    if verdict.speedup is None or verdict.loop_s is None:
        return ""
    if verdict.timing_note == "no clear difference":
        return "unclear"
    if verdict.speedup >= 1:
        return f"{_digits(verdict.speedup)}× faster"
    return f"{_digits(1 / verdict.speedup)}× slower"


def _durations(verdict: Verdict) -> list[str]:
    if verdict.loop_s is None or verdict.tensor_s is None:
        return [verdict.timing_note] if verdict.timing_note else []
    return [f"{duration(verdict.loop_s)} → {duration(verdict.tensor_s)}"]


def _digits(number: float) -> str:
    if number >= 100:
        return f"{number:.0f}"
    return f"{number:.1f}".removesuffix(".0") if number >= 10 else f"{number:.2g}"
