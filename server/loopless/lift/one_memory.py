"""Two names for one tensor of the body: what changes the one in place, as `+=` does, changes the other (trap T19)."""

from __future__ import annotations

from collections.abc import Iterable

from loopless.facts.operations import Rule, lookup
from loopless.facts.scope import Scope, target_names
from loopless.facts.sharing import sharers
from loopless.facts.swaps import but_swaps
from loopless.finding import Span
from loopless.ir import tree
from loopless.ir.poly import Cell
from loopless.ir.value import Apply, Int, OnItem, Read, Value
from loopless.ir.walk import every_statement
from loopless.lift.context import Frame, Lifting, Unbound
from loopless.lift.piece import Append
from loopless.lift.stop import stop
from loopless.lift.types import type_of

# What a function of the file is given may have a name where it is called.
_GIVEN = "·given"


def note_level(body: tuple[tree.Stmt, ...], lifting: Lifting) -> None:
    """Note what the statements of a loop make one memory, in whatever order they run."""
    for statement in but_swaps(body):
        for inner in every_statement((statement,)):
            match inner:
                case tree.Assign(target, value):
                    for name in target_names(target):
                        _share(name, _held_by(value, lifting.scope), lifting)
                case _:
                    pass


def note_binding(target: tree.Expr, value: tree.Expr, frame: Frame, lifting: Lifting) -> None:
    """Note that an assignment gives names other memory than they had, or that of other names."""
    match target, value:
        case tree.Display(_, targets), tree.Display(_, values) if len(targets) == len(values):
            pairs = list(zip(targets, values, strict=True))
        case _:
            pairs = [(target, value)]
    found = [
        (name, _held_by(part, lifting.scope)) for to, part in pairs for name in target_names(to)
    ]
    if frame.when is None:
        for name, others in found:
            if name not in others:
                _forget(name, lifting)
    for name, others in found:
        _share(name, others, lifting)


def _held_by(value: tree.Expr, scope: Scope) -> frozenset[str]:
    """The names whose memory a value may be; what begins as a number may be a tensor in the next iteration."""
    match value:
        case tree.Name(name):
            return sharers(value, scope) | {name}
        case tree.Choice(_, then, otherwise):
            return _held_by(then, scope) | _held_by(otherwise, scope)
        case _:
            return sharers(value, scope)


def note_given(names: Iterable[str], lifting: Lifting) -> None:
    """Note that parameters hold what the caller has under other names."""
    for name in names:
        lifting.held.setdefault(name, set()).add(_GIVEN)


def _share(name: str, others: Iterable[str], lifting: Lifting) -> None:
    group = {name, *others, *(o for other in others for o in lifting.held.get(other, ()))}
    for member in group:
        lifting.held.setdefault(member, set()).update(group - {member})


def _forget(name: str, lifting: Lifting) -> None:
    for other in lifting.held.pop(name, set()):
        lifting.held.get(other, set()).discard(name)


def refuse_other_names(
    name: str, old: Value, new: Value, frame: Frame, lifting: Lifting, span: Span
) -> None:
    """Stop where another name, or a list, may hold the memory of what `name` is about to change."""
    if not _is_changed_in_place(name, old, new, lifting.scope):
        return
    others = lifting.held.get(name, set()) & (lifting.loop_names | {_GIVEN} | frame.env.keys())
    if others:
        shown = next(iter(sorted(others - {_GIVEN})), "the caller's tensor")
        raise stop("in-place", f"`{name}` is changed in place, and `{shown}` with it", span)
    memory = _memory(old)
    for other, bound in frame.env.items():
        if other == name or isinstance(bound, Unbound):
            continue
        if memory & _memory(bound) and type_of(bound, lifting.scope).is_tensor:
            raise stop("in-place", f"`{name}` is changed in place, and `{other}` with it", span)
    for piece in frame.pieces:
        if isinstance(piece, Append) and memory & _memory(piece.value):
            raise stop(
                "in-place", f"`{name}` is changed in place, and `{piece.root}` holds it", span
            )


def _is_changed_in_place(name: str, old: Value, new: Value, scope: Scope) -> bool:
    """Whether a name holds a tensor before it changes; one that is carried may begin as a number."""
    if type_of(old, scope).is_tensor:
        return True
    match old:
        case Read(root, ()) if root == name:
            return type_of(new, scope).kind not in {"int", "float", "bool"}
        case Int(p):
            return Cell(name) in p.atoms() and type_of(new, scope).is_tensor
        case _:
            return False


def _memory(value: Value) -> frozenset[Value]:
    """The values whose memory a value may be: itself, what it is a view of, what it chooses from."""
    match value:
        case Apply("where", (_, then, otherwise)):
            return _memory(then) | _memory(otherwise)
        case OnItem(op, (inner, *_)):
            known = lookup(op)
            views = known is None or known.alias or known.rule is Rule.VIEW
            return _memory(inner) | {value} if views else frozenset({value})
        case _:
            return frozenset({value})
