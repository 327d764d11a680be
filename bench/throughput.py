"""Lines per second over torch's own sources: the engine alone, one process per job, nothing cached."""

from __future__ import annotations

import argparse
import multiprocessing
import time
from pathlib import Path

from bench.sources import files, torch_folder
from loopless.pipeline import analyze


def one(given: tuple[Path, str]) -> tuple[Path, int, float, int]:
    """Path, lines, seconds and findings of one file."""
    path, text = given
    begin = time.perf_counter()
    analysis = analyze(text)
    return path, text.count("\n"), time.perf_counter() - begin, len(analysis.findings)


def main() -> None:
    """Print the total and the slowest files."""
    parser = argparse.ArgumentParser(prog="bench throughput", description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--lines", type=int, default=245_000)
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    texts = list(files(options.folder or torch_folder(), options.lines))
    begin = time.perf_counter()
    with multiprocessing.get_context("fork").Pool(options.jobs) as pool:
        rows = list(pool.imap_unordered(one, texts, chunksize=8))
    took = time.perf_counter() - begin
    lines = sum(r[1] for r in rows)
    print(
        f"{len(rows)} files, {lines} lines, {sum(r[3] for r in rows)} findings in {took:.2f} s"
        f" with {options.jobs} jobs: {lines / took / 1000:.0f} thousand lines per second"
    )
    for path, count, seconds, _ in sorted(rows, key=lambda r: -r[2])[:8]:
        print(f"  {1000 * seconds:8.1f} ms {count:7} lines  {path}")


if __name__ == "__main__":
    main()
