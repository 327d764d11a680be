"""How printing gives up on one plan: an exception that never leaves `emit`."""

from __future__ import annotations


class Unprintable(Exception):
    """Carries the reason why a plan has no text."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason
