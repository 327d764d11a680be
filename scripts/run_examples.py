"""`make run`: finds, rewrites and verifies the loops in examples/, and prints what came of each."""

from __future__ import annotations

import ast
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from loopless.cli.verdicts import Row, table, told
from loopless.finding import Analysis, Span
from loopless.pipeline import analyze
from loopless.report import Report, fix_all, shown_action
from loopless.source.text import SourceText
from loopless.verify import Limits, Verifier

ROOT = Path(__file__).resolve().parent.parent
EXAMPLES = ROOT / "examples"
REWRITTEN = ROOT / "build" / "examples"


def main() -> int:
    """Print the tables; 1 if a rewrite differs or could not be run."""
    texts = {path: path.read_text(encoding="utf-8") for path in sorted(EXAMPLES.glob("*.py"))}
    analyses = {path: analyze(text) for path, text in texts.items()}
    with Verifier(sys.executable, "auto", Limits()) as verifier:
        rows = [
            row for path in texts for row in verified(verifier, path, texts[path], analyses[path])
        ]
    print(told(rows))
    print("Left alone:\n")
    print(table([cells for path in texts for cells in alone(path, texts[path], analyses[path])]))
    write(texts)
    print(f"\nThe rewritten files are in {REWRITTEN.relative_to(ROOT)}/.{busy()}")
    return int(any(row.verdict.status != "agreed" for row in rows))


def verified(verifier: Verifier, path: Path, text: str, analysis: Analysis) -> Iterator[Row]:
    """Each finding of a file with the verdict on the action that an editor would show first."""
    for finding in analysis.findings:
        action = shown_action(finding)
        if action is not None and action.edits:
            line, name = named(text, finding.header)
            tell(f"{path.name}:{line}")
            verdict = verifier.submit(text, finding, action).result()
            yield Row(path.name, line, finding, action, verdict, name)
    tell("")


def alone(path: Path, text: str, analysis: Analysis) -> Iterator[tuple[str, str]]:
    """Each loop that stays, with the first reason; a loop inside of another goes with that one."""
    end = 0
    told = [(finding.span, "") for finding in analysis.findings]
    told += [(refusal.span, refusal.reasons[0].reason) for refusal in analysis.refusals]
    headers = {refusal.span: refusal.header for refusal in analysis.refusals}
    for span, reason in sorted(told):
        if span.start >= end and reason:
            line, name = named(text, headers[span])
            yield f"{path.name}:{line} {name}".rstrip(), reason
        end = max(end, span.end)


def named(text: str, header: Span) -> tuple[int, str]:
    """A loop as its readers know it: line and function."""
    line = SourceText.of(text).line_at(header.start) + 1
    around = [
        node.name
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef) and node.lineno <= line <= (node.end_lineno or 0)
    ]
    return line, " ".join(around[-1:])


def write(texts: dict[Path, str]) -> None:
    """The files after every rewrite that has an edit, for reading."""
    shutil.rmtree(REWRITTEN, ignore_errors=True)
    REWRITTEN.mkdir(parents=True)
    for path, text in texts.items():
        fixed = fix_all(text, lambda now: Report(analyze(now).findings), unsafe=True)
        (REWRITTEN / path.name).write_text(fixed.text, encoding="utf-8")


def busy() -> str:
    """A warning where other programs want the cores too: torch's threads then wait for one another."""
    load, cores = os.getloadavg()[0], os.cpu_count() or 1
    if load <= cores:
        return ""
    return f"\nThis machine is busy (load {load:.0f} on {cores} cores), so the times say little."


def tell(what: str) -> None:
    """What runs now, where someone watches."""
    if sys.stderr.isatty():
        print(f"\r\x1b[K{what}", end="", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
