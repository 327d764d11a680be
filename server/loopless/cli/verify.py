"""`loopless verify PATH…`: run loops and their rewrites, and compare them."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from loopless.cli.files import CannotRead, SourceFile, found, read
from loopless.cli.read import place
from loopless.cli.verdicts import Row, told
from loopless.finding import Finding
from loopless.report import report, shown_action
from loopless.source.text import SourceText
from loopless.verify import (
    Interpreter,
    Limits,
    Progress,
    Store,
    Verdict,
    Verifier,
    find_interpreter,
    not_run,
)


def verify(options: argparse.Namespace) -> int:
    """Print the verdicts; 0 if none differed, 1 if one did, 2 if there is an error.

    What could not be run is said, and no failure unless `--strict`: a machine without torch skips cleanly.
    """
    try:
        tasks = [task for given in options.paths for task in _tasks(given)]
        interpreter = _interpreter(options.python, Path(place(options.paths[0])[0]).parent)
    except CannotRead as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    rows = list(_rows(tasks, interpreter, options))
    if not options.json:
        sys.stdout.write(told(rows))
    elif place(options.paths[0])[1] is not None and len(rows) == 1:
        # One loop was asked for, so one verdict is the answer.
        print(json.dumps(rows[0].to_json(), indent=2, ensure_ascii=False))
    else:
        print(json.dumps([row.to_json() for row in rows], indent=2, ensure_ascii=False))
    failures = {"differed", "not-run"} if options.strict else {"differed"}
    return int(any(row.verdict.status in failures for row in rows))


@dataclass(frozen=True, slots=True)
class _Task:
    """A finding that has something to run. `line` counts from 1."""

    file: SourceFile
    line: int
    finding: Finding


def _tasks(given: str) -> Iterator[_Task]:
    """What there is to verify below a path; with a line, the loop on it, or the innermost around it."""
    name, line = place(given)
    for wanted in found([name]):
        file = read(wanted, {}, isolated=False)
        source = SourceText.of(file.text)
        around = [
            f
            for f in report(file.text, file.settings, file.path).findings
            if shown_action(f) and (line is None or _covers(source, f, line - 1))
        ]
        if line is not None:
            if not around:
                raise CannotRead(f"there is no finding on line {line} of {name}")
            around = [min(around, key=lambda f: (f.span.end - f.span.start, f.span.start))]
        yield from (_Task(file, source.line_at(f.header.start) + 1, f) for f in around)


def _covers(source: SourceText, finding: Finding, line: int) -> bool:
    last = source.line_at(max(finding.span.end - 1, finding.span.start))
    return source.line_at(finding.span.start) <= line <= last


def _interpreter(asked: str | None, project: Path) -> Interpreter | None:
    """The Python that was asked for, which must be there; or the project's, if there is one."""
    # The worker starts in another folder, so a path from here must be whole.
    python = os.path.abspath(asked) if asked and os.sep in asked else asked
    interpreter = find_interpreter(python or "", project)
    if interpreter is None and asked:
        raise CannotRead(f"there is no Python at {asked}")
    return interpreter


def _rows(
    tasks: Sequence[_Task], interpreter: Interpreter | None, options: argparse.Namespace
) -> Iterator[Row]:
    """A row for each task. Each device and limit that the settings name has a worker of its own."""
    if interpreter is None:
        yield from (_row(task, not_run("no Python with torch was found")) for task in tasks)
        return
    verifiers: dict[tuple[str, Limits], Verifier] = {}
    bar = _Bar(len(tasks), sys.stderr.isatty())
    store = Store()
    try:
        for at, task in enumerate(tasks):
            chosen = task.file.settings.verify
            limits = replace(
                Limits(chosen.timeout, chosen.memory << 20), timing=not options.no_timing
            )
            key = (options.device or chosen.device, limits)
            if key not in verifiers:
                verifiers[key] = Verifier(interpreter.path, key[0], limits, store)
            yield _row(task, _verdict(verifiers[key], task, bar.at(at, task)))
    finally:
        bar.clear()
        for verifier in verifiers.values():
            verifier.close()


def _verdict(verifier: Verifier, task: _Task, bar: _Bar) -> Verdict:
    action = shown_action(task.finding)
    assert action is not None
    return verifier.submit(task.file.text, task.finding, action, bar.phase).result()


def _row(task: _Task, verdict: Verdict) -> Row:
    action = shown_action(task.finding)
    assert action is not None
    return Row(task.file.name, task.line, task.finding, action, verdict)


@dataclass(slots=True)
class _Bar:
    """A line that fills as verdicts come in; nothing where nobody watches."""

    total: int
    watched: bool
    done: int = 0
    place: str = ""

    def at(self, done: int, task: _Task) -> _Bar:
        """How many are done, and what runs now."""
        self.done, self.place = done, f"{task.file.name}:{task.line}"
        return self

    def phase(self, progress: Progress) -> None:
        """What the worker is doing."""
        if self.watched:
            filled = 24 * self.done // self.total
            bar = "█" * filled + "·" * (24 - filled)
            line = f"{bar} {self.done}/{self.total} {self.place} {progress.phase}"
            print(f"\r\x1b[K{line}", end="", file=sys.stderr, flush=True)

    def clear(self) -> None:
        """Leave the terminal as it was."""
        if self.watched:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
