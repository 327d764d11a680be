"""Run both versions on every variation and say, check by check, whether they agree."""

# pyright: basic
# What user code gives can be anything.

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from .aliasing import shares, told
from .compare import BITS, KIND, Difference, Errors, compare
from .devices import random_state
from .gradients import Graphs, compare_gradients, extra_graph
from .limits import Forbidden, OutOfTime
from .program import Outcome, Program, copied, explain, out_of_memory
from .reference import bound_for
from .search import plain
from .values import Scenario, Variation
from .variations import (
    at_the_files_sizes,
    beyond_presumptions,
    check_waiver,
    fixed,
    variations,
    waiver,
    wider,
)

GRADIENT_DATA = ("plain", "any sign", "ties", "zeros", "signed zeros")
CHECKS = ("values", "dtype", "shape", "in-place effects", "exceptions", "aliasing", "random state")


@dataclass
class Report:
    """How each check went, the first failure, and how close the two came."""

    runs: dict[str, int] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)
    remarks: dict[str, str] = field(default_factory=dict)
    outside: dict[str, str] = field(default_factory=dict)
    failed: tuple[Scenario, Variation, str] | None = None
    errors: Errors = field(default_factory=Errors)
    reservations: dict[str, str] = field(default_factory=dict)
    total: int = 0

    def count(self, check: str) -> None:
        """One more run that speaks for a check."""
        self.runs[check] = self.runs.get(check, 0) + 1


@dataclass(frozen=True)
class Promise:
    """What the rewrite claims, and whether every shortcoming counts."""

    grade: str
    assumptions: Sequence[str] = ()
    strict: bool = False


def examine(
    program: Program,
    scenario: Scenario,
    promise: Promise,
    budget: float,
    progress: Callable[[int, int], None],
) -> Report:
    """All variations in turn, as many as the time allows, until one fails."""
    report = Report()
    begin = time.perf_counter()
    grade = promise.grade
    todo = [(scenario, variation) for variation in variations(scenario)]
    for other in wider(scenario):
        widest = replace(plain(other), check="ranks", label="one more axis")
        todo += [(other, widest), (other, replace(widest, data="ties"))]
    for place, (chosen, variation) in enumerate(todo):
        if time.perf_counter() - begin > budget and report.total:
            break
        differences = difference_on(program, chosen, variation, grade, report)
        if differences is None:
            continue
        report.total += 1
        if differences and _holds_as_written(program, chosen, variation, grade):
            what = "not for other sizes than those of the file"
            report.reservations.setdefault(what, differences[0].told())
            differences = []
        _note(report, chosen, variation, differences, promise)
        if report.failed:
            break
        if place % 8 == 0:
            progress(place, len(todo))
    if not report.failed and not program.grad_off and not fixed(scenario):
        _examine_gradients(program, scenario, report, promise.assumptions)
    return report


def _holds_as_written(
    program: Program, scenario: Scenario, variation: Variation, grade: str
) -> bool:
    """Whether the two agree in the sizes that the file writes out: there are no others, the new code may say them."""
    as_written = at_the_files_sizes(scenario, variation)
    return as_written is not None and difference_on(program, scenario, as_written, grade) == []


def fitting(program: Program, scenario: Scenario, promise: Promise) -> Scenario:
    """The scenario, or one of other ranks where the new code refuses the first aloud."""
    if promise.strict:
        return scenario
    for candidate in (scenario, *wider(scenario), *(w for s in wider(scenario) for w in wider(s))):
        found = difference_on(program, candidate, plain(candidate), promise.grade)
        if found is not None and not any(d.check == "exceptions" for d in found):
            return candidate
    return scenario


def _note(
    report: Report,
    scenario: Scenario,
    variation: Variation,
    differences: list[Difference],
    promise: Promise,
) -> None:
    for check in dict.fromkeys((*CHECKS, variation.check)):
        report.count(check)
    differences = _remarked(report, variation, differences)
    if not differences:
        return
    if assumption := waiver(variation, promise.assumptions):
        report.outside[variation.check] = assumption
        return
    worst = [d for d in differences if not check_waiver(d.check, promise.assumptions)]
    if not worst:
        first = differences[0].check
        report.outside[first] = check_waiver(first, promise.assumptions)
        return
    if not promise.strict:
        worst = [d for d in worst if not _reserved(report, variation, d)]
    for difference in worst:
        report.failures.setdefault(difference.check, difference.told())
        if variation.check not in CHECKS:
            said = f"{variation.label}: {difference.told()}"
            report.failures.setdefault(variation.check, said)
    if worst:
        report.failed = (scenario, variation, worst[0].told())


