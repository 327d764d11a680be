"""One request from slice to verdict: samples, equality, timing."""

# pyright: basic
# What user code gives can be anything.

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch

from .compare import BITS, KIND
from .devices import chosen
from .equality import CHECKS, Promise, Report, difference_on, examine, fitting
from .gradients import compare_gradients
from .limits import Forbidden, OutOfTime
from .memory import peaks
from .program import Program, copied, explain
from .search import NoSample, find, plain
from .shrink import smallest, written
from .timing import Timing, measure
from .values import Scenario, Variation

Progress = Callable[[str, int, int], None]

_ALWAYS = (*CHECKS, "edge shapes", "non-contiguous", "special values", "gradients")
_NOISE = 1.05


def verify(request: Mapping[str, Any], progress: Progress) -> dict[str, Any]:
    """The verdict of one request, as the client stores it."""
    try:
        device = chosen(request.get("device", "auto"))
    except LookupError as error:
        return {"status": "not-run", "reason": str(error)}
    known = {"device": device["device"], "device_name": device["name"], "grade": request["grade"]}
    progress("samples", 0, 0)
    reasons: list[str] = []
    for plan in request["plans"]:
        try:
            program, scenario = _settled(
                plan, device["device"], float(request.get("search_s", 1.5))
            )
        except NoSample as error:
            reasons.append(str(error))
            continue
        return {**known, **_verdict(request, program, scenario, progress)}
    return {**known, "status": "not-run", "reason": reasons[0] if reasons else "nothing to run"}


def _settled(plan: Mapping[str, Any], device: str, budget: float) -> tuple[Program, Scenario]:
    program = _loaded(plan, device, False)
    try:
        return program, find(program, plan["roots"], budget)
    except NoSample as error:
        # The loop keeps its own tensors on the CPU: a program that runs elsewhere would not.
        if device == "cpu" or "device" not in str(error):
            raise
    program = _loaded(plan, device, True)
    return program, find(program, plan["roots"], budget)


def _loaded(plan: Mapping[str, Any], device: str, everywhere: bool) -> Program:
    try:
        return Program(plan, device, everywhere)
    except (Forbidden, OutOfTime) as error:
        raise NoSample(explain(error)) from None
    except ImportError as error:
        raise NoSample(
            f"the slice needs {error.name or 'a module'}, which this interpreter cannot import "
            f"({error}); verify runs nothing of your project outside the slice"
        ) from None
    except Exception as error:
        raise NoSample(f"the code that the slice needs raises {explain(error)}") from None


def _verdict(
    request: Mapping[str, Any], program: Program, scenario: Scenario, progress: Progress
) -> dict[str, Any]:
    grade, assumptions = request["grade"], request.get("assumptions", ())
    promise = Promise(grade, assumptions, bool(request.get("strict")))
    scenario = fitting(program, scenario, promise)
    report = examine(
        program,
        scenario,
        promise,
        float(request.get("equality_s", 5.0)),
        lambda done, total: progress("equality", done, total),
    )
    verdict: dict[str, Any] = {
        "samples": _samples(program, scenario),
        "checks": _checks(report, assumptions, program, scenario),
        "max_abs_error": report.errors.absolute,
        "max_rel_error": report.errors.relative,
    }
    if report.failed is not None:
        scenario, variation, text = report.failed
        small, text = _smaller(program, scenario, variation, grade, text)
        verdict.update(
            status="differed", reason=text, counterexample=_counterexample(program, scenario, small)
        )
        return verdict
    if report.total == 0:
        return {
            **verdict,
            "status": "not-run",
            "reason": "the inputs of the region cannot be copied, so that two runs would not be alike",
        }
    verdict["status"] = "agreed"
    verdict["reservations"] = list(report.reservations)
    if request.get("timing", True):
        progress("timing", 0, 0)
        timing = measure(
            program,
            scenario,
            float(request.get("timing_s", 0.8)),
            lambda done, total: progress("timing", done, total),
        )
        verdict.update(_times(program, scenario, timing))
    return verdict


def _smaller(
    program: Program, scenario: Scenario, variation: Variation, grade: str, text: str
) -> tuple[Variation, str]:
    told: dict[str, str] = {}

    def fails(candidate: Variation) -> bool:
        if variation.check == "gradients":
            sentence = compare_gradients(program, scenario, candidate, {})
        else:
            found = difference_on(program, scenario, candidate, grade)
            found = [d for d in found or [] if d.check not in (KIND, BITS)]
            sentence = found[0].told() if found else ""
        if sentence:
            told.clear()
            told[_key(candidate)] = sentence
        return bool(sentence)

    small = smallest(variation, fails, 0.6)
    return small, told.get(_key(small), text)


