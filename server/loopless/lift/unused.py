"""Saved values that nothing asks for."""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import replace

from loopless.ir.value import Temp, Value, walk
from loopless.lift.piece import Define, Kept, Piece, values_of


def without_unused(
    pieces: list[Piece], asked: Iterable[Value], saved: Container[str]
) -> list[Piece]:
    """The pieces without those of the `saved` values that neither another piece nor a value of `asked` reads."""
    outside = {v.name for value in asked for v in walk(value) if isinstance(v, Temp)}
    while True:
        used = outside | {name for piece in pieces for name in _read(piece)}
        kept = _kept(pieces, used, saved)
        if kept == pieces:
            return kept
        pieces = kept


def _read(piece: Piece) -> set[str]:
    """The saved values that a piece reads, what a value says of itself left out."""
    if isinstance(piece, Kept):
        inner = {name for part in piece.pieces for name in _read(part)}
        asked = () if piece.when is None else walk(piece.when)
        return inner | {v.name for v in asked if isinstance(v, Temp)}
    own = {piece.name} if isinstance(piece, Define) else set[str]()
    read = {v.name for value in values_of(piece) for v in walk(value) if isinstance(v, Temp)}
    return read - own


def _kept(pieces: Iterable[Piece], used: set[str], saved: Container[str]) -> list[Piece]:
    found: list[Piece] = []
    for piece in pieces:
        match piece:
            case Define(name) if name in saved and name not in used:
                continue
            case Kept():
                found.append(replace(piece, pieces=tuple(_kept(piece.pieces, used, saved))))
            case _:
                found.append(piece)
    return found
