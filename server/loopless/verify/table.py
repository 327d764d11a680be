"""`loopless verify`: every rewrite of the given files run and compared, as a table or as JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TextIO

from loopless.finding import Action, Finding
from loopless.pipeline import analyze
from loopless.verify.client import Limits, Progress, Verifier
from loopless.verify.interpreter import find_interpreter
from loopless.verify.places import Offsets
from loopless.verify.store import Store
from loopless.verify.verdict import Verdict, duration, equality, not_run

_SKIPPED = {".git", ".venv", "venv", "node_modules", "__pycache__", "build", "dist", ".tox"}


@dataclass(frozen=True, slots=True)
class VerifyOptions:
    """What a user may choose on the command line."""

    interpreter: str = ""
    device: str = "auto"
    unsafe: bool = True
    as_json: bool = False
    timing: bool = True
    seconds: float = 60.0
    quiet: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One verified action."""

    path: str
    line: int
    finding: Finding
    action: Action
    verdict: Verdict

    def to_json(self) -> dict[str, Any]:
        """The verdict with where it belongs."""
        return {
            "path": self.path,
            "line": self.line,
            "code": self.finding.code,
            "title": self.action.title,
            "applicability": self.action.applicability,
            **self.verdict.to_json(),
        }


@dataclass(frozen=True, slots=True)
class _Task:
    path: str
    line: int
    text: str
    finding: Finding
    action: Action


def run_verify(
    paths: Sequence[str],
    options: VerifyOptions | None = None,
    output: TextIO | None = None,
    errors: TextIO | None = None,
) -> int:
    """Verify the preferred action of each finding; 0 all agreed, 1 something differed, 2 errors.

    A path may end in `:LINE`, and then only the loops around that line count. Without torch or the
    device asked for, nothing is run, the table says so, and the code is 0.
    """
    options = options or VerifyOptions()
    out: TextIO = output or sys.stdout
    err: TextIO = errors or sys.stderr
    tasks, problems = _tasks(paths, options)
    for problem in problems:
        print(f"loopless: {problem}", file=err)
    rows = _rows(tasks, options, paths, err) if tasks else []
    if options.as_json:
        print(json.dumps([row.to_json() for row in rows], indent=2, ensure_ascii=False), file=out)
    else:
        print_table(rows, out)
    return exit_code(rows, bool(problems))


def exit_code(rows: Iterable[Row], problems: bool = False) -> int:
    """0 all agreed, 1 something differed, 2 a path could not be read."""
    if any(row.verdict.status == "differed" for row in rows):
        return 1
    return 2 if problems else 0


def _tasks(paths: Sequence[str], options: VerifyOptions) -> tuple[list[_Task], list[str]]:
    tasks: list[_Task] = []
    problems: list[str] = []
    for given in paths:
        name, line = _split(given)
        files = list(_files(Path(name)))
        if not files:
            problems.append(f"{name}: no such file or no Python in it")
        for file in files:
            try:
                text = file.read_bytes().decode("utf-8-sig")
            except (OSError, UnicodeDecodeError) as error:
                problems.append(f"{file}: {error}")
                continue
            tasks += _tasks_of(str(file), text, line, options)
    return tasks, problems


def _tasks_of(path: str, text: str, line: int, options: VerifyOptions) -> list[_Task]:
    offsets = Offsets(text)
    tasks: list[_Task] = []
    for finding in analyze(text).findings:
        first = offsets.line(finding.header.start) + 1
        last = offsets.line(max(finding.span.end - 1, finding.span.start)) + 1
        if line and not first <= line <= last:
            continue
        actions = [
            a for a in finding.actions if a.edits and (a.applicability == "safe" or options.unsafe)
        ]
        actions.sort(key=lambda a: not a.preferred)
        tasks += [_Task(path, first, text, finding, action) for action in actions[:1]]
    return tasks


