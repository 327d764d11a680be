"""Saved values that may be in the memory that they were read from, and what to do where that changes."""

from __future__ import annotations

from loopless.emit.code import Code
from loopless.emit.draft import Setting
from loopless.emit.fit import is_new
from loopless.emit.printer import Printer
from loopless.emit.unprintable import Unprintable
from loopless.ir.value import Apply, OnItem, Value, reads_of
from loopless.lift.piece import Define
from loopless.lift.types import type_of


def outlives(piece: Define, code: Code, setting: Setting, printer: Printer) -> bool:
    """Whether a number was taken from memory that changes, in words that may not copy it: `int(m[i])` as `m.long()`."""
    if not _may_be_view(code, piece.value, printer):
        return False
    scope, changed = setting.scope, setting.lifting.changed
    roots = {read.root for read in reads_of(piece.value)}
    if not any(root == name or scope.may_alias(root, name) for root in roots for name in changed):
        return False
    if type_of(piece.value, scope).is_tensor:
        raise Unprintable(
            "aliasing", f"`{piece.name}` may be in memory that changes, which its dtype decides"
        )
    return True


def _may_be_view(code: Code, value: Value, printer: Printer) -> bool:
    """Whether a value may be in the memory that it is read from: as `m.bool()`, where `m` is of bool already."""
    match value:
        case Apply("Tensor.clone" | "torch.clone"):
            return False
        case Apply(_, (_,)) | OnItem(_, (_,)):
            return not code.number and bool(code.axes) and not is_new(code, value, printer)
        case _:
            return False
