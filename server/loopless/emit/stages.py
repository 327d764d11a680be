"""What the stages made of a loop, as text: its axes, what is known of its names, its dependences, its pieces.

Values are written in the named-axis form: `x{n, h + 1}` is one element, `Σ{h}` a sum over an axis, `where(…)` a choice.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from loopless.emit.sizes import size_text
from loopless.facts.fact import Fact
from loopless.facts.liveness import reads_of_block
from loopless.facts.scope import Scope, names_bound
from loopless.finding import Stages
from loopless.ir import tree
from loopless.ir.poly import Axis, Poly, Symbol, poly
from loopless.ir.value import (
    Apply,
    At,
    Best,
    Comb,
    Const,
    Cut,
    Int,
    New,
    OnItem,
    Pick,
    Previous,
    Read,
    Reduce,
    Ref,
    Rows,
    Scan,
    Sub,
    Temp,
    Tuple,
    Value,
    walk,
)
from loopless.lift.context import Lifting
from loopless.lift.piece import Append, Define, Kept, Piece, Write, free_axes, values_of

_FOLDS = {"+": "Σ", "*": "Π", "any": "∃", "all": "∀"}
_INFIX = frozenset("+ - * / // % ** @ & | ^ << >> == != < <= > >= and or is".split())


def stages_of(loop: tree.For, lifting: Lifting, pieces: Iterable[Piece]) -> Stages:
    """What each stage made of a loop that was lifted."""
    listed = tuple(pieces)
    axes = sorted({a for piece in listed for a in _axes(piece)}, key=lambda axis: axis.uid)
    return Stages(
        tuple(f"{axis.name} in 0:{_size(axis.extent)}" for axis in axes),
        facts_of(loop, lifting.scope),
        tuple(dict.fromkeys(lifting.dependences)),
        tuple(line for piece in listed for line in _piece(piece)),
    )


def facts_of(loop: tree.For, scope: Scope) -> tuple[str, ...]:
    """What is known of the names that a loop reads from outside, one line each."""
    known = set(scope.names) | set(scope.locals)
    own = names_bound((loop,)) - set(scope.names)
    names = sorted((reads_of_block((loop,)) & known) - own)
    return tuple(f"{name}: {_fact(name, scope)}" for name in names)


def _fact(name: str, scope: Scope) -> str:
    fact = scope.fact(name)
    if not fact.is_tensor:
        said = "unknown" if fact.kind == "unknown" else fact.kind
        itself = fact.poly is None or fact.poly == poly(Symbol(name))
        return said if itself else f"{said} = {_size(fact.poly)}"
    return ", ".join(["tensor", *_tensor(name, fact, scope)])


def _tensor(name: str, fact: Fact, scope: Scope) -> Iterator[str]:
    if fact.dims is not None:
        sizes = ", ".join("?" if d is None else _size(d) for d in fact.dims)
        yield f"rank {len(fact.dims)} ({sizes})"
    else:
        yield "rank unknown"
    dtype = scope.dtype(name)
    if dtype is None or dtype == f"of:{name}":
        yield "dtype unknown"
    else:
        yield dtype.replace("of:", "dtype of ")
    if fact.fresh:
        yield "new"
    if fact.view_of:
        yield f"view of {fact.view_of}"
    if fact.presumed:
        yield "by its use"


def _axes(piece: Piece) -> Iterator[Axis]:
    yield from free_axes(piece)
    match piece:
        case Write() | Define() | Append():
            yield from piece.axes
        case Kept():
            yield piece.axis
            for inner in piece.pieces:
                yield from _axes(inner)
    for value in values_of(piece):
        for inner in walk(value):
            if isinstance(inner, Reduce | Scan | Previous | Best):
                yield inner.axis


def _piece(piece: Piece) -> Iterator[str]:
    match piece:
        case Write(root, subs, op, value, when):
            target = f"{root}{_subs(subs)}" if subs else root
            yield f"{target} {op or ''}= {spelled(value)}{_when(when)}"
        case Define(name, value, axes):
            yield f"{name}{_over(axes)} := {spelled(value)}"
        case Append(root, value, when, axes):
            yield f"{root}{_over(axes)} ← {spelled(value)}{_when(when)}"
        case Kept(axis, _, _, pieces):
            yield f"for {axis.name}, in order:"
            yield from (f"    {line}" for inner in pieces for line in _piece(inner))


def _when(when: Value | None) -> str:
    return "" if when is None else f"  when {spelled(when)}"


def _over(axes: tuple[Axis, ...]) -> str:
    return "{" + ", ".join(axis.name for axis in axes) + "}" if axes else ""


def spelled(value: Value) -> str:
    """A value in the named-axis form."""
    match value:
        case Const(literal):
            return repr(literal)
        case Int(number):
            return _size(number)
        case Ref(text):
            return text
        case Read(root, subs):
            return f"{root}{_subs(subs)}" if subs else root
        case Temp(name, axes):
            return f"{name}{_over(axes)}"
        case Apply(op, (left, right)) if op in _INFIX:
            return f"{_operand(left)} {op} {_operand(right)}"
        case Apply(op, args, keywords) | OnItem(op, args, keywords):
            named = [f"{name}={spelled(arg)}" for name, arg in keywords]
            return f"{op.removeprefix('torch.')}({', '.join([*map(spelled, args), *named])})"
        case Tuple(items):
            return f"({', '.join(map(spelled, items))})"
        case Reduce(op, axis, body, when):
            sign = _FOLDS.get(op, op)
            return f"{sign}{{{axis.name}}} {_operand(body)}{_when(when)}"
        case Comb(op, axis, body, _, residue):
            return f"{_FOLDS.get(op, op)}{{every {_size(residue.extent)} {axis.name}}} {_operand(body)}"
        case Scan(op, axis, body, start, exclusive):
            upto = "before" if exclusive else "up to"
            begin = "" if start is None else f" from {spelled(start)}"
            return f"{_FOLDS.get(op, op)}{{{upto} {axis.name}}} {_operand(body)}{begin}"
        case Previous(axis, body, start):
            return f"({spelled(body)} one {axis.name} ago, at first {spelled(start)})"
        case Best(order, axis, key, _, body):
            return f"({spelled(body)} of the {axis.name} with the best {spelled(key)} by {order})"
        case Rows(axes, body, when):
            names = ", ".join(axis.name for axis in axes)
            return f"[{spelled(body)} for {names}{_when(when)}]"


def _operand(value: Value) -> str:
    text = spelled(value)
    match value:
        case Apply(op, (_, _)) if op in _INFIX:
            return f"({text})"
        case Int() if " " in text:
            return f"({text})"
        case Reduce() | Scan():
            return f"({text})"
        case _:
            return text


def _subs(subs: tuple[Sub, ...]) -> str:
    return "{" + ", ".join(map(_sub, subs)) + "}"


def _sub(sub: Sub) -> str:
    match sub:
        case At(number):
            return _size(number)
        case Pick(value):
            return spelled(value)
        case Cut(start, count, step):
            first = "" if not start.terms else _size(start)
            last = "" if count is None else f"{_size(start + count * step)}"
            return f"{first}:{last}" + ("" if step == 1 else f":{step}")
        case New():
            return "new"


def _size(number: Poly | None) -> str:
    return "?" if number is None else size_text(number, {}, {}).text
