"""A pattern's page, taken apart: what such a loop does, when it may be rewritten, and what may change."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from loopless.catalog import pattern_by_slug

_CODE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
_ITEM = re.compile(r"^- ", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Page:
    """The parts of a page, each in one line."""

    title: str
    about: str
    holds: tuple[str, ...]
    change: str
    memory: str = ""


@lru_cache(maxsize=128)
def page_of(slug: str) -> Page | None:
    """The page of the pattern of that name."""
    pattern = pattern_by_slug(slug)
    if pattern is None:
        return None
    _, *parts = _CODE.sub("", pattern.doc).split("\n\n")
    texts = [text for part in parts if (text := part.strip())]
    about = [text for text in texts if not _is_headed(text) and not text.startswith("- ")]
    lists = [_ITEM.split(text)[1:] for text in texts if text.startswith("- ")]
    return Page(
        title=pattern.title,
        about=" ".join(map(_joined, about)),
        holds=tuple(_joined(item).rstrip(";.") for items in lists for item in items),
        change=_under("May change", texts),
        memory=_under("Memory", texts),
    )


def _is_headed(text: str) -> bool:
    return text.startswith(("Holds when:", "May change:", "Memory:"))


def _under(head: str, texts: list[str]) -> str:
    """What the page says after a word and a colon."""
    return next(
        (_joined(t.removeprefix(f"{head}:")) for t in texts if t.startswith(f"{head}:")), ""
    )


def _joined(text: str) -> str:
    return " ".join(text.split())
