"""Text that may be broken over lines, and where: Wadler's documents (A prettier printer, 2003)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Break:
    """A line end where the group around is broken, else `flat`."""

    flat: str = ""


@dataclass(frozen=True, slots=True)
class IfBroken:
    """Text that is there only where the group around is broken."""

    text: str


@dataclass(frozen=True, slots=True)
class Indent:
    """Parts whose lines start one unit further in."""

    parts: tuple[Doc, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """Parts that stand on one line if they fit, else break at each of their own breaks."""

    parts: tuple[Doc, ...]


Doc: TypeAlias = "str | Break | IfBroken | Indent | Group"

_Item = tuple[int, bool, Doc]


def rendered(doc: Doc, width: int, margin: int, unit: str) -> list[str]:
    """The lines of a document whose first line starts at column `margin`; further ones without that margin."""
    lines = [""]
    todo: list[_Item] = [(0, True, doc)]
    while todo:
        depth, broken, part = todo.pop()
        match part:
            case str():
                lines[-1] += part
            case IfBroken(text):
                lines[-1] += text if broken else ""
            case Break(flat):
                if broken:
                    lines.append(unit * depth)
                else:
                    lines[-1] += flat
            case Indent(parts):
                todo += [(depth + 1, broken, p) for p in reversed(parts)]
            case Group(parts):
                room = width - margin - len(lines[-1])
                breaks = not _fits(parts, todo, room)
                todo += [(depth, breaks, p) for p in reversed(parts)]
    return lines


def _fits(parts: tuple[Doc, ...], rest: list[_Item], room: int) -> bool:
    """Whether parts fit on the line with what follows them up to the next place that is broken."""
    # What follows may be broken as well, at its own first place.
    todo: list[tuple[bool, Doc]] = [(broken, part) for _, broken, part in rest]
    todo += [(False, part) for part in reversed(parts)]
    while todo and room >= 0:
        broken, part = todo.pop()
        match part:
            case str():
                room -= len(part)
            case IfBroken(text):
                room -= len(text) if broken else 0
            case Break(flat):
                if broken:
                    return True
                room -= len(flat)
            case Indent(inner) | Group(inner):
                todo += [(broken, p) for p in reversed(inner)]
    return room >= 0
