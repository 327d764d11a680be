"""Writes what comes from the code: docs/patterns.md, docs/settings.md, the code map of ARCHITECTURE.md."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from typing import Any

from loopless.catalog import PATTERNS
from loopless.pattern import Pattern
from loopless.settings.keys import KEYS, Key

ROOT = Path(__file__).resolve().parent.parent
SERVER = ROOT / "server" / "loopless"
DOCS = ROOT / "docs"
ARCHITECTURE = ROOT / "ARCHITECTURE.md"
HEAD = """\
<!-- Written by `make docs` from the files in patterns/loopless_patterns. Edit those. -->

# Patterns

What Loopless finds, in the order in which it looks. The name under each title is the code of the
diagnostic, the word in `--select` and `--ignore`, and the word in `# loopless: ignore[…]`. The tests
run every example: the first text is rewritten to the second, and both give the same values.

"""

SETTINGS_HEAD = """\
<!-- Written by `make docs` from server/loopless/settings/keys.py. Edit that. -->

# Settings

In `loopless.toml`, in the table `[tool.loopless]` of `pyproject.toml`, or in the editor (in VS Code
as `loopless.codeLens` for `code-lens`). The nearest file above the one that is open applies.

```toml
[tool.loopless]
ignore = ["host-read"]
exclude = ["generated/**"]

[tool.loopless.verify]
device = "cpu"
```

| name | values | what it says |
|---|---|---|
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


def settings_page() -> str:
    """The whole page of the settings."""
    return SETTINGS_HEAD + "".join(
        f"| `{k.name}` | {values(k.schema)} | {said(k)} |\n" for k in KEYS
    )


def said(key: Key) -> str:
    """What a key is for, and who may set it."""
    return f"{key.doc} Only in the editor." if key.editor_only else key.doc


def values(schema: dict[str, Any]) -> str:
    """What a JSON schema allows, in words, and the default."""
    default = schema.get("default")
    known = f", by default `{json.dumps(default)}`" if "default" in schema else ""
    if "enum" in schema:
        others = [f"`{json.dumps(each)}`" for each in schema["enum"] if each != default]
        return ", ".join(others) + known
    words = {
        "array": "list of strings",
        "boolean": "`true` or `false`",
        "integer": "whole number",
        "number": "number",
        "object": "table",
        "string": "string",
    }
    return words[schema["type"]] + known


def main() -> None:
    """Write all."""
    DOCS.mkdir(exist_ok=True)
    for path, text in pages().items():
        path.write_text(text, encoding="utf-8")


def pages() -> dict[Path, str]:
    """Each page that has something generated in it, as it should be."""
    return {
        DOCS / "patterns.md": patterns_page(),
        DOCS / "settings.md": settings_page(),
        ARCHITECTURE: architecture(ARCHITECTURE.read_text(encoding="utf-8")),
    }


if __name__ == "__main__":
    main()
