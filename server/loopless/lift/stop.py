"""How a stage of lifting gives up on one loop: an exception that never leaves `lift`."""

from __future__ import annotations

from loopless.finding import Missed, Span

# Where a reason has no place of its own: the loop's header takes its place.
NOWHERE = Span(0, 0)


class StopLifting(Exception):
    """Carries the reason why a loop stays."""

    def __init__(self, missed: Missed) -> None:
        super().__init__(missed.reason)
        self.missed = missed


def stop(code: str, reason: str, span: Span, unblock: str = "") -> StopLifting:
    """The exception for one reason."""
    return StopLifting(Missed(code, reason, span, unblock=unblock))