def _rows(
    tasks: Sequence[_Task], options: VerifyOptions, paths: Sequence[str], errors: TextIO
) -> list[Row]:
    project = Path(_split(paths[0])[0])
    interpreter = find_interpreter(options.interpreter, project)
    if interpreter is None:
        reason = (
            f"no interpreter {options.interpreter!r}" if options.interpreter else "no Python found"
        )
        return [_row(task, not_run(reason, grade=task.action.grade)) for task in tasks]
    limits = replace(Limits(), seconds=options.seconds, timing=options.timing)
    rows: list[Row] = []
    bar = _Bar(len(tasks), errors, enabled=not options.quiet and errors.isatty())
    with Verifier(interpreter.path, options.device, limits, Store()) as verifier:
        hello = verifier.warm_up()
        if not hello.get("hello"):
            reason = str(hello.get("reason", "no torch"))
            return [_row(task, not_run(reason, grade=task.action.grade)) for task in tasks]
        for task in tasks:
            bar.show(len(rows), f"{task.path}:{task.line}")
            future = verifier.submit(
                task.text,
                task.finding,
                task.action,
                lambda p, task=task: bar.phase(f"{task.path}:{task.line}", p),
            )
            rows.append(_row(task, future.result()))
    bar.clear()
    return rows


def _row(task: _Task, verdict: Verdict) -> Row:
    return Row(task.path, task.line, task.finding, task.action, verdict)


class _Bar:
    """A line that fills as verdicts come in; nothing where nobody watches."""

    def __init__(self, total: int, stream: TextIO, *, enabled: bool) -> None:
        self._total, self._stream, self._enabled = total, stream, enabled
        self._done = 0

    def show(self, done: int, what: str) -> None:
        """How many are done, and what runs now."""
        self._done = done
        if self._enabled:
            filled = 24 * done // max(self._total, 1)
            bar = "█" * filled + "·" * (24 - filled)
            print(
                f"\r\x1b[K{bar} {done}/{self._total} {what}", end="", file=self._stream, flush=True
            )

    def phase(self, where: str, progress: Progress) -> None:
        """The phase of the one that runs."""
        self.show(self._done, f"{where} {progress.phase}")

    def clear(self) -> None:
        """Leave the terminal as it was."""
        if self._enabled:
            print("\r\x1b[K", end="", file=self._stream, flush=True)


def print_table(rows: Sequence[Row], output: TextIO) -> None:
    """Every row, then the reasons of those that did not agree, then how many were which."""
    if not rows:
        print("no rewrites to verify", file=output)
        return
    cells = [["loop", "pattern", "verdict", "loop", "new", "speed", "equality"]]
    cells += [_cells(row) for row in rows]
    widths = [max(len(line[k]) for line in cells) for k in range(len(cells[0]))]
    for line in cells:
        text = "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        print(text.rstrip(), file=output)
    for row in rows:
        _print_reason(row, output)
    print(_count(rows), file=output)


def _cells(row: Row) -> list[str]:
    verdict = row.verdict
    mark = {"agreed": "✓ agreed", "differed": "✗ differs", "not-run": "- not run"}[verdict.status]
    loop = duration(verdict.loop_s) if verdict.loop_s is not None else ""
    new = duration(verdict.tensor_s) if verdict.tensor_s is not None else ""
    speed = f"{verdict.speedup:.1f}×" if verdict.speedup is not None else ""
    close = equality(verdict) if verdict.status == "agreed" else ""
    return [f"{row.path}:{row.line}", row.finding.code, mark, loop, new, speed, close]


def _print_reason(row: Row, output: TextIO) -> None:
    verdict = row.verdict
    if verdict.status == "agreed":
        return
    print(f"\n{row.path}:{row.line}: {verdict.reason}", file=output)
    for line in (verdict.counterexample or "").splitlines():
        print(f"    {line}", file=output)


def _count(rows: Sequence[Row]) -> str:
    counts = {
        s: sum(r.verdict.status == s for r in rows) for s in ("agreed", "differed", "not-run")
    }
    devices = sorted({r.verdict.device_name for r in rows if r.verdict.device_name})
    on = f" on {', '.join(devices)}" if devices else ""
    return (
        f"\n{counts['agreed']} agreed, {counts['differed']} differed, "
        f"{counts['not-run']} not run{on}"
    )


def _split(given: str) -> tuple[str, int]:
    name, colon, line = given.rpartition(":")
    return (name, int(line)) if colon and line.isdigit() and name else (given, 0)


def _files(path: Path) -> Iterable[Path]:
    if path.is_file():
        yield path
    elif path.is_dir():
        for file in sorted(path.rglob("*.py")):
            if not _SKIPPED & set(file.relative_to(path).parts[:-1]):
                yield file