def _remarked(
    report: Report, variation: Variation, differences: list[Difference]
) -> list[Difference]:
    """The differences without those that are worth a word and no more."""
    if variation.check != "edge shapes" or not differences:
        return differences
    if any(d.check == KIND for d in differences):
        report.remarks["edge shapes"] = "where no iteration runs, " + differences[0].detail
    if sum(size == 0 for size in variation.sizes.values()) > 1:
        # Two sizes of 0 at once: no run that anybody makes.
        report.remarks["edge shapes"] = f"with {variation.label}, {differences[0].detail}"
        return []
    return [d for d in differences if d.check != KIND]


def _reserved(report: Report, variation: Variation, difference: Difference) -> bool:
    """Whether a difference limits the agreement without ending it.

    Inputs beyond the presumptions (P4 and P5 of ARCHITECTURE.md) are tried all the same: what comes of them is said.
    """
    aloud = difference.check == "exceptions" and variation.check in ("dtypes", "ranks")
    if aloud or beyond_presumptions(variation):
        report.reservations.setdefault(
            f"not for {variation.label}", f"{variation.check}: {difference.told()}"
        )
        return True
    if difference.check in (KIND, BITS):
        what = "a tensor where the loop leaves a number"
        name = what if difference.check == KIND else "not the same bits"
        report.reservations.setdefault(name, f"{difference.check}: {difference.told()}")
        return True
    return False


def difference_on(
    program: Program,
    scenario: Scenario,
    variation: Variation,
    grade: str,
    report: Report | None = None,
) -> list[Difference] | None:
    """What differs on one variation; None where the loop itself does not survive it."""
    try:
        live = program.make(scenario, variation)
        pristine = copied(live)
    except (Exception, Forbidden, OutOfTime):
        return None
    try:
        old = program.run("old", live)
    except (Forbidden, OutOfTime):
        return None
    if old.error is not None or _wrote_expanded(variation, old, pristine):
        return None
    state_after_old = random_state(program.device)
    try:
        new = program.run("new", pristine)
    except (Forbidden, OutOfTime) as error:
        return [
            Difference(
                "exceptions", "", f"the new code fails where the loop does not: {explain(error)}"
            )
        ]
    if new.error is not None:
        if out_of_memory(new.error):
            return [Difference("exceptions", "", "the new code runs out of memory")]
        if variation.layout == "expanded" and "single memory location" in str(new.error):
            # It writes back to an expanded input where the loop, on these values, changes nothing of it.
            return None
        detail = f"the new code raises {explain(new.error)} where the loop raises nothing"
        return [Difference("exceptions", "", detail)]
    state_after_new = random_state(program.device)
    found = _compared(program, scenario, variation, grade, old, new, report)
    if state_after_old != state_after_new:
        found.append(
            Difference("random state", "", "the generator does not stand where the loop leaves it")
        )
    if old.wrote() != new.wrote():
        found.append(Difference("printed output", "", "the two versions do not print the same"))
    if not found and (sentence := told(shares(old.values()), shares(new.values()))):
        found.append(Difference("aliasing", "", sentence))
    return found


def _compared(
    program: Program,
    scenario: Scenario,
    variation: Variation,
    grade: str,
    old: Outcome,
    new: Outcome,
    report: Report | None,
) -> list[Difference]:
    if old.way != new.way:
        return [Difference("values", "", f"the loop ends by {old.way}, the new code by {new.way}")]
    errors = report.errors if report is not None else Errors()
    was, now = old.values(), new.values()
    quick = compare(was, now, True, None, Errors())
    if not quick:
        return []
    bound = bound_for(program, scenario, variation, was, now)
    usual = variation.data == "plain" and variation.check != "dtypes"
    measured = errors if usual else Errors()
    found = compare(was, now, False, bound, measured)
    if grade == "E0" and not found:
        return [Difference(BITS, d.where, d.detail) for d in quick]
    return found


def _wrote_expanded(variation: Variation, old: Outcome, pristine: dict[str, Any]) -> bool:
    """Writing into an expanded input writes to all rows at once: not a run to go by."""
    if variation.layout != "expanded":
        return False
    return bool(compare(pristine, old.live, True, None, Errors()))


def _examine_gradients(
    program: Program, scenario: Scenario, report: Report, assumptions: Sequence[str]
) -> None:
    base = plain(scenario)
    graphs: Graphs = {}
    for data in GRADIENT_DATA:
        label = f"gradients, {data}"
        variation = replace(base, data=data, check="gradients", label=label)
        try:
            told_of = compare_gradients(program, scenario, variation, graphs)
        except (Forbidden, OutOfTime):
            continue
        if told_of is None:
            if data == "plain":
                return
            continue
        report.count("gradients")
        if told_of:
            break
    else:
        variation = replace(base, check="gradients", label="gradients")
        told_of = extra_graph(graphs)
    if not told_of:
        return
    if assumption := check_waiver("gradients", assumptions):
        report.outside["gradients"] = assumption
        return
    report.failures["gradients"] = told_of
    report.failed = (scenario, variation, told_of)
