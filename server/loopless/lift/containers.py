"""Containers: names of unknown kind that a loop walks, and what the loop shows of their items.

Such a name is a tensor, or a list or tuple of tensors or numbers (presumption P8 of ARCHITECTURE.md). What the loop
does with the items shows what would make a tensor of a list, and whether anything can.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from loopless.facts.operations import Operation, Rule, bind, lookup
from loopless.facts.scope import Scope
from loopless.ir.value import (
    Apply,
    At,
    Const,
    Int,
    OnItem,
    Pick,
    Read,
    Reduce,
    Ref,
    Sub,
    Value,
    children,
    reads_of,
    walk,
)
from loopless.lift.context import Lifting
from loopless.lift.piece import Append, Define, Piece, Write
from loopless.lift.subscript import is_full
from loopless.lift.types import COMPARISONS, LOGIC, type_of

Role = Literal["places", "numbers", "tensors"]
Kind = Literal["any", "tensor", "number", "truth", "place", "other"]

# Names that say list, not tensor: no guess is offered about them.
_LISTS = frozenset(
    "shape size dim param parameter grad gradient tensor layer module name arg kwarg group optimizer device "
    "file path token word line epoch batch loader dataset bucket node edge state key value item list dtype "
    "block stage level scale head dims axes axis sizes shapes strides stride args".split()
)


def is_container(name: str, scope: Scope) -> bool:
    """Whether a name may be a tensor or a list, and neither is shown."""
    listed = name.rstrip("s") in _LISTS or name in _LISTS
    unknown = scope.fact(name).kind == "unknown" and name in scope.locals
    return unknown and scope.world.has_torch and not listed


def take_for_tensor(name: str, lifting: Lifting) -> None:
    """Go on as if the name were a tensor: by assumption, unless what the loop shows lets a list become one."""
    lifting.assume(assumption(name))
    lifting.containers.add(name)
    scope = lifting.scope
    scope.names[name] = scope.fact(name).but(kind="tensor", presumed=True)


def assumption(name: str) -> str:
    """What is assumed of a container where nothing lets a list become a tensor."""
    return f"`{name}` is a tensor"


def roles(
    pieces: Iterable[Piece], collectors: Mapping[str, str], lifting: Lifting
) -> dict[str, Role] | None:
    """What the items of each container are; None where the loop does not show it of one of them.

    `collectors` has for each list that the loop fills the function that collects it.
    """
    uses: dict[str, list[_Use]] = {name: [] for name in lifting.containers}
    contexts = [pair for piece in pieces for pair in _contexts(piece, collectors)]
    for value, context in contexts:
        for name, use in _uses(value, context, uses.keys(), lifting.scope):
            uses[name].append(use)
    if any(isinstance(piece, Write) and piece.root in uses for piece in pieces):
        return None
    found: dict[str, Role] = {
        name: role for name, of in uses.items() if (role := _role(of)) is not None
    }
    numbers = [name for name, role in found.items() if role == "numbers"]
    if not all(_tame(value, numbers) for value, _ in contexts if _mentions(value, numbers)):
        return None
    return found if len(found) == len(uses) else None


@dataclass(frozen=True, slots=True)
class _Use:
    """One use of an item: as what, and whether its shape is the same in every iteration."""

    kind: Kind
    pinned: bool


def _role(uses: list[_Use]) -> Role | None:
    kinds = {use.kind for use in uses}
    if not kinds or "other" in kinds:
        return None
    if kinds == {"place"}:
        return "places"
    if "tensor" in kinds and "place" not in kinds:
        return "tensors" if any(use.pinned for use in uses) else None
    return "numbers" if kinds <= {"number", "truth"} else None


def _contexts(piece: Piece, collectors: Mapping[str, str]) -> Iterator[tuple[Value, _Use]]:
    """The values of a piece, each with what becomes of it."""
    match piece:
        case Append(root, value, when):
            match collectors.get(root):
                case "torch.stack":
                    yield value, _Use("tensor", True)
                case "torch.tensor":
                    yield value, _Use("number", True)
                case _:
                    yield value, _Use("tensor", False)
            if when is not None:
                yield when, _Use("truth", False)
        case Write(_, subs, _, value, when):
            yield value, _Use("any", bool(subs))
            for sub in subs:
                if isinstance(sub, Pick):
                    yield sub.value, _Use("place", False)
            if when is not None:
                yield when, _Use("truth", False)
        case Define(_, value):
            yield value, _Use("any", False)
        case _:
            # A level that stays a loop.
            for inner in piece.pieces:
                yield from ((value, _Use("other", False)) for value, _ in _contexts(inner, {}))


def _uses(
    value: Value, use: _Use, names: Iterable[str], scope: Scope
) -> Iterator[tuple[str, _Use]]:
    """Every use of an item of a container inside of a value that is used as `use`."""
    match value:
        case Ref(text):
            if text in names:
                yield text, _Use("other", False)
        case Read(root, subs):
            if root in names:
                yield root, use if _is_item(subs) else _Use("other", False)
            for sub in subs:
                if isinstance(sub, Pick):
                    yield from _uses(sub.value, _Use("place", False), names, scope)
        case Apply(op, args):
            for at, arg in enumerate(args):
                yield from _uses(arg, _operand(op, args, at, use, names, scope), names, scope)
            for _, keyword in value.keywords:
                yield from _uses(keyword, _Use("other", False), names, scope)
        case OnItem():
            for arg, inner in _arguments(value, use, names, scope):
                yield from _uses(arg, inner, names, scope)
        case _:
            inner = _Use("any", False)
            for child in children(value):
                truth = isinstance(value, Reduce) and child is value.when
                yield from _uses(child, _Use("truth", False) if truth else inner, names, scope)


def _is_item(subs: tuple[Sub, ...]) -> bool:
    """Whether subscripts take one whole item."""
    return bool(subs) and isinstance(subs[0], At | Pick) and all(is_full(s) for s in subs[1:])


def _operand(
    op: str, args: tuple[Value, ...], at: int, use: _Use, names: Iterable[str], scope: Scope
) -> _Use:
    """What an operand of a pointwise operation is used as."""
    others = [arg for k, arg in enumerate(args) if k != at]
    if op in LOGIC or op == "bool" or (op == "where" and at == 0):
        return _Use("truth", False)
    if op in {"int", "float"} or op.startswith("math."):
        return _Use("number", True)
    if op == "item":
        return _Use("tensor", True)
    pinned = use.pinned or any(_anchors(arg, names, scope) for arg in others)
    if op in COMPARISONS:
        return _compared(op, use, others, pinned, scope)
    if op == "where":
        return replace(use, pinned=pinned)
    if op.startswith(("torch.", "Tensor.")):
        return _Use("tensor" if at == 0 else "any", pinned)
    if use.kind == "tensor" and not all(_is_number(other, scope) for other in others):
        # Any of the operands may be the tensor.
        return _Use("any", pinned)
    return _Use(use.kind, pinned)


def _compared(op: str, use: _Use, others: list[Value], pinned: bool, scope: Scope) -> _Use:
    """An operand of a comparison: strings and anything else can be equal, only numbers are in order."""
    if op in {"==", "!="} and not all(_is_number(other, scope) for other in others):
        return _Use("other", False)
    return _Use("number" if use.kind == "truth" else "any", pinned)


def _is_number(value: Value, scope: Scope) -> bool:
    """Whether a value is surely a Python number."""
    if isinstance(value, Const) and isinstance(value.value, str | bytes | None):
        return False
    return type_of(value, scope).kind in {"int", "float", "bool"}


def _anchors(value: Value, names: Iterable[str], scope: Scope) -> bool:
    """Whether a value has the shape of a tensor that is no item of a container: what meets it has that shape."""
    match value:
        case Ref() | Read():
            kind = type_of(value, scope)
            root = value.text if isinstance(value, Ref) else value.root
            return root not in names and kind.is_tensor and kind.rank != 0
        case Apply(op, args) if op not in LOGIC and op != "item":
            return any(_anchors(arg, names, scope) for arg in args)
        case OnItem(op, (first, *_)):
            known = lookup(op)
            keeps = known is not None and known.rule in {Rule.ALONG, Rule.VIEW, Rule.LIKE}
            return keeps and _anchors(first, names, scope)
        case _:
            return False


def _arguments(
    value: OnItem, use: _Use, names: Iterable[str], scope: Scope
) -> Iterator[tuple[Value, _Use]]:
    """The arguments of an operation on items, each with what it is used as."""
    known = lookup(value.op)
    bound = None if known is None else bind(known, value.args, dict(value.keywords))
    if known is None or bound is None:
        for child in children(value):
            yield child, _Use("tensor" if ":" in value.op else "other", use.pinned)
        return
    tensors = [arg for name in known.tensors if isinstance(arg := bound.get(name), Value)]
    for name, arg in bound.items():
        for part in arg if isinstance(arg, tuple) else (arg,):
            if name not in known.tensors:
                yield part, _Use("other", False)
                continue
            others = [other for other in tensors if other is not part]
            yield part, _Use("tensor", _keeps_shape(known, value.op, use, others, names, scope))


# Operations on trailing dimensions whose result shows the shape of every operand.
_SHOWING = frozenset("outer ger fft fft2 fftn ifft ifft2 ifftn tril triu inv cholesky".split())


def _keeps_shape(
    known: Operation,
    op: str,
    use: _Use,
    others: list[Value],
    names: Iterable[str],
    scope: Scope,
) -> bool:
    """Whether an argument has one shape in every iteration, given that the result has (`use.pinned`) or not."""
    short = op.rsplit(".", 1)[-1]
    if known.batched == "loss" or short == "mse_loss":
        return any(_given_to_loss(other, names, scope) for other in others)
    if known.rule in {Rule.ALONG, Rule.VIEW, Rule.LIKE} or short in _SHOWING:
        return use.pinned
    if short in {"unsqueeze", "transpose", "permute", "movedim", "t", "flip", "roll"}:
        return use.pinned
    free = not any(read.root in names for other in others for read in reads_of(other))
    return use.pinned and short == "matmul" and free


def _given_to_loss(value: Value, names: Iterable[str], scope: Scope) -> bool:
    """Whether an argument of a loss has the shape of something that is the same in every iteration.

    What an item meets in the input of a loss is taken for a tensor, as the item is (P1).
    """
    if _anchors(value, names, scope):
        return True
    match value:
        case Apply(op, args) if op not in LOGIC and op not in COMPARISONS:
            refs = any(isinstance(a, Ref) and a.text.isidentifier() for a in args)
            return refs or any(_given_to_loss(arg, names, scope) for arg in args)
        case _:
            return False


def _tame(value: Value, names: Iterable[str]) -> bool:
    """Whether numbers may be rounded to the default dtype before the arithmetic instead of after it.

    Not where their difference from another value is taken: seconds since 1970 have no fraction left in float32.
    """
    return all(_is_tame(inner, names) for inner in walk(value))


def _is_tame(value: Value, names: Iterable[str]) -> bool:
    match value:
        case Apply("+" | "-"):
            varying = [a for a in _summands(value) if not isinstance(a, Const | Int)]
            own = all(_mentions(a, names) for a in varying)
            return len(varying) < 2 or (own and len({r for a in varying for r in reads_of(a)}) == 1)
        case Apply("**", (_, Int(power))):
            return power.constant is not None and power.constant >= 0
        case Apply("*" | "/" | "where" | "neg" | "abs" | "bool"):
            return True
        case Apply(op):
            return op in COMPARISONS or op in LOGIC
        case OnItem():
            return False
        case _:
            return True


def _summands(value: Value) -> Iterator[Value]:
    match value:
        case Apply("+" | "-" | "neg", args):
            for arg in args:
                yield from _summands(arg)
        case _:
            yield value


def _mentions(value: Value, names: Iterable[str]) -> bool:
    return any(read.root in names for read in reads_of(value))
