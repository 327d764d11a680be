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
from loopless.finding import Missed
from loopless.ir.poly import Dim, Poly
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
    held_in,
    reads_of,
    sub_polys,
    walk,
)
from loopless.lift.context import Lifting
from loopless.lift.piece import Append, Define, Piece, Write, values_of
from loopless.lift.ranks import pointwise_leaves
from loopless.lift.subscript import is_full
from loopless.lift.types import COMPARISONS, LOGIC, type_of

Role = Literal["places", "truths", "numbers", "tensors", "mixed"]
Kind = Literal["any", "exact", "tensor", "number", "truth", "place", "other"]

# Names that say list, not tensor: no guess is offered about them.
_LISTS = frozenset(
    "shape size dim param parameter grad gradient tensor layer module name arg kwarg group optimizer device "
    "file path token word line epoch batch loader dataset bucket node edge state key value item list dtype "
    "block stage level scale head dims axes axis sizes shapes strides stride args self cls".split()
)


def is_container(name: str, scope: Scope) -> bool:
    """Whether a name may be a tensor or a list, and neither is shown."""
    listed = name.rstrip("s") in _LISTS or name in _LISTS
    unknown = scope.fact(name).kind == "unknown" and name in scope.locals
    return unknown and scope.world.has_torch and not listed


def take_for_tensor(name: str, lifting: Lifting, missed: Missed | None = None) -> None:
    """Go on as if the name were a tensor: by assumption, unless what the loop shows lets a list become one.

    `missed` is the reason why the loop stays where it does not, instead of the assumption.
    """
    lifting.assume(assumption(name))
    lifting.containers[name] = lifting.containers.get(name) or missed
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
    contexts = [pair for piece in pieces for pair in _contexts(piece, collectors, lifting.scope)]
    for value, context in contexts:
        for name, use in _uses(value, context, uses.keys(), lifting.scope):
            uses[name].append(use)
    if any(isinstance(piece, Write) and piece.root in uses for piece in pieces):
        return None
    if any(_asks_sizes(piece, uses) for piece in pieces):
        return None
    found: dict[str, Role] = {
        name: role for name, of in uses.items() if (role := _role(of)) is not None
    }
    numbers = [name for name, role in found.items() if role in {"truths", "numbers", "mixed"}]
    touched = (value for value, _ in contexts if _mentions(value, numbers))
    if not all(_is_tame(inner, numbers, lifting.scope) for v in touched for inner in walk(v)):
        return None
    return found if len(found) == len(uses) else None


def meets_unknown(pieces: Iterable[Piece], shown: Mapping[str, Role], scope: Scope) -> str | None:
    """A name of unknown kind that items meet which may be rows: a number, or a tensor of any rank."""
    names = [name for name, role in shown.items() if role in {"tensors", "mixed"}]
    for piece in pieces:
        if isinstance(piece, Write) and piece.subs:
            continue
        for value in values_of(piece):
            for inner in walk(value):
                if isinstance(inner, Apply) and inner.op != "where" and _mentions(inner, names):
                    for arg in inner.args:
                        if isinstance(arg, Ref) and _is_unknown(arg.text, scope):
                            return arg.text
    return None


def _is_unknown(name: str, scope: Scope) -> bool:
    return name in scope.locals and scope.fact(name).kind == "unknown"


@dataclass(frozen=True, slots=True)
class _Use:
    """One use of an item: as what, and whether its shape is the same in every iteration.

    `met` says that what comes of it is a tensor also where the item is a number; `place` is the part of the item.
    """

    kind: Kind
    pinned: bool = False
    met: bool = False
    place: int | None = None


def _role(uses: list[_Use]) -> Role | None:
    kinds = {use.kind for use in uses}
    if not kinds or "other" in kinds:
        return None
    if kinds == {"place"}:
        return "places"
    places = {use.place for use in uses}
    pinned = any(use.pinned for use in uses)
    if None not in places:
        # Taken apart into all of its parts: an item has no others.
        pinned = len(places) > 1 and places == set(range(len(places)))
        if "tensor" in kinds:
            # Tensors in a list in a list, or parts of one: no one call makes a tensor of both.
            return None
    if "tensor" in kinds and "place" not in kinds:
        return "tensors" if pinned else None
    if kinds == {"truth"}:
        return "truths" if places == {None} else None
    if kinds <= {"number", "truth"}:
        return "numbers" if places == {None} or pinned else None
    met = all(use.met for use in uses if use.kind == "any")
    return "mixed" if pinned and met and kinds <= {"any", "number", "truth"} else None


