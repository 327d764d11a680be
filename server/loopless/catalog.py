"""The patterns, in the order in which they are tried. The only import of `loopless_patterns`."""

from __future__ import annotations

from loopless.pattern import Pattern

PATTERNS: tuple[Pattern, ...] = ()


def pattern_by_slug(slug: str) -> Pattern | None:
    """The pattern that reports `slug`, or None."""
    return next((pattern for pattern in PATTERNS if pattern.slug == slug), None)
