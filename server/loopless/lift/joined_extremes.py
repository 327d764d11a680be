"""Stores of the larger of what a place holds and what comes: `top[g[i]] = torch.maximum(top[g[i]], x[i])`.

Unlike a comparison, `torch.maximum` hands NaN on. So does `scatter_reduce` with "amax", which shares the gradient among
equal values as well.
"""

from __future__ import annotations

from dataclasses import replace

from loopless.dependence.feasible import proves
from loopless.ir.poly import Axis, poly
from loopless.ir.value import Apply, At, Int, Pick, Read, Reduce, Value, axes_of, reads_of, sub_axes
from loopless.lift.context import Lifting
from loopless.lift.piece import Write

_JOINING = {
    "torch.maximum": "amax", "torch.max": "amax", "Tensor.maximum": "amax", "Tensor.max": "amax",
    "torch.minimum": "amin", "torch.min": "amin", "Tensor.minimum": "amin", "Tensor.min": "amin",
}  # fmt: skip
JOINED = frozenset(_JOINING.values())


def joined_extreme(piece: Write, axis: Axis, lifting: Lifting) -> Write | None:
    """The store as an update that joins what comes to what is there; None where it is no such store."""
    if piece.op in JOINED:
        return _on(piece, axis)
    found = _joined(piece)
    if found is None or not all(isinstance(s, At | Pick) for s in piece.subs):
        return None
    op, new = found
    if _touches(piece, new, lifting):
        return None
    if axis in sub_axes(piece.subs):
        return _on(replace(piece, op=op, value=new, augmented=False, regrouped=True), axis)
    if piece.when is not None or axis not in axes_of(new):
        return None
    own = Read(piece.root, piece.subs)
    best = Reduce(op.removeprefix("a"), axis, new)
    runs = None if proves(axis.extent - 1, []) else Apply(">", (Int(axis.extent), Int(poly(0))))
    return replace(piece, value=Apply(f"torch.{op[1:]}imum", (own, best)), when=runs)


def _joined(piece: Write) -> tuple[str, Value] | None:
    """Which of the two stays, and what comes to what the place holds."""
    own = Read(piece.root, piece.subs)
    match piece.value:
        case Apply(name, (left, right), ()) if piece.op is None and name in _JOINING:
            if left == own and right != own:
                return _JOINING[name], right
            return (_JOINING[name], left) if right == own and left != own else None
        case _:
            return None


def _on(piece: Write, axis: Axis) -> Write | None:
    """Each iteration has its own place, or shares it with others."""
    moving = sub_axes(piece.subs)
    asked = set(axes_of(piece.value))
    if piece.when is not None:
        asked |= axes_of(piece.when)
    if axis not in moving or asked & {axis, *piece.axes} - moving:
        return None
    return replace(piece, axes=(axis, *piece.axes))


def _touches(piece: Write, new: Value, lifting: Lifting) -> bool:
    """Whether anything else reads what is stored into."""
    values = [new, *(s.value for s in piece.subs if isinstance(s, Pick))]
    if piece.when is not None:
        values.append(piece.when)
    scope = lifting.scope
    return any(
        r.root == piece.root or scope.may_alias(r.root, piece.root)
        for value in values
        for r in reads_of(value)
    )
