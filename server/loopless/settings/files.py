"""The configuration file that applies to a folder: found, read, and its problems put in their places."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from loopless.finding import Span
from loopless.settings.read import Layer, Problem, layer
from loopless.source.text import SourceText

NAMES = ("loopless.toml", "pyproject.toml")


@dataclass(frozen=True, slots=True)
class PlacedProblem:
    """A problem at the place in the file where the key stands."""

    span: Span
    message: str


@dataclass(frozen=True, slots=True)
class ConfigurationFile:
    """A file that sets something, what it sets, and what is wrong with it."""

    path: Path
    text: str
    layer: Layer
    problems: tuple[PlacedProblem, ...] = ()

    @property
    def folder(self) -> Path:
        """The folder whose files it is about."""
        return self.path.parent


def nearest(folder: Path) -> ConfigurationFile | None:
    """The configuration of the nearest folder, this one or above, that has any."""
    places = (in_folder(place) for place in (folder, *folder.parents))
    return next((found for found in places if found), None)


def in_folder(folder: Path) -> ConfigurationFile | None:
    """The configuration in a folder; `loopless.toml` comes before `pyproject.toml`."""
    found = (read(folder / name) for name in NAMES)
    return next((file for file in found if file), None)


def read(path: Path) -> ConfigurationFile | None:
    """The configuration in a file; None if there is no such file, or it says nothing to Loopless."""
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return None
    return parsed(path, text)


def parsed(path: Path, text: str) -> ConfigurationFile | None:
    """The configuration that a file with this text holds."""
    own = path.name == "loopless.toml"
    if not own and "loopless" not in text:
        return None
    try:
        whole = _toml(text)
    except ValueError as error:
        problem = PlacedProblem(_error_span(text, str(error)), f"not TOML: {error}")
        return ConfigurationFile(path, text, Layer(), (problem,))
    except ModuleNotFoundError as error:
        problem = PlacedProblem(Span(0, 0), f"cannot be read by this Python: {error}")
        return ConfigurationFile(path, text, Layer(), (problem,))
    table = whole if own else _subtable(whole, "tool", "loopless")
    if table is None:
        return None
    read_layer = layer(table, editor=False)
    values = {**_line_width_of_formatters(whole), **read_layer.values}
    placed = tuple(
        PlacedProblem(_key_span(text, problem, "" if own else "tool.loopless."), problem.message)
        for problem in read_layer.problems
    )
    return ConfigurationFile(path, text, Layer(values, read_layer.problems), placed)


def _toml(text: str) -> dict[str, Any]:
    # Not at the top: most runs meet no configuration file, and `--version` should not pay for it.
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    return tomllib.loads(text)


def _subtable(table: object, *names: str) -> dict[str, Any] | None:
    if not isinstance(table, dict):
        return None
    inside = cast("dict[str, Any]", table)
    return _subtable(inside.get(names[0]), *names[1:]) if names else inside


def _line_width_of_formatters(whole: dict[str, Any]) -> dict[str, Any]:
    """The line width that the project's formatter is told to keep."""
    for tool in ("ruff", "black"):
        width = (_subtable(whole, "tool", tool) or {}).get("line-length")
        if isinstance(width, int) and 40 <= width <= 400:
            return {"line-width": width}
    return {}


def _error_span(text: str, message: str) -> Span:
    place = re.search(r"at line (\d+)", message)
    source = SourceText.of(text)
    line = int(place[1]) - 1 if place else len(source.starts) - 1
    return source.line_span(min(line, len(source.starts) - 1))


def _key_span(text: str, problem: Problem, prefix: str) -> Span:
    """Where the key stands, by a reading of TOML line by line; the first line when it is not found."""
    wanted = _parts(f"{prefix}{problem.key}")
    table: tuple[str, ...] = ()
    source = SourceText.of(text)
    for line in range(len(source.starts)):
        span = source.line_span(line)
        content = text[span.start : span.end]
        if header := re.match(r"\s*\[+([^\]]+)\]", content):
            table = _parts(header[1])
        elif (entry := re.match(r"\s*([^=#]+?)\s*=", content)) and wanted == (
            *table,
            *_parts(entry[1]),
        ):
            return Span(span.start + entry.start(1), span.start + entry.end(1))
        if header and table == wanted:
            return Span(span.start + header.start(1), span.start + header.end(1))
    return source.line_span(0)


def _parts(dotted: str) -> tuple[str, ...]:
    return tuple(part.strip().strip("\"'") for part in dotted.split("."))
