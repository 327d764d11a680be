"""The output formats of `check`."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from pathlib import PurePath
from typing import Any

from loopless import __version__
from loopless.cli.rows import Place, Row


def concise(rows: Sequence[Row]) -> str:
    """One line for each finding."""
    return "".join(f"{_head(row)}\n" for row in rows)


def full(rows: Sequence[Row]) -> str:
    """The line itself and the rewrites below each finding."""
    return "".join(f"{_head(row)}\n{row.excerpt}{row.detail}\n" for row in rows)


def as_json(rows: Sequence[Row]) -> str:
    """A list of findings."""
    return json.dumps([row.json for row in rows], indent=2, ensure_ascii=False) + "\n"


def github(rows: Sequence[Row]) -> str:
    """Workflow commands that GitHub shows on the changed lines."""
    return "".join(_github(row) for row in rows)


def sarif(rows: Sequence[Row]) -> str:
    """SARIF 2.1.0, for code scanning."""
    rules = [{"id": code, "name": code} for code in sorted({row.code for row in rows})]
    driver = {"name": "loopless", "version": __version__, "rules": rules}
    run: dict[str, Any] = {
        "tool": {"driver": driver},
        # Our columns count code points.
        "columnKind": "unicodeCodePoints",
        "results": [_sarif(row) for row in rows],
    }
    schema = "https://json.schemastore.org/sarif-2.1.0.json"
    return json.dumps({"$schema": schema, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


FORMATS: dict[str, Callable[[Sequence[Row]], str]] = {
    "concise": concise,
    "full": full,
    "json": as_json,
    "sarif": sarif,
    "github": github,
}

_SARIF_LEVELS = {"error": "error", "warning": "warning", "information": "note", "hint": "note"}
_GITHUB_LEVELS = {"error": "error", "warning": "warning", "information": "notice", "hint": "notice"}


def _head(row: Row) -> str:
    applicability = row.json.get("applicability")
    grade = row.json.get("grade")
    mark = f" [{applicability}, {grade}]" if grade else ""
    return f"{row.path}:{row.place.line}:{row.place.column}: {row.code}: {row.message}{mark}"


def _github(row: Row) -> str:
    place = f"file={_property(row.path)},line={row.place.line},col={row.place.column},endLine={row.place.end_line}"
    title = _property(f"loopless ({row.code})")
    level = _GITHUB_LEVELS[row.severity]
    return f"::{level} {place},title={title}::{_escaped(row.message)}\n"


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _escaped(text).replace(":", "%3A").replace(",", "%2C")


def _sarif(row: Row) -> dict[str, Any]:
    artifact = {"uri": PurePath(row.path).as_posix()}
    region = _region(row.place)
    # The same loop keeps its fingerprint when lines above it come and go.
    code_of_place = "".join(row.excerpt.partition("|")[2].splitlines()[:1]).strip()
    content = f"{row.path}\0{row.code}\0{code_of_place}"
    digest = hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()
    fixes = [
        {
            "description": {"text": action["title"]},
            "artifactChanges": [
                {
                    "artifactLocation": artifact,
                    "replacements": [_replacement(edit) for edit in action["edits"]],
                }
            ],
        }
        for action in row.json.get("actions", ())
        if action["edits"]
    ]
    return {
        "ruleId": row.code,
        "level": _SARIF_LEVELS[row.severity],
        "message": {"text": row.message},
        "locations": [{"physicalLocation": {"artifactLocation": artifact, "region": region}}],
        "partialFingerprints": {"loopless/v1": digest},
        "fixes": fixes,
    }


def _replacement(edit: dict[str, Any]) -> dict[str, Any]:
    place = Place(edit["line"], edit["column"], edit["end_line"], edit["end_column"])
    return {"deletedRegion": _region(place), "insertedContent": {"text": edit["text"]}}


def _region(place: Place) -> dict[str, int]:
    return {
        "startLine": place.line,
        "startColumn": place.column,
        "endLine": place.end_line,
        "endColumn": place.end_column,
    }
