"""Subscripts that may be masks: of unshown dtype, under a name that says so."""

from __future__ import annotations

import re

from loopless.finding import Span
from loopless.ir.value import Value, reads_of
from loopless.lift.context import Lifting
from loopless.lift.stop import stop
from loopless.lift.types import type_of

_SAYS_SO = re.compile(
    r"(^|_)(is|has|mask|masks|masked|valid|visible|ignore|active|done|present|flags?)(_|$)|mask"
)


def refuse_truths(value: Value, span: Span, lifting: Lifting) -> None:
    """Stop where a subscript may hold truth values, which choose as many places as they like, or places."""
    kind = type_of(value, lifting.scope)
    if (
        not kind.is_tensor
        or kind.rank == 0
        or not (kind.dtype is None or kind.dtype.startswith("of:"))
    ):
        return
    for read in reads_of(value):
        if _SAYS_SO.search(read.root):
            raise stop(
                "unknown-dtype", f"whether `{read.root}` holds places or truth values is not shown", span,
                f"say so: `{read.root} = {read.root}.bool()`",
            )  # fmt: skip
