"""The state of every case: `python -m tests.harness.scoreboard [--today] [-v] [--show] [NAME…]`.

Prints counts per topic and every case that is not OK. `--today` writes those to `tests/today.txt`, which
`tests/test_cases.py` holds against what it sees. `--show` prints the rewritten texts.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import subprocess
import sys
import tempfile
from collections import Counter
from functools import cache, partial
from pathlib import Path

from tests.harness.case import Case, cases
from tests.harness.inputs import PLAN, sort
from tests.harness.judge import Report, judge
from tests.harness.spellings import variants

TODAY = Path(__file__).resolve().parents[1] / "today.txt"
ORDER = ("OK", "MISSED", "PART", "ODD", "GRADE", "EXOTIC", "WRONG")


@cache
def units() -> tuple[Case, ...]:
    """Every case in every spelling."""
    return tuple(v for case in cases() for v in variants(case))


def read_today() -> dict[str, tuple[str, str]]:
    """Name → (status, explanation) of the cases that are not OK today."""
    found = {}
    if TODAY.exists():
        for line in TODAY.read_text().splitlines():
            entry, _, why = line.partition("  # ")
            if entry and not entry.startswith("#"):
                name, status = entry.split()
                found[name] = (status, why)
    return found


def write_today(reports: dict[str, Report]) -> None:
    """Write the list anew, keeping the explanations that still apply."""
    before = read_today()
    lines = [
        "# Cases that are not OK today: name, status, and for WRONG an explanation. Written by the scoreboard."
    ]
    for name, report in reports.items():
        if report.status != "OK":
            status, why = before.get(name, ("", ""))
            why = why if status == report.status else ""
            lines.append(f"{name} {report.status}" + (f"  # {why}" if why else ""))
    TODAY.write_text("\n".join(lines) + "\n")


def main() -> None:
    """Judge, print, and perhaps write the list."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="parts of names; all cases where none is given")
    parser.add_argument("--today", action="store_true")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--plain", action="store_true", help="leave the spellings out")
    parser.add_argument("--show", action="store_true")
    parser.add_argument(
        "--only", default="", help="sorts of samples: plain,empty,gradient,special,…"
    )
    parser.add_argument("--lint", action="store_true", help="what ruff says of the new texts only")
    parser.add_argument("-v", action="store_true", help="list what is OK, too")
    options = parser.parse_args()
    chosen = [u for u in units() if not options.names or any(n in u.name for n in options.names)]
    if options.plain:
        chosen = [u for u in chosen if not u.spelling]
    sorts = tuple(filter(None, options.only.split(",")))
    reports = _judged(chosen, options.jobs, sorts)
    for unit in chosen:
        _tell(unit, reports[unit.name], options.v, options.show)
    _table(reports)
    if options.lint:
        _lint(chosen, reports)
    if options.today:
        if options.names or options.plain or options.only:
            raise SystemExit("--today needs all cases and samples")
        write_today(reports)


def _judged(chosen: list[Case], jobs: int, sorts: tuple[str, ...]) -> dict[str, Report]:
    samples = tuple(s for s in PLAN if sort(s) in sorts)
    work = partial(judge, samples=samples)
    if jobs < 2 or len(chosen) < 8:
        return {unit.name: work(unit) for unit in chosen}
    with multiprocessing.get_context("fork").Pool(jobs) as pool:
        names = [u.name for u in chosen]
        return dict(zip(names, pool.imap(work, chosen, chunksize=8), strict=True))


def _tell(unit: Case, report: Report, everything: bool, show: bool) -> None:
    if report.status != "OK" or everything:
        applied = f"  ({', '.join(report.applied)})" if report.applied else ""
        print(f"{report.status:7} {unit.name}{applied}  {report.why}")
    if show:
        print(f"--- {unit.name}\n{unit.before}\n--- becomes\n{report.text}\n")


def _lint(chosen: list[Case], reports: dict[str, Report]) -> None:
    rules = "F401,F541,F811,F821,F841,W291,W293,E703,E711,E712,SIM"
    with tempfile.TemporaryDirectory() as folder:
        for unit in chosen:
            if not unit.spelling and reports[unit.name].applied:
                for stem, text in (("old", unit.before), ("new", reports[unit.name].text)):
                    name = unit.name.replace("/", "--")
                    Path(folder, f"{name}.{stem}.py").write_text(text)
        command = [sys.executable, "-m", "ruff", "check", "--isolated", "--select", rules, "-q"]
        found = subprocess.run(
            [*command, "--output-format=json", folder], capture_output=True
        ).stdout
    kinds: dict[str, Counter[str]] = {}
    for entry in json.loads(found or "[]"):
        path = Path(entry["filename"]).name
        kinds.setdefault(path, Counter())[f"{entry['code']} {entry['message']}"] += 1
    for path, counts in sorted(kinds.items()):
        if path.endswith(".new.py"):
            before = kinds.get(path.replace(".new.py", ".old.py"), Counter())
            for message in counts - before:
                print(f"lint: {path.removesuffix('.new.py').replace('--', '/')}: {message}")


def _table(reports: dict[str, Report]) -> None:
    groups: dict[str, Counter[str]] = {}
    notes: Counter[str] = Counter()
    for name, report in reports.items():
        groups.setdefault(name.split("/")[0], Counter())[report.status] += 1
        notes.update(report.notes)
    total = sum(groups.values(), Counter())
    print(f"\n{'topic':24}" + "".join(f"{s:>8}" for s in ORDER))
    for topic, counts in [*groups.items(), ("all", total)]:
        print(f"{topic:24}" + "".join(f"{counts[s] or '':>8}" for s in ORDER))
    for note, count in notes.items():
        print(f"note: {note}: {count}")


if __name__ == "__main__":
    main()
