"""The contract of a pattern file."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pattern:
    """One computation that loops spell out: its slug ("sum-reduction"), title and documentation in Markdown."""

    slug: str
    title: str
    doc: str
