"""`python -m tests.bench [keys] [check] [code]`: what is measured, beside what it may be.

The files read are those of the installed torch: a real library, and always at hand. Nothing here fails: a number
is for reading beside its budget, on a machine that does nothing else.
"""

from __future__ import annotations

import math
import os
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from loopless.finding import Span
from tests.harness.case import Case, cases
from tests.harness.execute import function_of
from tests.harness.inputs import PLAN, make, symbols
from tests.harness.rewriting import rewrite
from tests.lsp.client import Client

LIBRARY = Path(torch.__file__).parent
LONG_FILE = LIBRARY / "nn" / "functional.py"
CHECKED_LINES = 245_000
KEYS = 60


def main() -> None:
    """Print the tables that were asked for; all of them where none was."""
    parts = {"keys": keys, "check": check, "code": code}
    for name in sys.argv[1:] or parts:
        print(f"\n{name}")
        for what, measured, budget in parts[name]():
            print(f"  {what:58}{measured:>16}   {budget}", flush=True)


def keys() -> Iterator[tuple[str, str, str]]:
    """A file opened in a fresh server, then one character after another in its functions."""
    text = LONG_FILE.read_text(encoding="utf-8")
    uri = LONG_FILE.as_uri()
    begin = time.perf_counter()
    with Client("vscode") as client:
        client.open(uri, text)
        client.diagnostics(uri)
        first = time.perf_counter() - begin
        taken = sorted(_key(client, uri, place) for place in _places(text))
        memory = _resident(client.process.pid)
    lines = text.count("\n")
    yield f"start to first diagnostics, {lines:,} lines", _ms(first), "≤ 1 s"
    yield "one key to diagnostics, median", _ms(statistics.median(taken)), "≤ 8 ms"
    yield "one key to diagnostics, 95 of 100", _ms(taken[int(0.95 * len(taken))]), "≤ 20 ms"
    yield "memory of the server afterwards", memory, "≤ 120 MB idle"


def _places(text: str) -> list[int]:
    """Offsets inside of functions, all over the file."""
    found = [match.end() for match in re.finditer(r"^ +return ", text, re.MULTILINE)]
    return found[:: max(1, len(found) // KEYS)][:KEYS]


def _key(client: Client, uri: str, place: int) -> float:
    begin = time.perf_counter()
    client.change(uri, (Span(place, place), "x"))
    client.diagnostics(uri)
    taken = time.perf_counter() - begin
    client.change(uri, (Span(place, place + 1), ""))
    client.diagnostics(uri)
    return taken


def _resident(process: int) -> str:
    status = Path(f"/proc/{process}/status")
    if not status.exists():
        return "unknown"
    found = re.search(r"VmRSS:\s+(\d+) kB", status.read_text())
    return f"{int(found[1]) / 1024:.0f} MB" if found else "unknown"


def check() -> Iterator[tuple[str, str, str]]:
    """The command line over so many lines of a library, as a process."""
    files, lines = _files()
    begin = time.perf_counter()
    command = [sys.executable, "-m", "loopless", "check", "--output-format", "concise", *files]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    taken = time.perf_counter() - begin
    found = sum(bool(re.match(r".+:\d+:\d+:", line)) for line in done.stdout.splitlines())
    yield f"check of {len(files)} files, {lines:,} lines", f"{taken:.2f} s", "≤ 2.5 s on 2 cores"
    yield "findings", str(found), "about one in 1,500 lines"
    begin = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "loopless", "--version"], capture_output=True, check=False
    )
    yield "start of the command line", _ms(time.perf_counter() - begin), ""


def _files() -> tuple[list[str], int]:
    chosen: list[str] = []
    lines = 0
    for folder in ("nn", "optim", "distributions", "_inductor", "ao", "distributed", "fx"):
        for path in sorted((LIBRARY / folder).rglob("*.py")):
            if lines < CHECKED_LINES:
                chosen.append(os.fspath(path))
                lines += path.read_bytes().count(b"\n")
    return chosen, lines


def code() -> Iterator[tuple[str, str, str]]:
    """What the rewrites of the cases cost beside an expert's version."""
    ratios: list[float] = []
    for case in cases():
        if case.expert and (ratio := _ratio(case, case.expert)) is not None:
            ratios.append(ratio)
            yield case.name, f"{ratio:.2f}", "≥ 0.8 of the expert's speed"
    if ratios:
        mean = math.exp(statistics.fmean(map(math.log, ratios)))
        yield "geometric mean", f"{mean:.2f}", "≥ 1.0"


def _ratio(case: Case, expert: str) -> float | None:
    """How many times as fast as the expert's version the rewritten code is, or None where there is none."""
    done = rewrite(case.before, ("safe", "unsafe"))
    if not done.applied:
        return None
    size = {0: 1, 1: 100_000, 2: 512, 3: 96}.get(len(symbols(case.inputs)), 24)
    sample = replace(PLAN[0], sizes=(size,) * 8)
    ours, theirs = function_of(done.text), function_of(expert)
    pairs: list[float] = []
    try:
        for _ in range(15):
            mine = _seconds(ours, make(case.inputs, sample))
            pairs.append(_seconds(theirs, make(case.inputs, sample)) / mine)
    except Exception as error:
        print(f"  {case.name}: {type(error).__name__}: {error}")
        return None
    return statistics.median(pairs[3:])


def _seconds(function: Callable[..., Any], inputs: dict[str, Any]) -> float:
    begin = time.perf_counter()
    function(**inputs)
    return time.perf_counter() - begin


def _ms(seconds: float) -> str:
    return f"{seconds * 1e3:,.1f} ms"


if __name__ == "__main__":
    main()
