"""Memory that changes while values wait: what they have read is computed before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loopless.facts.liveness import reads_of_block
from loopless.facts.scope import names_changed
from loopless.finding import Span
from loopless.ir import tree
from loopless.ir.value import (
    Apply,
    Const,
    Int,
    Read,
    Ref,
    Temp,
    Value,
    cells_of,
    reads_of,
)
from loopless.lift.cells import aside, assigned_in
from loopless.lift.context import Frame, Unbound
from loopless.lift.overlap import may_touch
from loopless.lift.piece import Append, Piece, Write
from loopless.lift.stop import stop
from loopless.lift.types import type_of

if TYPE_CHECKING:
    from loopless.lift.execute import Executor


def before_write(executor: Executor, piece: Piece, frame: Frame) -> None:
    """Save the names whose waiting value reads what `piece` is about to change."""
    scope = executor.scope
    for name, value in list(frame.env.items()):
        if isinstance(value, Unbound | Const | Int | Ref):
            continue
        if not any(may_touch(piece, read, scope) for read in reads_of(value) if read.subs):
            continue
        if isinstance(value, Read) and type_of(value, scope).rank != 0:
            # A view: the name sees the change, as memory does.
            continue
        if isinstance(value, Read) and isinstance(piece, Write) and piece.root == value.root:
            # A 0-d item is a view as well: `t = a[i]` sees a later store to a[i] (trap T19).
            continue
        if name not in executor.lifting.live.union(*executor.later):
            frame.env[name] = Unbound(f"`{name}` was computed from what changes")
            continue
        if _may_be_view(value):
            raise stop(
                "view",
                f"`{name}` may be a view of `{_root_of(piece)}`, which changes",
                piece.span,
            )
        executor.lifting.saved.add(_save(name, value, piece.span, executor, frame))


def before_steps(executor: Executor, pieces: tuple[Piece, ...], frame: Frame) -> None:
    """Save the names whose waiting value reads a name that a loop that stays is about to assign."""
    assigned = assigned_in(pieces)
    for name, value in list(frame.env.items()):
        if name not in assigned and not isinstance(value, Unbound) and cells_of(value) & assigned:
            _save(name, value, pieces[0].span, executor, frame)


def before_loop(executor: Executor, loop: tree.For, frame: Frame) -> None:
    """Save the names whose waiting value reads memory that a loop changes: it reads them as they were before."""
    changed = names_changed((loop,))
    if not changed:
        return
    asked = reads_of_block((loop,))
    for name, value in list(frame.env.items()):
        if name not in asked or isinstance(value, Unbound | Const | Int | Ref | Read):
            continue
        roots = {read.root for read in reads_of(value) if read.subs}
        if any(r == c or executor.scope.may_alias(r, c) for r in roots for c in changed):
            executor.lifting.saved.add(_save(name, value, loop.header, executor, frame))


def _save(name: str, value: Value, span: Span, executor: Executor, frame: Frame) -> str:
    """Give a waiting value a name of its own here; the name under which it is from now on."""
    saved = aside(name, value, span, executor.lifting)
    frame.pieces.append(saved)
    frame.env[name] = Temp(saved.name, ())
    return saved.name


def _may_be_view(value: Value) -> bool:
    """A choice that gives an item itself on one way: the name sees later stores to it, or not (trap T19)."""
    match value:
        case Apply("where", (_, then, otherwise)):
            return any(isinstance(v, Read) or _may_be_view(v) for v in (then, otherwise))
        case _:
            return False


def _root_of(piece: Piece) -> str:
    return piece.root if isinstance(piece, Write | Append) else "memory"
