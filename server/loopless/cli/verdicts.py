"""Verdicts on a terminal: a table, the reasons below it, and how many were which."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from loopless.finding import Action, Finding
from loopless.verify import Verdict, duration
from loopless.verify.verdict import change, equality, reserved

_HEAD = ("loop", "pattern", "offered as", "verdict", "before", "after", "speed", "equality")
_MARKS = {"agreed": "✓ agreed", "differed": "✗ differs", "not-run": "– not run"}


@dataclass(frozen=True, slots=True)
class Row:
    """One rewrite with its verdict. `line` counts from 1; `name` is what else the loop is known by."""

    path: str
    line: int
    finding: Finding
    action: Action
    verdict: Verdict
    name: str = ""

    @property
    def place(self) -> str:
        """Where the loop is."""
        return f"{self.path}:{self.line} {self.name}".rstrip()

    def to_json(self) -> dict[str, Any]:
        """The verdict with where it belongs."""
        return {
            "path": self.path,
            "line": self.line,
            "code": self.finding.code,
            "title": self.action.title,
            "applicability": self.action.applicability,
            "assumptions": list(self.action.assumptions),
            **self.verdict.to_json(),
        }


def told(rows: Sequence[Row]) -> str:
    """Every row, then why those that did not agree did not, then the count."""
    if not rows:
        return "No rewrites to verify.\n"
    reasons = (line for row in rows for line in _reason(row))
    return "\n".join([table([_HEAD, *map(_cells, rows)]), *reasons, "", _count(rows)]) + "\n"


def table(rows: Sequence[tuple[str, ...]]) -> str:
    """Columns as wide as what stands in them."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = (
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        for row in rows
    )
    return "\n".join(line.rstrip() for line in lines)


def _cells(row: Row) -> tuple[str, ...]:
    verdict, action = row.verdict, row.action
    return (
        row.place,
        row.finding.code,
        f"{action.applicability} {action.grade}",
        _MARKS[verdict.status],
        "" if verdict.loop_s is None else duration(verdict.loop_s),
        "" if verdict.tensor_s is None else duration(verdict.tensor_s),
        change(verdict),
        " · ".join([equality(verdict), *reserved(verdict)]) if verdict.status == "agreed" else "",
    )


def _reason(row: Row) -> Iterator[str]:
    verdict = row.verdict
    if verdict.status == "agreed":
        return
    yield f"\n{row.place}: {verdict.reason}"
    yield from (f"    {line}" for line in (verdict.counterexample or "").splitlines())


def _count(rows: Sequence[Row]) -> str:
    count = {status: sum(row.verdict.status == status for row in rows) for status in _MARKS}
    devices = sorted({row.verdict.device_name for row in rows if row.verdict.device_name})
    on = f" on {' and '.join(devices)}" if devices else ""
    agreed, differed, left = count.values()
    return f"{agreed} agreed, {differed} differed, {left} not run{on}."
