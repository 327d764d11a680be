"""`make run`: finds, rewrites and verifies the loops in examples/, and prints what came of each."""

from __future__ import annotations

import ast
import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from loopless.finding import Action, Analysis, Finding, Span
from loopless.pipeline import analyze
from loopless.report import Report, fix_all, shown_action
from loopless.source.text import SourceText
from loopless.verify import Limits, Verdict, Verifier, duration

ROOT = Path(__file__).resolve().parent.parent
EXAMPLES = ROOT / "examples"
REWRITTEN = ROOT / "build" / "examples"
HEAD = ("loop", "pattern", "offered as", "verdict", "before", "after", "speedup", "largest error")


@dataclass(frozen=True, slots=True)
class Row:
    """One rewrite that was run."""

    place: str
    finding: Finding
    action: Action
    verdict: Verdict

    def cells(self) -> tuple[str, ...]:
        """The row of the table."""
        verdict, action = self.verdict, self.action
        mark = {"agreed": "✓ agreed", "differed": "✗ differs", "not-run": "– not run"}
        return (
            self.place,
            self.finding.code,
            f"{action.applicability} {action.grade}",
            mark[verdict.status],
            "" if verdict.loop_s is None else duration(verdict.loop_s),
            "" if verdict.tensor_s is None else duration(verdict.tensor_s),
            "" if verdict.speedup is None else f"{verdict.speedup:,.1f}×",
            "" if verdict.status != "agreed" else f"{verdict.max_abs_error or 0:.1g}",
        )


def main() -> int:
    """Print the tables; 1 if a rewrite differs or could not be run."""
    texts = {path: path.read_text(encoding="utf-8") for path in sorted(EXAMPLES.glob("*.py"))}
    analyses = {path: analyze(text) for path, text in texts.items()}
    with Verifier(sys.executable, "auto", Limits()) as verifier:
        rows = [
            row for path in texts for row in verified(verifier, path, texts[path], analyses[path])
        ]
    print(table([HEAD, *(row.cells() for row in rows)]))
    for row in rows:
        if row.verdict.status != "agreed":
            print(
                f"\n{row.place}: {row.verdict.reason}\n{row.verdict.counterexample or ''}".rstrip()
            )
    print("\nLeft alone:\n")
    print(table([cells for path in texts for cells in alone(path, texts[path], analyses[path])]))
    write(texts)
    print(f"\n{summary(rows)}\nThe rewritten files are in {REWRITTEN.relative_to(ROOT)}/.{busy()}")
    return int(any(row.verdict.status != "agreed" for row in rows))


def verified(verifier: Verifier, path: Path, text: str, analysis: Analysis) -> Iterator[Row]:
    """Each finding of a file with the verdict on the action that an editor would show first."""
    for finding in analysis.findings:
        action = shown_action(finding)
        if action is not None and action.edits:
            place = named(path, text, finding.header)
            tell(place)
            yield Row(place, finding, action, verifier.submit(text, finding, action).result())
    tell("")


def alone(path: Path, text: str, analysis: Analysis) -> Iterator[tuple[str, str]]:
    """Each loop that stays, with the first reason; a loop inside of another goes with that one."""
    end = 0
    told = [(finding.span, "") for finding in analysis.findings]
    told += [(refusal.span, refusal.reasons[0].reason) for refusal in analysis.refusals]
    headers = {refusal.span: refusal.header for refusal in analysis.refusals}
    for span, reason in sorted(told):
        if span.start >= end and reason:
            yield named(path, text, headers[span]), reason
        end = max(end, span.end)


def named(path: Path, text: str, header: Span) -> str:
    """A loop as its readers know it: file, line and function."""
    line = SourceText.of(text).line_at(header.start) + 1
    around = [
        node.name
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef) and node.lineno <= line <= (node.end_lineno or 0)
    ]
    return f"{path.name}:{line} {' '.join(around[-1:])}"


def write(texts: dict[Path, str]) -> None:
    """The files after every rewrite that has an edit, for reading."""
    shutil.rmtree(REWRITTEN, ignore_errors=True)
    REWRITTEN.mkdir(parents=True)
    for path, text in texts.items():
        fixed = fix_all(text, lambda now: Report(analyze(now).findings), unsafe=True)
        (REWRITTEN / path.name).write_text(fixed.text, encoding="utf-8")


def summary(rows: Sequence[Row]) -> str:
    """How many agreed, and where they ran."""
    count = {
        status: sum(row.verdict.status == status for row in rows)
        for status in ("agreed", "differed", "not-run")
    }
    devices = sorted({row.verdict.device_name for row in rows if row.verdict.device_name})
    on = f" on {' and '.join(devices)}" if devices else ""
    agreed, differed, skipped = count.values()
    return f"Rewrites{on}: {agreed} agreed, {differed} differed, {skipped} not run."


def busy() -> str:
    """A warning where other programs want the cores too: torch's threads then wait for one another."""
    load, cores = os.getloadavg()[0], os.cpu_count() or 1
    if load <= cores:
        return ""
    return f"\nThis machine is busy (load {load:.0f} on {cores} cores), so the times say little."


def table(rows: Sequence[tuple[str, ...]]) -> str:
    """Columns as wide as what stands in them."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = (
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        for row in rows
    )
    return "\n".join(line.rstrip() for line in lines)


def tell(what: str) -> None:
    """What runs now, where someone watches."""
    if sys.stderr.isatty():
        print(f"\r\x1b[K{what}", end="", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
