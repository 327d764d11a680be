"""Raw tables of settings -> checked values and problems, and layers of values -> `Settings`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, cast

from loopless.settings.keys import BY_NAME, KEYS, Key
from loopless.settings.model import Settings, VerifySettings

Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Problem:
    """A sentence about a key that was not understood, named as the user wrote it."""

    key: str
    message: str


@dataclass(frozen=True, slots=True)
class Layer:
    """The values that one place sets, by dotted name, and what was wrong with the others."""

    values: Values = field(default_factory=dict[str, Any])
    problems: tuple[Problem, ...] = ()


def layer(table: Mapping[str, Any], *, editor: bool) -> Layer:
    """The settings in a table as it came from TOML or from an editor, which spells keys in camelCase."""
    values: dict[str, Any] = {}
    problems: list[Problem] = []
    for written, value in _flattened(table):
        key = BY_NAME.get(_kebab(written))
        wrong = _unknown(written) if key is None else _wrong(key, value, editor)
        if wrong:
            problems.append(Problem(written, wrong))
        elif key is not None and not (editor and _is_default(key, value)):
            values[key.name] = value
    return Layer(values, tuple(problems))


def settings_from(*layers: Values) -> Settings:
    """The settings of several layers; where two set a key, the earlier one wins."""
    values: dict[str, Any] = {}
    for one in reversed(layers):
        values.update(one)
    defaults, verify = Settings(), VerifySettings()
    return Settings(
        select=tuple(values.get("select", ())),
        ignore=tuple(values.get("ignore", ())),
        per_file_ignores=tuple(
            (glob, tuple(slugs)) for glob, slugs in values.get("per-file-ignores", {}).items()
        ),
        exclude=tuple(values.get("exclude", ())),
        severity=tuple(values.get("severity", {}).items()),
        tests=values.get("tests", defaults.tests),
        line_width=values.get("line-width", defaults.line_width),
        code_lens=values.get("code-lens", defaults.code_lens),
        hover=values.get("hover", defaults.hover),
        trusted=values.get("trusted", defaults.trusted),
        verify=VerifySettings(
            device=values.get("verify.device", verify.device),
            timeout=values.get("verify.timeout", verify.timeout),
            memory=values.get("verify.memory", verify.memory),
            interpreter=values.get("verify.interpreter", verify.interpreter),
        ),
    )


def _flattened(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Each key with a value, nested tables of keys written with dots; an editor's null sets nothing."""
    for name, value in table.items():
        written = f"{prefix}{name}"
        if value is None:
            continue
        if isinstance(value, Mapping) and _is_table(written):
            yield from _flattened(cast("Mapping[str, Any]", value), f"{written}.")
        else:
            yield written, value


def _is_default(key: Key, value: object) -> bool:
    """Whether an editor may have sent the value without the user: some send all defaults, as if chosen."""
    return not key.editor_only and value == key.schema.get("default")


def _is_table(written: str) -> bool:
    return any(key.name.startswith(f"{_kebab(written)}.") for key in KEYS)


def _kebab(written: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "-", written).replace("_", "-").lower()


def _unknown(written: str) -> str:
    close = get_close_matches(_kebab(written), BY_NAME, n=1)
    hint = f"; did you mean `{close[0]}`?" if close else ""
    return f"unknown setting `{written}`{hint}"


def _wrong(key: Key, value: object, editor: bool) -> str:
    if key.editor_only and not editor:
        return f"`{key.name}` is taken from the editor only, never from a file of the project"
    wrong = _misfit(key.schema, value)
    return f"`{key.name}` {wrong}" if wrong else ""


def _misfit(schema: Mapping[str, Any], value: object) -> str:
    """How the value breaks the schema, or nothing; of JSON schema, just what `KEYS` uses."""
    if "enum" in schema:
        return _misfit_choice(schema["enum"], value)
    match schema["type"]:
        case "boolean":
            return "" if isinstance(value, bool) else "must be true or false"
        case "string":
            return "" if isinstance(value, str) else "must be a string"
        case "integer" | "number":
            return _misfit_number(schema, value)
        case "array":
            items = cast("list[object]", value) if isinstance(value, list) else [None]
            wrong = any(not isinstance(item, str) for item in items)
            return "must be a list of strings" if wrong else ""
        case _:
            return _misfit_table(schema["additionalProperties"], value)


def _misfit_choice(choices: list[str], value: object) -> str:
    if value in choices:
        return ""
    close = get_close_matches(str(value), choices, n=1)
    hint = f"; did you mean `{close[0]}`?" if close else ""
    return f"must be one of {', '.join(choices)}{hint}"


def _misfit_number(schema: Mapping[str, Any], value: object) -> str:
    kinds = (int,) if schema["type"] == "integer" else (int, float)
    if isinstance(value, bool) or not isinstance(value, kinds):
        return "must be a whole number" if schema["type"] == "integer" else "must be a number"
    if value < schema["minimum"]:
        return f"must be at least {schema['minimum']}"
    if value > schema.get("maximum", value):
        return f"must be at most {schema['maximum']}"
    return ""


def _misfit_table(schema: Mapping[str, Any], value: object) -> str:
    if not isinstance(value, Mapping):
        return "must be a table"
    for name, item in cast("Mapping[str, object]", value).items():
        if wrong := _misfit(schema, item):
            return f"of `{name}` {wrong}"
    return ""
