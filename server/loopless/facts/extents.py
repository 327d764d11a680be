"""Shapes of what operations give: those of their operands, without what is folded away, with what is added."""

from __future__ import annotations

from loopless.facts.arguments import Arguments
from loopless.facts.fact import Fact
from loopless.facts.operations import Operation, Rule
from loopless.facts.scope import Scope
from loopless.ir.poly import Poly, poly

Dims = tuple[Poly | None, ...]

# What gives a tensor of the shape of its first operand.
_KEEPS = frozenset(
    "softmax log_softmax softmin normalize layer_norm instance_norm group_norm dropout cumsum cumprod "
    "logcumsumexp flip fliplr flipud roll fftshift ifftshift tril triu inverse inv matrix_exp argsort".split()
)
_SAME_DTYPE = frozenset(
    "softmax log_softmax normalize layer_norm flip fliplr flipud roll tril triu".split()
)
_FULL = 8


def shaped(name: str, known: Operation, given: Arguments, fact: Fact, scope: Scope) -> Fact:
    """`fact`, what an operation gives, with its shape where the shapes of the operands show it."""
    if not fact.is_tensor or fact.dims is not None or fact.like is not None:
        return fact
    short = name.rpartition(".")[2]
    first = _dims(given, 0, scope)
    if short in _KEEPS:
        root = given.names[0] if given.names else None
        if short in _SAME_DTYPE and not given.keywords.get("dtype"):
            fact = fact.but(dtype=given.first.dtype or (f"of:{root}" if root else None))
        like = None if first is not None or not given.first.is_tensor else root or given.first.like
        return fact.but(dims=first, like=like)
    dims = _given(short, known, first, given, scope)
    return fact if dims is None else fact.but(dims=dims)


def _dims(given: Arguments, at: int, scope: Scope) -> Dims | None:
    """The dimensions of one argument, by its own fact or by the name that it is."""
    if at >= len(given.facts) or given.starred:
        return None
    fact, name = given.facts[at], given.names[at]
    if not fact.is_tensor:
        return None
    if fact.dims is None and name is not None:
        rank = scope.shown(name)
        return None if rank is None else tuple(scope.size(name, k) for k in range(rank))
    return fact.dims


def _given(
    short: str, known: Operation, first: Dims | None, given: Arguments, scope: Scope
) -> Dims | None:
    if known.rule is Rule.REDUCE:
        return folded(first, known, given)
    if short in {"matmul", "mm", "bmm", "mv", "dot", "vdot"}:
        return product(first, _dims(given, 1, scope))
    if short in {"outer", "ger"}:
        second = _dims(given, 1, scope)
        return (*first, *second) if first and second and len(first) == len(second) == 1 else None
    if short.endswith("_window") and given.facts:
        return (given.first.poly,)
    if short == "pad":
        return _padded(first, given)
    if short == "unsqueeze" and first is not None:
        at = _number(given, 1, "dim")
        return None if at is None else _with_one(first, at)
    return None


def folded(base: Dims | None, known: Operation, given: Arguments) -> Dims | None:
    """What a reduction leaves: nothing where it names no dim, else all but the one that it names."""
    if given.starred or not known.dims or known.ranks or known.last:
        return None
    asked = set(given.keywords) & {"dim", "axis", "keepdim", "keepdims"}
    if len(given.facts) == 1 and not asked:
        return ()
    place = known.params.index("dim") if "dim" in known.params else _FULL
    at = _number(given, place, "dim", "axis")
    if base is None or at is None or not -len(base) <= at < len(base):
        return None
    if _keeps_dim(known, given):
        return None
    at %= len(base)
    return (*base[:at], *base[at + 1 :])


def _keeps_dim(known: Operation, given: Arguments) -> bool:
    """Whether the call may ask for the folded dimension to stay."""
    place = known.params.index("keepdim") if "keepdim" in known.params else _FULL
    return len(given.facts) > place or bool({"keepdim", "keepdims"} & set(given.keywords))


def product(one: Dims | None, other: Dims | None) -> Dims | None:
    """What a product of vectors, matrices or batches of matrices has."""
    if not one or not other or max(len(one), len(other)) > 2:
        same = one is not None and other is not None and len(one) == len(other) > 2
        return (*one[:-1], other[-1]) if same and one and other and one[:-2] == other[:-2] else None
    return (*one[:-1], *(other[:-2] + other[-1:] if len(other) > 1 else ()))


def broadcast(shapes: list[Dims | None]) -> Dims | None:
    """The shape of what meets element by element; None in it where sizes differ and either may be one."""
    known = [shape for shape in shapes if shape is not None]
    if len(known) < len(shapes) or not known:
        return None
    rank = max(map(len, known))
    return tuple(_meeting([s[k - rank] for s in known if len(s) >= rank - k]) for k in range(rank))


def _meeting(sizes: list[Poly | None]) -> Poly | None:
    wide = [size for size in sizes if size != poly(1)]
    if not wide:
        return poly(1)
    return wide[0] if all(size == wide[0] for size in wide) else None


def _padded(base: Dims | None, given: Arguments) -> Dims | None:
    """`F.pad(x, (left, right, top, bottom))`: the last dimensions first."""
    pads = given.facts[1] if len(given.facts) > 1 else given.keywords.get("pad")
    if base is None or pads is None or pads.items is None or len(pads.items) % 2:
        return None
    sizes, widths = list(base), [item.poly for item in pads.items]
    if len(widths) // 2 > len(base):
        return None
    for k in range(len(widths) // 2):
        before, after, size = widths[2 * k], widths[2 * k + 1], sizes[-1 - k]
        if size is None or before is None or after is None:
            sizes[-1 - k] = None
        else:
            sizes[-1 - k] = size + before + after
    return tuple(sizes)


def _with_one(base: Dims, at: int) -> Dims | None:
    rank = len(base) + 1
    if not -rank <= at < rank:
        return None
    at %= rank
    return (*base[:at], poly(1), *base[at:])


def _number(given: Arguments, place: int, *names: str) -> int | None:
    """An argument by its place or one of its names, where it is a known integer."""
    fact = given.facts[place] if place < len(given.facts) else None
    for name in names:
        fact = fact or given.keywords.get(name)
    return None if fact is None or fact.kind != "int" or fact.poly is None else fact.poly.constant


def written(data: Fact) -> Dims | None:
    """The shape of nested lists of numbers; None where something in them may be no number."""
    if data.is_number:
        return ()
    if data.kind not in {"list", "tuple"} or not data.items:
        return None
    inner = {written(item) for item in data.items}
    if len(inner) != 1:
        return None
    (shape,) = inner
    return None if shape is None else (poly(len(data.items)), *shape)


def kinds_in(data: Fact) -> set[str]:
    """The kinds of the numbers in nested lists."""
    if data.items is None:
        return {data.kind}
    return {kind for item in data.items for kind in kinds_in(item)}
