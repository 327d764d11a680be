"""What a user sees of an analysis: what was selected and not silenced, and how to apply all of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePosixPath

from loopless.finding import Action, Applicability, Edit, Finding, Refusal
from loopless.pipeline import analyze
from loopless.settings import Remark, Settings, directives, suppressed
from loopless.source.edits import applied, conflict
from loopless.source.text import SourceText

# Far above what any file needs; it is here so that a rewrite that finds itself again cannot run for ever.
_MOST_ROUNDS = 200


@dataclass(frozen=True, slots=True)
class Report:
    """The findings to show, the loops left alone, and remarks on suppression comments."""

    findings: tuple[Finding, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    remarks: tuple[Remark, ...] = ()


@dataclass(frozen=True, slots=True)
class Fixed:
    """A text after every applicable rewrite, and the findings that were rewritten."""

    text: str
    findings: tuple[Finding, ...]


def report(text: str, settings: Settings, path: PurePosixPath) -> Report:
    """What there is to say about the file at `path`, relative to the project."""
    if not settings.covers(path):
        return Report()
    options = settings.options(path)
    analysis = analyze(text, options)

    def chosen(slug: str) -> bool:
        return slug not in options.ignore and (not options.select or slug in options.select)

    findings = tuple(finding for finding in analysis.findings if chosen(finding.code))
    suppressions, remarks = directives(text)
    if not suppressions:
        return Report(findings, analysis.refusals, remarks)
    kept, unused = suppressed(SourceText.of(text), findings, suppressions, chosen)
    return Report(kept, analysis.refusals, (*remarks, *unused))


def applicability_of(finding: Finding) -> Applicability:
    """The best that any of the finding's actions can claim."""
    found = {action.applicability for action in finding.actions}
    if "safe" in found:
        return "safe"
    return "unsafe" if "unsafe" in found else "display"


def shown_action(finding: Finding) -> Action | None:
    """The action to show, and to verify, where there is room for one."""
    preferred = (action for action in finding.actions if action.preferred)
    return next(preferred, None) or next(iter(finding.actions), None)


def best_action(finding: Finding, unsafe: bool = False) -> Action | None:
    """The action that fix-all takes: a safe one, the preferred first; with `unsafe`, any with an edit."""
    allowed = ("safe", "unsafe") if unsafe else ("safe",)
    actions = [a for a in finding.actions if a.applicability in allowed and a.edits]
    return min(
        actions,
        key=lambda action: (action.applicability != "safe", not action.preferred),
        default=None,
    )


def fix_all(
    text: str, look: Callable[[str], Report], unsafe: bool = False, first: Report | None = None
) -> Fixed:
    """The text rewritten until nothing applicable is left, so that a second run changes nothing."""
    found: list[Finding] = []
    seen = {text}
    current = first or look(text)
    for _ in range(_MOST_ROUNDS):
        edits: list[Edit] = []
        taken: list[Finding] = []
        for finding in current.findings:
            action = best_action(finding, unsafe)
            if action is not None and not conflict(action.edits, edits):
                edits += action.edits
                taken.append(finding)
        new = applied(text, edits)
        if new in seen:
            break
        text = new
        seen.add(text)
        found += taken
        current = look(text)
    return Fixed(text, tuple(found))
