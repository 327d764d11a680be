"""Writes docs/patterns.md from the docstrings of the patterns."""

from __future__ import annotations

from pathlib import Path

from loopless.catalog import PATTERNS
from loopless.pattern import Pattern

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "patterns.md"
HEAD = """\
<!-- Written by `make docs` from the files in patterns/loopless_patterns. Edit those. -->

# Patterns

What Loopless finds, in the order in which it looks. The name under each title is the code of the
diagnostic, the word in `--select` and `--ignore`, and the word in `# loopless: ignore[…]`. The tests
run every example: the first text is rewritten to the second, and both give the same values.

"""


def patterns_page(patterns: tuple[Pattern, ...] = PATTERNS) -> str:
    """The whole page."""
    contents = "".join(f"- [{each.title}](#{each.slug}): `{each.slug}`\n" for each in patterns)
    return HEAD + contents + "".join(section(each) for each in patterns)


def section(pattern: Pattern) -> str:
    """One pattern: its title, with an anchor by its slug, and its explanation."""
    lines = pattern.doc.strip().splitlines()
    if lines[0].rstrip(".") == pattern.title:
        lines = lines[1:]
    text = "\n".join(lines).strip()
    return f'\n<a id="{pattern.slug}"></a>\n\n## {pattern.title}\n\n`{pattern.slug}`\n\n{text}\n'


def main() -> None:
    """Write the page."""
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(patterns_page(), encoding="utf-8")


if __name__ == "__main__":
    main()