def _contexts(
    piece: Piece, collectors: Mapping[str, str], scope: Scope
) -> Iterator[tuple[Value, _Use]]:
    """The values of a piece, each with what becomes of it."""
    if isinstance(piece, Append | Write | Define):
        for axis in piece.axes:
            yield Int(axis.extent), _Use("any")
    match piece:
        case Append(root, value, when):
            match collectors.get(root):
                case "torch.stack":
                    yield value, _Use("tensor", True, met=True)
                case "torch.tensor":
                    yield value, _Use("number", True)
                case _:
                    yield value, _Use("tensor", met=True)
            if when is not None:
                yield when, _Use("truth")
        case Write(root, subs, _, value, when):
            # A number goes into a tensor of doubles as it is.
            kind: Kind = "any" if not subs or scope.dtype(root) == "float32" else "exact"
            yield value, _Use(kind, bool(subs), met=bool(subs))
            for sub in subs:
                if isinstance(sub, Pick):
                    yield sub.value, _Use("place")
            if when is not None:
                yield when, _Use("truth")
        case Define(_, value):
            yield value, _Use("any")
        case _:
            # A level that stays a loop.
            for inner in piece.pieces:
                yield from ((value, _Use("other")) for value, _ in _contexts(inner, {}, scope))


def _uses(
    value: Value, use: _Use, names: Iterable[str], scope: Scope
) -> Iterator[tuple[str, _Use]]:
    """Every use of an item of a container inside of a value that is used as `use`."""
    match value:
        case Ref(text):
            if text in names:
                yield text, _Use("other")
        case Int() | Read():
            yield from _uses_in_places(value, use, names, scope)
        case Apply(op, args):
            for at, arg in enumerate(args):
                yield from _uses(arg, _operand(op, args, at, use, names, scope), names, scope)
            for _, keyword in value.keywords:
                yield from _uses(keyword, _Use("other"), names, scope)
        case OnItem():
            for arg, inner in _arguments(value, use, names, scope):
                yield from _uses(arg, inner, names, scope)
        case _:
            inner = _Use("any")
            if isinstance(value, Reduce):
                yield from _uses(Int(value.axis.extent), inner, names, scope)
            for child in children(value):
                truth = isinstance(value, Reduce) and child is value.when
                yield from _uses(child, _Use("truth") if truth else inner, names, scope)


def _of_item(subs: tuple[Sub, ...], use: _Use) -> _Use:
    """The use of an item or of a part of it at a constant place."""
    match subs:
        case (Pick(), *_):
            # Looked up by what may be a key.
            return _Use("other")
        case (At(), At(place)) if (known := place.constant) is not None and known >= 0:
            return replace(use, pinned=False, place=known)
        case (At(), *rest) if all(is_full(s) for s in rest):
            return use
        case _:
            return _Use("other")


def _uses_in_places(
    value: Int | Read, use: _Use, names: Iterable[str], scope: Scope
) -> Iterator[tuple[str, _Use]]:
    """The uses in a read and in its subscripts, and in integers that are computed from data."""
    subs = value.subs if isinstance(value, Read) else ()
    if isinstance(value, Read) and value.root in names:
        yield value.root, _of_item(subs, use)
    for sub in subs:
        if isinstance(sub, Pick):
            yield from _uses(sub.value, _Use("place"), names, scope)
    polys = list(sub_polys(subs)) if isinstance(value, Read) else [value.poly]
    for held in (inner for p in polys for inner in held_in(p)):
        # What bounds a slice or a range is a whole number.
        yield from ((name, _Use("place")) for name, _ in _uses(held, use, names, scope))


def _operand(
    op: str, args: tuple[Value, ...], at: int, use: _Use, names: Iterable[str], scope: Scope
) -> _Use:
    """What an operand of a pointwise operation is used as."""
    others = [arg for k, arg in enumerate(args) if k != at]
    match op, args:
        case "bool", [Apply(inner)] if inner in COMPARISONS:
            # Of a comparison it says no more than that does.
            return use
        case _:
            pass
    if op in LOGIC or op == "bool" or (op == "where" and at == 0):
        return _Use("truth")
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
        return _Use("tensor" if at == 0 else "any", pinned, met=True)
    met = use.met or pinned
    if use.kind == "tensor" and not _only_items_of_one(args, names, scope):
        # Any of the operands may be the tensor.
        return _Use("any", pinned, met)
    kind = "any" if use.kind == "exact" and pinned and not use.pinned else use.kind
    return _Use(kind, pinned, met)


