"""`loopless explain` and `loopless rule`: things to read."""

from __future__ import annotations

import argparse
import sys
from difflib import get_close_matches

from loopless.cli.files import CannotRead, Wanted, read


def explain(options: argparse.Namespace) -> int:
    """Print all there is to say about the loop on a line."""
    from loopless.explain import explanation
    from loopless.report import report
    from loopless.source.text import SourceText

    name, line = place(options.place)
    if line is None:
        file, colon, _ = name.rpartition(":")
        print(f"error: say which line: {file if colon else name}:LINE", file=sys.stderr)
        return 2
    try:
        file = read(Wanted(name, True), {}, isolated=False)
    except CannotRead as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    lines = len(file.text.splitlines())
    if not 1 <= line <= max(lines, 1):
        print(f"error: there is no line {line}: {name} has {lines}", file=sys.stderr)
        return 2
    found = report(file.text, file.settings, file.path)
    said = explanation(SourceText.of(file.text), found, line - 1)
    sys.stdout.write(said or f"line {line}: no loop over tensors\n")
    return 0


def rule(options: argparse.Namespace) -> int:
    """Print the page of a pattern, or the list of all patterns."""
    from loopless.catalog import PATTERNS, pattern_by_slug

    if options.slug is None:
        width = max((len(pattern.slug) for pattern in PATTERNS), default=0)
        for pattern in PATTERNS:
            print(f"{pattern.slug:{width}}  {pattern.title}")
        return 0
    pattern = pattern_by_slug(options.slug)
    if pattern is None:
        close = get_close_matches(options.slug, [known.slug for known in PATTERNS], n=1)
        hint = f"; did you mean `{close[0]}`?" if close else ""
        print(f"error: there is no pattern `{options.slug}`{hint}", file=sys.stderr)
        return 2
    print(pattern.doc.strip())
    return 0


def place(text: str) -> tuple[str, int | None]:
    """A file and a line, counted from 1, written as FILE:LINE; or a file alone."""
    name, colon, line = text.rpartition(":")
    return (name, int(line)) if colon and line.isdecimal() else (text, None)
