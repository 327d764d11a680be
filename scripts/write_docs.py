"""Writes what comes from docstrings: docs/patterns.md, and the code map of ARCHITECTURE.md."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from loopless.catalog import PATTERNS
from loopless.pattern import Pattern

ROOT = Path(__file__).resolve().parent.parent
SERVER = ROOT / "server" / "loopless"
PAGE = ROOT / "docs" / "patterns.md"
ARCHITECTURE = ROOT / "ARCHITECTURE.md"
HEAD = """\
<!-- Written by `make docs` from the files in patterns/loopless_patterns. Edit those. -->

# Patterns

What Loopless finds, in the order in which it looks. The name under each title is the code of the
diagnostic, the word in `--select` and `--ignore`, and the word in `# loopless: ignore[…]`. The tests
run every example: the first text is rewritten to the second, and both give the same values.

"""

# The folders and files of the server in the order in which text flows through them.
STAGES = (
    "source",
    "ir",
    "facts",
    "dependence",
    "lift",
    "",
    "emit",
    "verify",
    "settings",
    "cli",
    "lsp",
)
MAP = re.compile(
    r"(?<=<!-- code map, written by `make docs` -->\n).*(?=<!-- end of code map -->)", re.DOTALL
)


def patterns_page(patterns: tuple[Pattern, ...] = PATTERNS) -> str:
    """The whole page of the patterns."""
    contents = "".join(f"- [{each.title}](#{each.slug}): `{each.slug}`\n" for each in patterns)
    return HEAD + contents + "".join(section(each) for each in patterns)


def section(pattern: Pattern) -> str:
    """One pattern: its title, with an anchor by its slug, and its explanation."""
    lines = pattern.doc.strip().splitlines()
    if lines[0].rstrip(".") == pattern.title:
        lines = lines[1:]
    text = "\n".join(lines).strip()
    return f'\n<a id="{pattern.slug}"></a>\n\n## {pattern.title}\n\n`{pattern.slug}`\n\n{text}\n'


def architecture(page: str) -> str:
    """The page with its code map written again."""
    return MAP.sub(lambda _: f"\n{code_map()}\n", page)


def code_map() -> str:
    """Every file with the first sentence of its docstring, folder by folder."""
    return "\n".join(table for stage in STAGES if (table := stage_map(stage)))


def stage_map(stage: str) -> str:
    """The files of one folder; those of folders in it are one row."""
    folder = SERVER / stage
    if not folder.is_dir():
        return ""
    files = sorted(path for path in folder.glob("*.py") if path.name != "__init__.py")
    inner = sorted(path for path in folder.iterdir() if stage and (path / "__init__.py").exists())
    title = f"`{stage}/`" if stage else "Between the stages"
    opening = first_sentence(folder / "__init__.py") if stage else "Contracts, and the line itself."
    rows = [
        f"| `{file.relative_to(SERVER).as_posix()}` | {first_sentence(file)} |" for file in files
    ]
    rows += [
        f"| `{path.relative_to(SERVER).as_posix()}/` | {first_sentence(path / '__init__.py')} |"
        for path in inner
    ]
    return (
        f"**{title}** {opening}\n\n| file | what it holds |\n|---|---|\n" + "\n".join(rows) + "\n"
    )


def first_sentence(path: Path) -> str:
    """What the first paragraph of a docstring says, on one line."""
    if not path.exists():
        return ""
    text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return " ".join(text.split("\n\n")[0].split()).replace("|", "\\|")


def main() -> None:
    """Write both."""
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(patterns_page(), encoding="utf-8")
    page = architecture(ARCHITECTURE.read_text(encoding="utf-8"))
    ARCHITECTURE.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
