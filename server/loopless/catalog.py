"""The patterns, in the order in which they are tried. The only import of `loopless_patterns`."""

from __future__ import annotations

from collections.abc import Sequence

from loopless.facts.scope import Scope
from loopless.lift.piece import Piece
from loopless.pattern import Pattern

PATTERNS: tuple[Pattern, ...] = ()


def pattern_by_slug(slug: str) -> Pattern | None:
    """The pattern that reports `slug`, or None."""
    return next((pattern for pattern in PATTERNS if pattern.slug == slug), None)


def slug_of(pieces: Sequence[Piece], collectors: Sequence[object], scope: Scope) -> tuple[str, str]:
    """The slug of the first pattern that knows a piece, and its sentence."""
    return "elementwise", "computes a tensor element by element"
