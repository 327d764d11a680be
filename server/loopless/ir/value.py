"""Values: what one iteration computes, as a function of named axes (the index-lambda form).

A value says which element of which array is read at which point of the axes, and what is done with it. Axes of
enclosing levels are free; `Reduce`, `Scan` and their like bind an axis of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TypeAlias

from loopless.ir.poly import Atom, Axis, Cell, Foreign, Poly, poly


@dataclass(frozen=True, slots=True)
class At:
    """One place along a dimension, an affine or at least polynomial function of the axes."""

    poly: Poly


@dataclass(frozen=True, slots=True)
class Pick:
    """One place along a dimension, looked up in data (a gather)."""

    value: Value


@dataclass(frozen=True, slots=True)
class Cut:
    """A slice: `count` places from `start` on, every `step`-th; a count of None goes to the end.

    The dimension stays, as a dimension of the item.
    """

    start: Poly
    count: Poly | None
    step: int = 1
    stop: Poly | None = None
    padded: bool = False
    """Places outside of the dimension may be asked for: whoever reads masks what comes of them."""


@dataclass(frozen=True, slots=True)
class New:
    """`None` in a subscript: a dimension of size one."""


Sub: TypeAlias = At | Pick | Cut | New


@dataclass(frozen=True, slots=True)
class Const:
    """A Python number, truth value, string or None."""

    value: int | float | complex | bool | str | bytes | None


@dataclass(frozen=True, slots=True)
class Int:
    """A Python integer that is a polynomial of axes, sizes and symbols."""

    poly: Poly


@dataclass(frozen=True, slots=True)
class Ref:
    """A name that the loop does not change, whole: a number, a tensor, anything. `text` is Python source."""

    text: str


@dataclass(frozen=True, slots=True)
class Read:
    """An element or sub-array of `root`. Without subscripts: the current value of a name that the loop changes."""

    root: str
    subs: tuple[Sub, ...]


@dataclass(frozen=True, slots=True)
class Temp:
    """The value that a `Define` piece gave a name at this point of the axes."""

    name: str
    axes: tuple[Axis, ...]


@dataclass(frozen=True, slots=True)
class Apply:
    """A pointwise operation by its canonical name: "+", "<", "where", "torch.exp", "float"."""

    op: str
    args: tuple[Value, ...]
    keywords: tuple[tuple[str, Value], ...] = ()


@dataclass(frozen=True, slots=True)
class OnItem:
    """An operation on the item's own dimensions: `torch.softmax(row, dim=0)`; names as in the operation table."""

    op: str
    args: tuple[Value, ...]
    keywords: tuple[tuple[str, Value], ...] = ()


@dataclass(frozen=True, slots=True)
class Tuple:
    """Several values at once, such as the arguments of a shape."""

    items: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Reduce:
    """`op` ("+", "*", "min", "max", "any", "all") folded over `axis`, where `when` holds; no start value.

    "before" is the number of iterations before the first for which the body holds, all of them if it never does.
    """

    op: str
    axis: Axis
    body: Value
    when: Value | None = None


@dataclass(frozen=True, slots=True)
class Scan:
    """`op` folded over the iterations of `axis` up to the present one, from `start` on.

    `exclusive` leaves the present iteration out.
    """

    op: str
    axis: Axis
    body: Value
    start: Value | None
    exclusive: bool


@dataclass(frozen=True, slots=True)
class Comb:
    """`op` folded over every n-th iteration of `axis` up to the present one.

    n is the extent of `residue`; `start` is what the first n iterations begin with, as a function of that axis.
    """

    op: str
    axis: Axis
    body: Value
    start: Value
    residue: Axis


@dataclass(frozen=True, slots=True)
class Previous:
    """What `body` was one iteration of `axis` ago; `start` in the first."""

    axis: Axis
    body: Value
    start: Value


@dataclass(frozen=True, slots=True)
class Best:
    """A comparison fold over `axis` from `start` on: the best `key`, or what `body` was where the key was best.

    `order` is ">" or ">=" and so on, as `if key order best`. With `start` the fold begins from a given best key and
    `fallback` is the body where no iteration beats it. `inner` are the axes of loops inside that take part, in order.
    """

    order: str
    axis: Axis
    key: Value
    start: Value
    body: Value
    fallback: Value
    when: Value | None = None
    inner: tuple[Axis, ...] = ()


