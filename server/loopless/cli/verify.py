"""`loopless verify FILE[:LINE]`: run loops and their rewrites, and compare them."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from loopless.cli.files import CannotRead, SourceFile, Wanted, read
from loopless.cli.read import place
from loopless.finding import Finding
from loopless.report import report, shown_action
from loopless.source.text import SourceText
from loopless.verify import Limits, Progress, Store, Verdict, Verifier, find_interpreter, summary


def verify(options: argparse.Namespace) -> int:
    """Print the verdicts; 0 if all agreed, 1 if one differed, 2 if one could not be run."""
    name, line = place(options.place)
    try:
        file = read(Wanted(name, True), {}, isolated=False)
    except CannotRead as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    found = list(_findings(file, line))
    if line is not None and not found:
        print(f"error: there is no finding on line {line} of {name}", file=sys.stderr)
        return 2
    # The worker starts in another folder, so a path from here must be whole.
    python = os.path.abspath(options.python) if os.sep in (options.python or "") else options.python
    interpreter = find_interpreter(python or "", Path(name).parent)
    if interpreter is None:
        print(f"error: there is no Python at {options.python}", file=sys.stderr)
        return 2
    chosen = file.settings.verify
    limits = Limits(chosen.timeout, chosen.memory << 20)
    verdicts: list[Verdict] = []
    answers: list[dict[str, Any]] = []
    device = options.device or chosen.device
    with Verifier(interpreter.path, device, limits, Store()) as verifier:
        for finding in found:
            verdict = _verdict(verifier, file, finding)
            verdicts.append(verdict)
            answers.append({**_about(file, finding), **verdict.to_json()})
            if not options.json:
                print(_line(file, finding, verdict), flush=True)
    if options.json:
        # One loop was asked for, so one verdict is the answer.
        print(json.dumps(answers[0] if line is not None else answers, indent=2, ensure_ascii=False))
    statuses = {verdict.status for verdict in verdicts}
    return 1 if "differed" in statuses else 2 if "not-run" in statuses else 0


def _findings(file: SourceFile, line: int | None) -> Iterator[Finding]:
    """The findings with something to run; with a line, the one on it, or the innermost around it."""
    source = SourceText.of(file.text)
    found = [f for f in report(file.text, file.settings, file.path).findings if shown_action(f)]
    if line is None:
        yield from found
        return
    around = [
        finding
        for finding in found
        if source.line_at(finding.span.start) <= line - 1 <= source.line_at(finding.span.end)
    ]
    on_line = [f for f in around if source.line_at(f.header.start) == line - 1]
    yield from sorted(on_line or around, key=lambda f: f.span.end - f.span.start)[:1]


def _verdict(verifier: Verifier, file: SourceFile, finding: Finding) -> Verdict:
    action = shown_action(finding)
    assert action is not None
    return verifier.submit(
        file.text, finding, action, _show if sys.stderr.isatty() else None
    ).result()


def _show(progress: Progress) -> None:
    print(f"\r\x1b[K{progress.phase}…", end="\r", file=sys.stderr, flush=True)


def _about(file: SourceFile, finding: Finding) -> dict[str, Any]:
    action = shown_action(finding)
    line = SourceText.of(file.text).line_at(finding.header.start) + 1
    return {
        "path": file.name,
        "line": line,
        "code": finding.code,
        "title": action.title if action else "",
    }


def _line(file: SourceFile, finding: Finding, verdict: Verdict) -> str:
    about = _about(file, finding)
    return f"{about['path']}:{about['line']}: {about['code']}: {summary(verdict)}"
