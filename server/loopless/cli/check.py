"""`loopless check`: the findings of files and folders, and their rewrites applied."""

from __future__ import annotations

import argparse
import gc
import multiprocessing
import os
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from difflib import get_close_matches
from functools import partial

from loopless.cli.files import (
    CannotRead,
    SourceFile,
    Wanted,
    configuration,
    encoded,
    found,
    read,
    read_stdin,
    write,
)
from loopless.cli.formats import FORMATS
from loopless.cli.rows import Row, rows
from loopless.report import Report, fix_all, report
from loopless.settings.read import Values
from loopless.source.edits import diff

# Below this, starting processes takes longer than the work.
_WORTH_PROCESSES = 40


@dataclass(frozen=True, slots=True)
class Task:
    """What to do with each file."""

    chosen: Values
    isolated: bool = False
    fix: bool = False
    diff: bool = False
    unsafe: bool = False
    refusals: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one file."""

    rows: tuple[Row, ...] = ()
    fixed: int = 0
    diff: str = ""
    error: str = ""


def check(options: argparse.Namespace) -> int:
    """Print the findings; 1 if there are any left, 2 if something could not be read."""
    task = _task(options)
    if wrong := _unknown_slugs(task.chosen):
        print(f"error: {wrong}", file=sys.stderr)
        return 2
    try:
        if "-" in options.paths:
            return _check_stdin(options, task)
        wanted = list(found(options.paths))
    except CannotRead as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    outcomes = list(_outcomes(wanted, task, options.jobs))
    configured = () if task.isolated else _configuration_errors(wanted)
    errors = [*configured, *(outcome.error for outcome in outcomes if outcome.error)]
    for error in errors:
        print(f"error: {error}", file=sys.stderr)
    left = _print(outcomes, options, clear=not errors)
    if errors:
        return 2
    return 1 if left and not options.exit_zero else 0


def _task(options: argparse.Namespace) -> Task:
    chosen: dict[str, object] = {}
    for name in ("select", "ignore"):
        given = getattr(options, name)
        if given is not None:
            chosen[name] = [slug for text in given for slug in text.replace(",", " ").split()]
    return Task(
        chosen,
        options.isolated,
        options.fix,
        options.diff,
        options.unsafe_fixes,
        options.refusals,
    )


def _unknown_slugs(chosen: Values) -> str:
    """A sentence about a pattern that there is not, so that a slip does not look like a clean run."""
    from loopless.catalog import PATTERNS

    known = [pattern.slug for pattern in PATTERNS]
    wanted: list[str] = [*chosen.get("select", ()), *chosen.get("ignore", ())]
    for slug in wanted:
        if known and slug not in known:
            close = get_close_matches(slug, known, n=1)
            hint = f"; did you mean `{close[0]}`?" if close else ""
            return f"there is no pattern `{slug}`{hint}"
    return ""


def _check_stdin(options: argparse.Namespace, task: Task) -> int:
    """Check what comes in; with `--fix` the fixed text goes out, and the findings to standard error."""
    file = read_stdin(options.stdin_filename, task.chosen, task.isolated)
    outcome, text = _looked(file, task)
    if task.fix and not task.diff:
        sys.stdout.buffer.write(encoded(file, text))
        sys.stdout.flush()
        return 1 if any(not row.refused for row in outcome.rows) and not options.exit_zero else 0
    left = _print([outcome], options)
    return 1 if left and not options.exit_zero else 0


def _outcomes(wanted: Sequence[Wanted], task: Task, jobs: int) -> Iterator[Outcome]:
    """What came of each file, in their order."""
    jobs = jobs or os.cpu_count() or 1
    # A run leaves next to no cycles: looking for them costs a quarter of its time, and saves a tenth of its memory.
    gc.disable()
    work = partial(_outcome, task=task)
    if jobs == 1 or len(wanted) < _WORTH_PROCESSES:
        yield from map(work, wanted)
        return
    # Forking keeps what is imported; elsewhere it is not to be had, or not safe.
    method = "fork" if sys.platform == "linux" else None
    context = multiprocessing.get_context(method)
    with ProcessPoolExecutor(jobs, mp_context=context) as pool:
        yield from pool.map(work, wanted, chunksize=max(1, min(32, len(wanted) // (jobs * 4))))


def _outcome(wanted: Wanted, task: Task) -> Outcome:
    try:
        file = read(wanted, task.chosen, task.isolated)
        outcome, text = _looked(file, task)
        if task.fix and not task.diff and text != file.text:
            write(file, text)
    except (CannotRead, OSError) as error:
        return Outcome(error=str(error))
    return outcome


def _looked(file: SourceFile, task: Task) -> tuple[Outcome, str]:
    """The findings of a file, and its text after the rewrites that were asked for."""

    def look(text: str) -> Report:
        return report(text, file.settings, file.path)

    found_here = look(file.text)
    if not (task.fix or task.diff):
        return Outcome(tuple(rows(file, found_here, task.refusals))), file.text
    fixed = fix_all(file.text, look, task.unsafe, found_here)
    if task.diff:
        changes = diff(file.text, fixed.text, file.name) if fixed.text != file.text else ""
        return Outcome((), len(fixed.findings), changes), fixed.text
    after = SourceFile(file.name, fixed.text, file.encoding, file.settings, file.path)
    left = tuple(rows(after, look(fixed.text), task.refusals))
    return Outcome(left, len(fixed.findings)), fixed.text


def _print(outcomes: Sequence[Outcome], options: argparse.Namespace, *, clear: bool = True) -> int:
    """Print everything in the format asked for; how many findings there are, or with `--diff` changes.

    `clear` says that everything could be read, so that no findings are good news.
    """
    fixed = sum(outcome.fixed for outcome in outcomes)
    if options.diff:
        sys.stdout.write("".join(outcome.diff for outcome in outcomes))
        if fixed:
            print(f"Would fix {_count(fixed)}.", file=sys.stderr)
        return fixed
    all_rows = [row for outcome in outcomes for row in outcome.rows]
    left = sum(not row.refused for row in all_rows)
    if options.statistics:
        sys.stdout.write(_statistics(all_rows, options.output_format))
    else:
        sys.stdout.write(FORMATS[options.output_format](all_rows))
    if options.output_format in ("full", "concise"):
        _summarize(all_rows, left, fixed, options, clear)
    return left


def _summarize(
    all_rows: Sequence[Row], left: int, fixed: int, options: argparse.Namespace, clear: bool
) -> None:
    if options.fix:
        print(f"Fixed {_count(fixed)}; {left} left.")
    elif left:
        fixable = sum(row.json.get("applicability") == "safe" for row in all_rows)
        hint = f" {fixable} can be fixed with --fix." if fixable else ""
        print(f"Found {_count(left)}.{hint}")
    elif clear:
        print("All clear.")


def _count(number: int) -> str:
    return f"{number} finding" if number == 1 else f"{number} findings"


def _statistics(all_rows: Iterable[Row], output_format: str) -> str:
    counted = Counter(row.code for row in all_rows).most_common()
    if output_format == "json":
        import json

        listed = [{"code": code, "count": number} for code, number in counted]
        return json.dumps(listed, indent=2) + "\n"
    return "".join(f"{number:6}  {code}\n" for code, number in counted)


def _configuration_errors(wanted: Sequence[Wanted]) -> list[str]:
    """What is wrong in the configuration files of the files looked at."""
    folders = {os.path.dirname(os.path.abspath(one.name)) for one in wanted}
    from pathlib import Path

    files = {file.path: file for folder in folders if (file := configuration(Path(folder)))}
    return [
        f"{path}: {problem.message}"
        for path, file in sorted(files.items())
        for problem in file.problems
    ]
