"""What became of one case: the word that `tests/today.txt` and the scoreboard use."""

from __future__ import annotations

import io
import tokenize
from dataclasses import dataclass
from typing import Literal

from tests.harness import rewriting
from tests.harness.case import Case
from tests.harness.compare import Verdict, alike, compare_texts
from tests.harness.execute import Late, function_of, run
from tests.harness.inputs import PLAN, QUICK, Sample, Spec, make, sort
from tests.harness.rewriting import Analyze, Rewritten, Unsound, loops, rewrite

WIDTH = 100
Status = Literal["OK", "MISSED", "PART", "WRONG", "GRADE", "ODD", "EXOTIC"]


@dataclass(frozen=True, slots=True)
class Report:
    """A case's status, why it is not OK, and the text that came out.

    MISSED: nothing fitting was offered. PART: a loop stayed where none had to. WRONG: a safe rewrite changes what
    the code does. GRADE: right, but it claims the same bits and only rounds alike. ODD: right, but not the text or
    the reason expected. EXOTIC: wrong only for dtypes that the case sets aside.
    """

    status: Status
    why: str = ""
    text: str = ""
    applied: tuple[str, ...] = ()
    notes: frozenset[str] = frozenset()


def judge(
    case: Case, engine: Analyze = rewriting.analyze, samples: tuple[Sample, ...] = ()
) -> Report:
    """Rewrite the case, run both versions, and say how it went."""
    if case.spelling == "module":
        samples = PLAN[:1]
    samples = samples or (QUICK if case.spelling else PLAN)
    try:
        safe = rewrite(case.before, engine=engine)
        report = _judge_safe(case, safe, samples)
        if case.expects == "unsafe" and report.status == "OK":
            return _judge_unsafe(case, engine, samples)
        return report
    except Unsound as problem:
        return Report("WRONG", str(problem))


def _judge_safe(case: Case, done: Rewritten, samples: tuple[Sample, ...]) -> Report:
    names = tuple(f"{code} {action.grade}" for code, action in done.applied)
    if not done.applied:
        return _untouched(case, done)
    try:
        verdict = compare_texts(case.before, done.text, case.inputs, samples)
    except Late as late:
        return Report("WRONG", str(late), done.text, names)
    except Exception as error:
        return Report("WRONG", f"does not load: {type(error).__name__}: {error}", done.text, names)
    if (bad := _faults(case, verdict, done.exact)) is not None:
        return Report(bad[0], bad[1], done.text, names, verdict.notes)
    status, why = _expected(case, done)
    return Report(status, why, done.text, names, verdict.notes)


def _faults(case: Case, verdict: Verdict, exact: bool) -> tuple[Status, str] | None:
    hard = [(s, d) for s, d in verdict.differences if not d.rounding]
    told = "; ".join(f"{sort(s)} [{s.name}] {d.where}: {d.what}" for s, d in hard)
    if hard:
        exotic = all(
            sample.name in PRESUMED or case.exotic & _dtypes(case, sample) for sample, _ in hard
        )
        return ("EXOTIC" if exotic else "WRONG"), told
    if exact and verdict.differences:
        sample, difference = verdict.differences[0]
        return "GRADE", f"claims E0, but [{sample.name}] {difference.where}: {difference.what}"
    if not verdict.counted:
        return "WRONG", "the loop raises on every sample: the case itself is at fault"
    return None


# Samples that break a presumption which is stated to users (ARCHITECTURE.md, P4 and P5): ranks and dtypes that the file
# does not show.
PRESUMED = frozenset(
    {"uint8", "int8", "int32", "bool", "float16", "bfloat16", "complex64"}
    | {"mixed dtypes", "mixed dtypes 2", "mixed dtypes 3"}
    | {"one more axis", "one more axis, some"}
)


def _dtypes(case: Case, sample: Sample) -> set[str]:
    return {
        str(v.dtype).removeprefix("torch.")
        for v in make(case.inputs, sample).values()
        if hasattr(v, "dtype")
    }


def _untouched(case: Case, done: Rewritten) -> Report:
    if case.expects in ("unsafe", "any"):
        return Report("OK", "", case.before)
    if case.expects != "refuse":
        reasons = [m.reason for r in done.analysis.refusals for m in r.reasons]
        return Report("MISSED", "; ".join(reasons) or "no refusal either", case.before)
    told = " ".join(
        f"{m.code} {m.reason} {m.witness}" for r in done.analysis.refusals for m in r.reasons
    ).lower()
    words = [w.strip().lower() for w in case.reason.split("|") if w.strip()]
    if words and not any(all(w in told for w in words_of.split()) for words_of in words):
        return Report("ODD", f"refused for another reason: {told or 'none'}", case.before)
    return Report("OK")


def _expected(case: Case, done: Rewritten) -> tuple[Status, str]:
    if case.expects == "refuse":
        return "ODD", "right, but a refusal was expected"
    if case.expects == "unsafe":
        return "ODD", "right, but only an unsafe rewrite was expected"
    if case.after is not None and done.text.rstrip() != case.after.rstrip():
        return "ODD", "another text than expected"
    if case.expects == "vectorize" and case.after is None and (left := loops(done.text)):
        return "PART", f"{left} of {loops(case.before)} loops stay"
    return _style(case.before, done.text)


def _style(before: str, after: str) -> tuple[Status, str]:
    kept = iter(_comments(after))
    lost = [c for c in _comments(before) if c not in kept]
    if lost:
        return "ODD", f"lost or moved: {lost[0]}"
    widest = max([WIDTH, *map(len, before.splitlines())])
    long = [line for line in after.splitlines() if len(line) > widest]
    return ("ODD", f"a line of {len(long[0])} columns") if long else ("OK", "")


def _comments(text: str) -> list[str]:
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return [t.string for t in tokens if t.type == tokenize.COMMENT]


def _judge_unsafe(case: Case, engine: Analyze, samples: tuple[Sample, ...]) -> Report:
    done = rewrite(case.before, ("safe", "unsafe"), engine)
    if not done.applied:
        return Report("MISSED", "nothing unsafe offered either", case.before)
    names = tuple(f"{code} {action.grade}" for code, action in done.applied)
    unnamed = [c for c, a in done.applied if a.applicability == "unsafe" and not a.assumptions]
    if unnamed:
        return Report("ODD", f"unsafe without an assumption: {unnamed[0]}", done.text, names)
    core = tuple(s for s in samples if s.core)
    verdict = compare_texts(case.before, done.text, case.inputs, core)
    hard = [(s, d) for s, d in verdict.differences if not d.rounding]
    if hard:
        sample, difference = hard[0]
        return Report(
            "ODD",
            f"unsafe and wrong: [{sample.name}] {difference.where}: {difference.what}",
            done.text,
        )
    return Report("OK", "", done.text, names, verdict.notes)


def within_rounding(
    before: str, after: str, specs: tuple[Spec, ...], samples: tuple[Sample, ...]
) -> list[str]:
    """How two texts differ in values, effects and shapes; dtypes, kinds and aliasing set aside."""
    found = []
    old, new = function_of(before), function_of(after)
    for sample in samples:
        first, second = run(old, make(specs, sample)), run(new, make(specs, sample))
        if first.error is None and (second.error is not None or not alike(first, second)):
            found.append(f"[{sample.name}] {second.error or 'values differ'}")
    return found
