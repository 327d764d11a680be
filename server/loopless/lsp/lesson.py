"""What there is to learn about a loop, as Markdown: short first, then why, what may change, what else is on offer."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from textwrap import dedent
from urllib.parse import quote

from loopless.finding import Action, Finding, Grade
from loopless.page import page_of
from loopless.report import shown_action
from loopless.verify import Verdict, memory, summary

GRADES: dict[Grade, str] = {
    "E0": "gives the same bits",
    "E1": "gives the same but for the last bits: torch adds, or rounds, in another order",
    "E2": "adds up more precisely than the loop did",
    "E3": "may differ on NaN, ties, signed zeros or empty input",
    "E4": "may differ",
}
HEADS = {"safe": "**Safe**", "unsafe": "**Unsafe**", "display": "**Advice**"}
_MOST_GONE = 5
_NOTHING = re.compile(r"^nothing(?: in the values)?(?:[.;] *|$)")


def short(finding: Finding, verdict: Verdict | None = None) -> Iterator[str]:
    """What everybody reads: how equal the rewrite is, on what conditions, and what a run has shown."""
    action = shown_action(finding)
    if action is None:
        return
    yield f"\n{HEADS[action.applicability]} ({action.grade}): {GRADES[action.grade]}."
    yield from listed("Assumes", action.assumptions)
    if verdict:
        yield f"\nLast run: {summary(verdict)}"
        if needed := memory(verdict):
            yield f"\nMemory at its peak: {needed}"


def changes(diff: str) -> Iterator[str]:
    """The lines that go and come, in their colors."""
    if diff:
        yield f"\n```diff\n{diff}```"


def outcome(diff: str) -> Iterator[str]:
    """What comes, where what goes would fill the window; a person has that before his eyes."""
    lines = diff.splitlines()
    new = [line[1:] for line in lines if line.startswith("+")]
    together = "".join(f"+{line}\n" for line in new) in diff
    if sum(line.startswith("-") for line in lines) > _MOST_GONE and new and together:
        text = dedent("".join(f"{line}\n" for line in new))
        yield f"\nIt becomes\n```python\n{text}```"
    else:
        yield from changes(diff)


def details(finding: Finding) -> Iterator[str]:
    """The part for those who want to know why: the page of the pattern, and the other forms on offer."""
    action, page = shown_action(finding), page_of(finding.code)
    if page:
        yield f"\n**Why it is the same.** {page.about} It holds when"
        yield from (f"- {item}" for item in page.holds)
    yield from listed("Here", finding.reasons)
    if page and action and (change := _change(page.change, action.grade)):
        yield f"\n**What may change.** {change}"
    if memory := finding.memory or (page.memory if page else ""):
        yield f"\n**Memory.** {memory[0].upper()}{memory[1:]}"


def others(finding: Finding) -> Iterator[str]:
    """The titles of the other forms."""
    action = shown_action(finding)
    titles = [marked(other) for other in finding.actions if other is not action]
    yield from listed("Also on offer", titles)


def links(announced: frozenset[str], slug: str, place: list[object], verify: str) -> str:
    """What one can do from here, by those commands that the client lets a text run."""
    offered: list[tuple[str, str, list[object]]] = [
        ("Preview", "loopless.preview", place),
        (verify, "loopless.verify", place),
        ("Explain", "loopless.explain", place),
        (f"About `{slug}`", "loopless.rule", [slug]),
    ]
    return " · ".join(
        f"[{title}](command:{command}?{quote(json.dumps(arguments))})"
        for title, command, arguments in offered
        if command in announced
    )


def listed(title: str, items: tuple[str, ...] | list[str]) -> Iterator[str]:
    """A list under its title; nothing where it is empty."""
    if items:
        yield f"\n{title}:"
        yield from (f"- {item}" for item in items)


def title_of(action: Action) -> str:
    """The title with what it assumes in front of the code, where a menu that is too narrow does not cut it off."""
    head, code = _head_and_code(action)
    return f"{head}: {code}" if code else head


def marked(action: Action) -> str:
    """The title in Markdown, its code marked as such."""
    head, code = _head_and_code(action)
    return f"{head}: `{code}`" if code else head


def _head_and_code(action: Action) -> tuple[str, str]:
    """What the title says in words, the assumptions among them, and the code behind its colon."""
    assumed = f" (assumes {'; '.join(action.assumptions)})" if action.assumptions else ""
    head, _, code = action.title.removesuffix(assumed).partition(": ")
    return f"{head}{assumed}", code


def _change(told: str, grade: Grade) -> str:
    """What the page says may change, without what the grade has said already, or knows better."""
    text = _NOTHING.sub("", told)
    first, _, rest = text.partition(". ")
    if grade == "E0" and "the last bits" in first:
        text = rest
    return text[:1].upper() + text[1:]
