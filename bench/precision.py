"""Findings per 1,000 lines over library code, each with its place: the noise that a user would see.

About 0.5 to 0.7 true offers per 1,000 lines exist; more than 1 means that some are false.
"""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path

from bench.sources import files, torch_folder
from loopless.pipeline import analyze


def main() -> None:
    """Print every finding and the density."""
    parser = argparse.ArgumentParser(prog="bench precision", description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--lines", type=int, default=10**9)
    parser.add_argument("--tests", action="store_true", help="count test code too")
    parser.add_argument("--show", action="store_true", help="print the loops and the new code")
    options = parser.parse_args()
    folder = options.folder or torch_folder()
    codes: Counter[str] = Counter()
    kinds: Counter[str] = Counter()
    lines = loops = 0
    for path, text in files(folder, options.lines):
        if not options.tests and ("testing" in path.parts or "test" in path.name):
            continue
        lines += text.count("\n")
        analysis = analyze(text)
        loops += len(analysis.findings) + len(analysis.refusals)
        for finding in analysis.findings:
            kind = finding.actions[0].applicability if finding.actions else "display"
            codes[finding.code] += 1
            kinds[kind] += 1
            line = text.count("\n", 0, finding.span.start) + 1
            print(f"{path.relative_to(folder)}:{line} {finding.code} {kind}: {finding.message}")
            if options.show:
                _show(text, finding)
    total = sum(codes.values())
    print(
        f"\n{lines} lines, {loops} loops looked at, {total} findings: {1000 * total / max(lines, 1):.2f}",
        end="",
    )
    print(f" per 1,000 lines; {dict(kinds)}; {dict(codes.most_common())}")


def _show(text: str, finding) -> None:
    print(text[finding.span.start : finding.span.end])
    for action in finding.actions:
        print(f"  -> {action.applicability} {action.grade} {action.title} {action.assumptions}")
        for edit in action.edits:
            print("     " + edit.text.replace("\n", "\n     "))


if __name__ == "__main__":
    main()
