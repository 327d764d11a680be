"""Names for what the lines of a rewrite spell more than once: ranges, ends of slices, masks."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from loopless.emit.places import places_of, replaced_in
from loopless.finding import Edit

WIDTH = 99
_ASSIGNED = re.compile(r"\s*(\w+) [-+*/]?= ")
_BARE = re.compile(r"(?<![\w\])])\((\w+)\)")


def with_parts_named(
    lines: list[str],
    edits: list[Edit],
    parts: Mapping[str, str],
    free: frozenset[str],
    text: str,
    changed: frozenset[str],
) -> tuple[list[str], list[Edit]]:
    """The lines and the edits elsewhere, with each of `parts` that they repeat on a line of its own before them.

    A name is `free` if the loop bound it and nobody reads it afterwards; else it must be new to the file. What reads
    a tensor that the lines change stays where it is.
    """
    first: list[str] = []
    changed = frozenset(word for name in changed for word in _words(name)) - {"self"}
    shown = [*lines, *(edit.text for edit in edits)]
    waiting: list[tuple[str, str]] = list(parts.items())
    while waiting:
        part, name = waiting.pop(0)
        count = sum(len(places_of(part, line)) for line in shown)
        wide = name != "places" and any(
            len(line) > WIDTH and places_of(part, line) for line in shown
        )
        fits = _fits(name, part, shown, first, free, text) and _may_move(part, shown, first)
        if not (count > 1 or (count and wide)) or _read_by(part) & changed or not fits:
            continue
        first.append(f"{name} = {part}")
        shown = [_swapped(line, part, name) for line in shown]
        waiting = [(_swapped(other, part, name), its) for other, its in waiting]
    pairs = zip(edits, shown[len(lines) :], strict=True)
    return [*first, *shown[: len(lines)]], [replace(edit, text=new) for edit, new in pairs]


def _may_move(part: str, shown: list[str], first: list[str]) -> bool:
    """Whether a part means the same before all lines: it stands under no test, and no line gives its names values."""
    if any(line.startswith((" ", "\t")) and places_of(part, line) for line in shown):
        return False
    given = {found[1] for line in shown if (found := _ASSIGNED.match(line))}
    own = {line.partition(" = ")[0] for line in first}
    return not _words(part) & (given - own)


def _read_by(text: str) -> set[str]:
    """The names whose elements a text reads."""
    return _words(re.sub(r"\b[\w.]+\.(shape|device|dtype|is_floating_point)\b", "", text))


def _words(text: str) -> set[str]:
    return set(re.findall(r"[A-Za-z_]\w*", text))


def _swapped(text: str, part: str, name: str) -> str:
    return _BARE.sub(r"\1", replaced_in(text, part, name))


def _fits(
    name: str, part: str, lines: list[str], first: list[str], free: frozenset[str], text: str
) -> bool:
    if (
        name not in free
        and (name in _words(text))
        and not any(f.startswith(f"{name} = ") for f in first)
    ):
        return False
    # A name may get a second value where nothing else asks for the first any more.
    return not any(name in _words(replaced_in(line, part, "_")) for line in lines)
