"""Every key that a user may set, with the values it takes: read by the parser, the schema and the documentation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Key:
    """One setting: its dotted name in TOML, a JSON schema of its value, and a sentence for the user.

    `editor_only` marks what a repository must not decide for the people who open it.
    """

    name: str
    schema: dict[str, Any]
    doc: str
    editor_only: bool = False


_SLUGS: dict[str, Any] = {"type": "array", "items": {"type": "string"}}
_NO_SLUGS: dict[str, Any] = {**_SLUGS, "default": []}
_ON: dict[str, Any] = {"type": "boolean", "default": True}
_OFF: dict[str, Any] = {"type": "boolean", "default": False}
_SEVERITY: dict[str, Any] = {"enum": ["error", "warning", "information", "hint"]}

KEYS: tuple[Key, ...] = (
    Key("select", _NO_SLUGS, "Report these patterns only; all of them when empty."),
    Key("ignore", _NO_SLUGS, "Do not report these patterns."),
    Key(
        "per-file-ignores",
        {"type": "object", "additionalProperties": _SLUGS, "default": {}},
        "Patterns not to report in files whose path matches a glob.",
    ),
    Key("exclude", _NO_SLUGS, "Globs of files and folders that are left alone."),
    Key(
        "severity",
        {"type": "object", "additionalProperties": _SEVERITY, "default": {}},
        "How loudly to report: by applicability (`safe`, `unsafe`, `display`) or by pattern.",
    ),
    Key("tests", _OFF, "Whether test files (`tests/`, `test_*.py`) are looked at too."),
    Key(
        "line-width",
        {"type": "integer", "minimum": 40, "maximum": 400},
        "The longest line that a rewrite may have; by default that of ruff or black in pyproject.toml.",
    ),
    Key("code-lens", _ON, "Whether editors show a verify lens above each finding."),
    Key("hover", _ON, "Whether hovering over a loop's header explains it."),
    Key(
        "verify.device",
        {"enum": ["auto", "cpu", "cuda", "mps"], "default": "auto"},
        "Where verify runs; `auto` takes a GPU when there is one.",
    ),
    Key(
        "verify.timeout",
        {"type": "number", "minimum": 1, "maximum": 3600, "default": 60},
        "Seconds after which a verify run is stopped.",
    ),
    Key(
        "verify.memory",
        {"type": "integer", "minimum": 256, "default": 4096},
        "MiB of memory that a verify run may use.",
    ),
    Key(
        "verify.interpreter",
        {"type": "string", "default": ""},
        "The Python that verify runs, with its own torch.",
        editor_only=True,
    ),
    Key("trusted", _ON, "Whether code of the workspace may be run.", editor_only=True),
    Key(
        "configuration-preference",
        {"enum": ["file-first", "editor-first", "editor-only"], "default": "file-first"},
        "Whether configuration files or the editor's settings win where both set a key.",
        editor_only=True,
    ),
)

BY_NAME: dict[str, Key] = {key.name: key for key in KEYS}


def file_schema() -> dict[str, Any]:
    """The JSON schema of `loopless.toml` and of `[tool.loopless]`."""
    root: dict[str, Any] = {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Loopless",
        "type": "object",
        "additionalProperties": False,
        "properties": {},
    }
    for key in KEYS:
        if key.editor_only:
            continue
        table = root
        *tables, last = key.name.split(".")
        for name in tables:
            fresh: dict[str, Any] = {
                "type": "object",
                "additionalProperties": False,
                "properties": {},
            }
            table = table["properties"].setdefault(name, fresh)
        table["properties"][last] = {**key.schema, "description": key.doc}
    return root