def _only_items_of_one(args: tuple[Value, ...], names: Iterable[str], scope: Scope) -> bool:
    """Whether operands are items of one container and numbers: if one item is a tensor, all of them are."""
    leaves = [leaf for arg in args for leaf in pointwise_leaves(arg)]
    roots = {leaf.root for leaf in leaves if isinstance(leaf, Read) and leaf.root in names}
    rest = [leaf for leaf in leaves if not (isinstance(leaf, Read) and leaf.root in names)]
    return len(roots) == 1 and all(_is_number(leaf, scope) for leaf in rest)


def _compared(op: str, use: _Use, others: list[Value], pinned: bool, scope: Scope) -> _Use:
    """An operand of a comparison: strings and anything else can be equal, only numbers are in order."""
    if op in {"==", "!="} and not all(_is_number(other, scope) for other in others):
        return _Use("other")
    return _Use("number" if use.kind == "truth" else "any", pinned, use.met or pinned)


def _is_number(value: Value, scope: Scope) -> bool:
    """Whether a value is surely a Python number."""
    if isinstance(value, Const) and isinstance(value.value, str | bytes | None):
        return False
    return type_of(value, scope).kind in {"int", "float", "bool"}


def _anchors(value: Value, names: Iterable[str], scope: Scope) -> bool:
    """Whether a value has the shape of a tensor that is no item of a container: what meets it has that shape."""
    if not _mentions(value, names):
        kind = type_of(value, scope)
        return kind.is_tensor and kind.rank != 0
    match value:
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
                yield part, _Use("other")
                continue
            pinned = _keeps_shape(known, value.op, use, tensors, part, names, scope)
            yield part, _Use("tensor", pinned, met=True)


# Operations on trailing dimensions whose result shows the shape of every operand.
_SHOWING = frozenset("outer ger fft fft2 fftn ifft ifft2 ifftn tril triu inv cholesky".split())


def _keeps_shape(
    known: Operation,
    op: str,
    use: _Use,
    tensors: list[Value],
    argument: Value,
    names: Iterable[str],
    scope: Scope,
) -> bool:
    """Whether an argument has one shape in every iteration, given that the result has (`use.pinned`) or not."""
    short = op.rsplit(".", 1)[-1]
    if known.batched == "loss":
        return any(_given_to_loss(tensor, names, scope) for tensor in tensors)
    if known.rule in {Rule.ALONG, Rule.VIEW, Rule.LIKE} or short in _SHOWING:
        return use.pinned
    if short in {"unsqueeze", "transpose", "permute", "movedim", "t", "flip", "roll"}:
        return use.pinned
    others = [tensor for tensor in tensors if tensor is not argument]
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


def _is_tame(value: Value, names: Iterable[str], scope: Scope) -> bool:
    """Whether numbers may be rounded to the default dtype before an operation instead of after it.

    Not where their difference from another number is taken: seconds since 1970 have no fraction left in float32.
    """
    match value:
        case Apply("+" | "-"):
            varying = [a for a in _summands(value) if not isinstance(a, Const | Int)]
            if any(_anchors(a, names, scope) for a in varying):
                # In the tensor's own dtype, whatever the number was.
                return True
            own = all(_mentions(a, names) for a in varying)
            return own and len({r for a in varying for r in reads_of(a)}) <= 1
        case Apply("**", (base, power)):
            # Python's integers have no end.
            exponent = power.poly.constant if isinstance(power, Int) else None
            return exponent is not None and (exponent >= 0 or not _mentions(base, names))
        case Apply("//" | "%" | "int" | "float" | "item", args):
            return not any(_mentions(arg, names) for arg in args)
        case Apply(op, args):
            return not op.startswith("math.") or not any(_mentions(arg, names) for arg in args)
        case _:
            return True


def _summands(value: Value) -> Iterator[Value]:
    match value:
        case Apply("+" | "-" | "neg", args):
            for arg in args:
                yield from _summands(arg)
        case _:
            yield value


def _asks_sizes(piece: Piece, names: Iterable[str]) -> bool:
    """Whether the loop asks for the size of an item: who asks has items of several sizes."""
    return any(
        isinstance(atom, Dim) and atom.root in names and atom.dim > 0
        for p in _polys(piece)
        for atom in p.atoms()
    )


def _polys(piece: Piece) -> Iterator[Poly]:
    if isinstance(piece, Write):
        yield from sub_polys(piece.subs)
    for value in values_of(piece):
        for inner in walk(value):
            match inner:
                case Int(p):
                    yield p
                case Read(_, subs):
                    yield from sub_polys(subs)
                case _:
                    pass


def _mentions(value: Value, names: Iterable[str]) -> bool:
    return any(
        (isinstance(inner, Read) and inner.root in names)
        or (isinstance(inner, Ref) and inner.text in names)
        for inner in walk(value)
    )