def _key(variation: Variation) -> str:
    return repr(variation)


def _counterexample(program: Program, scenario: Scenario, variation: Variation) -> str | None:
    try:
        return written(program, scenario, variation)
    except (Exception, Forbidden, OutOfTime):
        return None


def _checks(
    report: Report, assumptions: Sequence[str], program: Program, scenario: Scenario
) -> dict[str, dict[str, Any]]:
    checks: dict[str, dict[str, Any]] = {}
    for check in dict.fromkeys((*_ALWAYS, *report.runs, *report.failures)):
        runs = report.runs.get(check, 0)
        if check in report.failures:
            checks[check] = {"passed": False, "detail": report.failures[check]}
        elif check in report.outside:
            checks[check] = {
                "passed": True,
                "detail": f"holds only as assumed: {report.outside[check]}",
            }
        elif runs:
            detail = f"{runs} inputs" if runs > 1 else "1 input"
            remark = report.remarks.get(check)
            checks[check] = {"passed": True, "detail": f"{detail}; {remark}" if remark else detail}
        elif check == "gradients" and program.grad_off:
            checks[check] = {"passed": True, "detail": "the region runs without gradients"}
        else:
            checks[check] = {
                "passed": True,
                "detail": "no input of this kind that the loop survives",
            }
    for name, detail in report.reservations.items():
        checks[name] = {"passed": False, "detail": detail}
    for assumption in assumptions:
        agreed = not report.failures
        detail = f"agreed on {report.total} inputs" if agreed else "see the check that failed"
        checks[f"assumes: {assumption}"] = {"passed": agreed, "detail": detail}
    for name, option in scenario.picks:
        if option["kind"] in ("callable", "module"):
            detail = "tried with functions that work element by element: sigmoid, 2 v + 1, relu"
            checks[f"assumes: {name} works element by element"] = {"passed": True, "detail": detail}
    return checks


def _samples(program: Program, scenario: Scenario) -> dict[str, dict[str, Any]]:
    live = program.make(scenario, plain(scenario))
    sources = dict(scenario.picks)
    found: dict[str, dict[str, Any]] = {}
    for name, value in live.items():
        inside = {n: o for n, o in sources.items() if n.startswith(name + ".")}
        if inside:
            for dotted in inside:
                part = getattr(value, dotted.split(".", 1)[1], None)
                found[dotted] = _described(part, inside[dotted].get("source", ""))
            continue
        source = sources.get(name, {}).get("source", "statements before the region")
        found[name] = _described(value, source)
    return found


def _described(value: Any, source: str) -> dict[str, Any]:
    if isinstance(value, torch.Tensor):
        return {"shape": list(value.shape), "dtype": str(value.dtype), "from": source}
    if isinstance(value, (list, tuple)) and value and isinstance(value[0], torch.Tensor):
        return {
            "shape": [len(value), *value[0].shape],
            "dtype": f"list of {value[0].dtype}",
            "from": source,
        }
    shown = repr(value)[:40] if isinstance(value, (int, float, str, bool, type(None))) else ""
    return {"shape": None, "dtype": type(value).__name__, "from": source, "value": shown}


def _times(program: Program, scenario: Scenario, timing: Timing) -> dict[str, Any]:
    if timing.variation is None or not timing.loop:
        return {"timing_note": timing.note or "the loop was not timed"}
    variation = timing.variation
    made = program.make(scenario, variation)
    loop_peak, tensor_peak = (
        peaks(program, lambda: copied(made)) if timing.loop < 0.3 else (None, None)
    )
    clear = timing.low > _NOISE or timing.high < 1 / _NOISE
    return {
        "loop_s": timing.loop,
        "tensor_s": timing.tensor,
        "speedup": timing.speedup,
        "speedup_low": timing.low,
        "speedup_high": timing.high,
        "timing_note": timing.note or ("" if clear else "no clear difference"),
        "timing_sizes": dict(variation.sizes),
        "timing_samples": {
            n: list(v.shape) for n, v in made.items() if isinstance(v, torch.Tensor)
        },
        "peak_bytes": {"loop": loop_peak, "tensor": tensor_peak},
        "crossover": timing.crossover(),
    }