@dataclass(frozen=True, slots=True)
class Rows:
    """What `body` is along `axes`, where `when` holds: a list of it, or with it as the first dimension of the item."""

    axes: tuple[Axis, ...]
    body: Value
    when: Value | None = None
    listed: bool = True


Value: TypeAlias = (
    Const
    | Int
    | Ref
    | Read
    | Temp
    | Apply
    | OnItem
    | Tuple
    | Reduce
    | Scan
    | Comb
    | Previous
    | Best
    | Rows
)


@dataclass(frozen=True, slots=True)
class Held(Foreign):
    """An integer read from data, as an atom of polynomials: `lens[b]` in `x[b, : lens[b] - 1]`."""

    value: Value

    def axes_inside(self) -> frozenset[Axis]:
        """The axes of the value."""
        return axes_of(self.value)

    def moved(self, values: Mapping[Atom, Poly]) -> Held:
        """The value with its atoms replaced."""
        return Held(substitute(self.value, dict(values)))


def held_in(p: Poly) -> Iterator[Value]:
    """The values that a polynomial has as atoms."""
    for atom in sorted((a for a in p.atoms() if isinstance(a, Held)), key=repr):
        yield atom.value


def _with_held(p: Poly, change: Callable[[Value], Value]) -> Poly:
    """The polynomial with `change` applied to the values that are its atoms."""
    held = [atom for atom in p.atoms() if isinstance(atom, Held)]
    return p.substitute({atom: poly(Held(change(atom.value))) for atom in held}) if held else p


def _inside(sub: Sub) -> Iterator[Value]:
    """The values in a subscript: what is looked up, and what ends are computed from."""
    if isinstance(sub, Pick):
        yield sub.value
    for p in sub_polys((sub,)):
        yield from held_in(p)


def children(value: Value) -> Iterator[Value]:
    """The values directly inside, subscripts included."""
    match value:
        case Int(p):
            yield from held_in(p)
        case Read(_, subs):
            for sub in subs:
                yield from _inside(sub)
        case Apply(_, args, keywords) | OnItem(_, args, keywords):
            yield from args
            for _, keyword in keywords:
                yield keyword
        case Tuple(items):
            yield from items
        case Reduce(_, _, body, when) | Rows(_, body, when):
            yield body
            if when is not None:
                yield when
        case Scan(_, _, body, start, _):
            yield body
            if start is not None:
                yield start
        case Previous(_, body, start) | Comb(_, _, body, start):
            yield body
            yield start
        case Best():
            yield value.key
            yield value.start
            yield value.body
            yield value.fallback
            if value.when is not None:
                yield value.when
        case _:
            pass


def walk(value: Value) -> Iterator[Value]:
    """The value and everything inside, outside first."""
    stack = [value]
    while stack:
        top = stack.pop()
        yield top
        stack.extend(children(top))


def leaves_of(value: Value) -> Iterator[Value]:
    """The values that tuples within tuples hold."""
    if isinstance(value, Tuple):
        for item in value.items:
            yield from leaves_of(item)
    else:
        yield value


def rebuild(value: Value, change: Callable[[Value], Value]) -> Value:
    """The value with `change` applied to each value directly inside."""
    match value:
        case Int(p):
            return Int(_with_held(p, change))
        case Read(root, subs):
            return Read(root, tuple(_rebuilt(sub, change) for sub in subs))
        case Apply(op, args, keywords):
            return Apply(
                op, tuple(change(a) for a in args), tuple((k, change(v)) for k, v in keywords)
            )
        case OnItem(op, args, keywords):
            return OnItem(
                op, tuple(change(a) for a in args), tuple((k, change(v)) for k, v in keywords)
            )
        case Tuple(items):
            return Tuple(tuple(change(item) for item in items))
        case Reduce(op, axis, body, when):
            return Reduce(op, axis, change(body), None if when is None else change(when))
        case Scan(op, axis, body, start, exclusive):
            return Scan(op, axis, change(body), None if start is None else change(start), exclusive)
        case Comb(op, axis, body, start, residue):
            return Comb(op, axis, change(body), change(start), residue)
        case Previous(axis, body, start):
            return Previous(axis, change(body), change(start))
        case Rows(_, body, when):
            when = None if when is None else change(when)
            return replace(value, body=change(body), when=when)
        case Best():
            return replace(
                value,
                key=change(value.key),
                start=change(value.start),
                body=change(value.body),
                fallback=change(value.fallback),
                when=None if value.when is None else change(value.when),
            )
        case _:
            return value


def _rebuilt(sub: Sub, change: Callable[[Value], Value]) -> Sub:
    match sub:
        case Pick(value):
            return Pick(change(value))
        case _:
            return _with_polys(sub, lambda p: _with_held(p, change))


def _with_polys(sub: Sub, change: Callable[[Poly], Poly]) -> Sub:
    """A subscript, no lookup, with `change` applied to its polynomials."""
    match sub:
        case At(p):
            return At(change(p))
        case Cut(start, count, _, stop):
            return replace(
                sub,
                start=change(start),
                count=None if count is None else change(count),
                stop=None if stop is None else change(stop),
            )
        case _:
            return sub


def replaced(value: Value, change: Callable[[Value], Value | None]) -> Value:
    """The value with every part that `change` gives a new value for replaced, outside first."""
    new = change(value)
    if new is not None:
        return new
    return rebuild(value, lambda inner: replaced(inner, change))


def substitute(value: Value, atoms: dict[Atom, Poly]) -> Value:
    """The value with atoms of its polynomials replaced."""
    if not atoms:
        return value

    def change(inner: Value) -> Value | None:
        match inner:
            case Int(p):
                return Int(p.substitute(atoms))
            case Read(root, subs):
                return Read(root, substitute_subs(subs, atoms))
            case _:
                return None

    return replaced(value, change)


def substitute_subs(subs: tuple[Sub, ...], atoms: dict[Atom, Poly]) -> tuple[Sub, ...]:
    """Subscripts with atoms replaced."""
    return tuple(
        Pick(substitute(sub.value, atoms))
        if isinstance(sub, Pick)
        else _with_polys(sub, lambda p: p.substitute(atoms))
        for sub in subs
    )


def sub_polys(subs: Iterable[Sub]) -> Iterator[Poly]:
    """The polynomials of subscripts, those of gathers left out."""
    for sub in subs:
        match sub:
            case At(p):
                yield p
            case Cut(start, count, _, stop):
                yield start
                if count is not None:
                    yield count
                if stop is not None:
                    yield stop
            case _:
                pass


@lru_cache(maxsize=8192)
def axes_of(value: Value) -> frozenset[Axis]:
    """The free axes of a value."""
    match value:
        case Int(p):
            found = set(p.axes())
        case Read(_, subs):
            found = set[Axis]()
            for p in sub_polys(subs):
                found |= p.axes()
        case Temp(_, axes):
            found = set(axes)
        case _:
            found = set[Axis]()
    for inner in children(value):
        found |= axes_of(inner)
    match value:
        case Reduce(_, axis, _, _):
            found.discard(axis)
        case Rows(axes):
            found -= {*axes}
        case Best():
            found -= {value.axis, *value.inner}
        case Scan(_, axis, _, _, _) | Previous(axis, _, _):
            found.add(axis)
        case Comb(_, axis, _, _, residue):
            found.discard(residue)
            found.add(axis)
        case _:
            pass
    return frozenset(found)


def sub_axes(subs: Iterable[Sub]) -> frozenset[Axis]:
    """The free axes of subscripts."""
    found: set[Axis] = set()
    for sub in subs:
        if isinstance(sub, Pick):
            found |= axes_of(sub.value)
        else:
            for p in sub_polys((sub,)):
                found |= p.axes()
    return frozenset(found)


def reads_of(value: Value) -> Iterator[Read]:
    """Every read inside a value."""
    for inner in walk(value):
        if isinstance(inner, Read):
            yield inner


def cells_of(value: Value) -> frozenset[str]:
    """The names whose current value a value depends on, as reads without subscripts or in polynomials."""
    found: set[str] = set()
    for inner in walk(value):
        match inner:
            case Read(root, ()):
                found.add(root)
            case Int(p):
                found |= {atom.name for atom in p.atoms() if isinstance(atom, Cell)}
            case Read(_, subs):
                for p in sub_polys(subs):
                    found |= {atom.name for atom in p.atoms() if isinstance(atom, Cell)}
            case _:
                pass
    return frozenset(found)
