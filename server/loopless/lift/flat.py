"""Loops over all elements of tensors in flat order: as loops over tensors of one dimension.

`x.view(-1)[i]`, `x.flatten()[i]` and `x[torch.unravel_index(i, x.shape)]` are the element `i` of the flat tensor.
Where each element only meets those at the same place of tensors of the same shape, the names stand for their flat
tensors, and the printed code fits tensors of any shape. Else the flat tensors are spelled out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from loopless.facts.fact import Fact
from loopless.facts.infer import dotted
from loopless.facts.scope import Scope, names_bound, names_changed
from loopless.finding import Missed, Span
from loopless.ir import tree
from loopless.ir.poly import Numel, poly
from loopless.ir.rewrite import rewritten
from loopless.ir.value import Apply, At, Const, Read, Ref, Value, axes_of, children
from loopless.ir.walk import every_statement, own_expressions, walk_expr
from loopless.lift.piece import Piece, Write
from loopless.lift.stop import StopLifting
from loopless.lift.types import type_of


@dataclass(frozen=True, slots=True)
class Flat:
    """A loop whose flat tensors have names, and the facts of these; `whole` names stand for tensors of any shape."""

    loop: tree.For
    scope: Scope
    whole: frozenset[str]


def flat_forms(loop: tree.For, scope: Scope) -> Iterator[Flat]:
    """The loop over flat tensors, if it is one: by the tensors' own names, then spelled out."""
    unravelled = _unravelled(loop, scope)
    if unravelled is None:
        return
    places, shaped = unravelled
    found = {name for expr in _exprs(loop) if (name := _flat_name(expr)) is not None}
    used = found | shaped | _placed(loop, places)
    if not used or not all(scope.fact(name).is_tensor for name in used):
        return
    if used & names_bound((loop,)) or any(_stores_in_copy(s) for s in every_statement(loop.body)):
        return
    plain = _without_unravel(loop, scope, places)
    whole = rewritten(plain, lambda node: _by_name(node, places))
    if _one_shape(used, scope) and not _left(whole, used):
        yield Flat(whole, _flattened(used, scope), frozenset(used))
    spelled: dict[str, str] = {}
    flat = rewritten(plain, lambda node: _spelled(node, places, spelled))
    # The others may be copies.
    if all(text.endswith(".view(-1)") for text in _stored(flat) & spelled.keys()):
        yield Flat(flat, _with_texts(spelled, scope), frozenset())


def _stores_in_copy(statement: tree.Stmt) -> bool:
    """A store into `x.flatten()`, which may be a copy of `x`."""
    match statement:
        case tree.Assign(tree.Item(of)) | tree.Augment(tree.Item(of)):
            return _flat_name(of) is not None and not _is_view(of)
        case _:
            return False


def _is_view(expr: tree.Expr) -> bool:
    match expr:
        case tree.Call(tree.Field(_, "view")):
            return True
        case _:
            return False


def _stored(loop: tree.For) -> set[str]:
    """The names of tensors that the loop stores into."""
    return {name for name in names_changed((loop,)) if name}


def _exprs(loop: tree.For) -> Iterator[tree.Expr]:
    for statement in every_statement((loop,)):
        for expr in own_expressions(statement):
            yield from walk_expr(expr)


def _flat_name(expr: object) -> str | None:
    """`x` of `x.view(-1)`, `x.reshape(-1)`, `x.flatten()` and `x.ravel()`."""
    match expr:
        case tree.Call(tree.Field(tree.Name(name), "view" | "reshape"), (size,), ()):
            return name if _minus_one(size) else None
        case tree.Call(tree.Field(tree.Name(name), "flatten" | "ravel"), (), ()):
            return name
        case _:
            return None


def _minus_one(expr: tree.Expr) -> bool:
    match expr:
        case tree.Literal(value):
            return value == -1
        case tree.Operator("neg", (tree.Literal(value),)):
            return value == 1
        case _:
            return False


def _unravelled(loop: tree.For, scope: Scope) -> tuple[dict[str, tree.Expr], set[str]] | None:
    """Names of unravelled places with the flat place of each, and the tensors whose shapes they are for."""
    places: dict[str, tree.Expr] = {}
    shaped: set[str] = set()
    for statement in every_statement(loop.body):
        match statement:
            case tree.Assign(tree.Name(name), value) if (known := _place(value, scope)) is not None:
                if name in places:
                    return None
                places[name], shape = known
                shaped.add(shape)
            case _:
                pass
    return places, shaped


def _place(value: tree.Expr, scope: Scope) -> tuple[tree.Expr, str] | None:
    """The flat place of `torch.unravel_index(torch.tensor(i), x.shape)`, and `x`."""
    match value:
        case tree.Call(tree.Name("tuple"), (inner,), ()):
            return _place(inner, scope)
        case tree.Call(func, (place, tree.Field(tree.Name(name), "shape")), ()) if dotted(
            func, scope
        ) in {"torch.unravel_index", "numpy.unravel_index"}:
            match place:
                case tree.Call(made, (inner,), ()) if dotted(made, scope) in {
                    "torch.tensor", "torch.as_tensor",
                }:  # fmt: skip
                    return inner, name
                case _:
                    return place, name
        case _:
            return None


def _placed(loop: tree.For, places: dict[str, tree.Expr]) -> set[str]:
    """The tensors that are subscripted by an unravelled place."""
    return {
        expr.of.id
        for expr in _exprs(loop)
        if isinstance(expr, tree.Item) and isinstance(expr.of, tree.Name) and _by(expr, places)
    }


def _by(item: tree.Item, places: dict[str, tree.Expr]) -> tree.Expr | None:
    """The flat place that a subscript takes."""
    match item.subscripts:
        case (tree.Name(name),) | (tree.Call(tree.Name("tuple"), (tree.Name(name),), ()),):
            return places.get(name)
        case _:
            return None


def _without_unravel(loop: tree.For, scope: Scope, places: dict[str, tree.Expr]) -> tree.For:
    def kept(block: tuple[tree.Stmt, ...]) -> tuple[tree.Stmt, ...]:
        return tuple(
            s
            for s in block
            if not (
                isinstance(s, tree.Assign)
                and isinstance(s.target, tree.Name)
                and s.target.id in places
                and _place(s.value, scope) is not None
            )
        )

    return replace(loop, body=kept(loop.body)) if places else loop


def _by_name(node: object, places: dict[str, tree.Expr]) -> tree.Expr | None:
    """An element of a flat tensor, by the tensor's own name."""
    match node:
        case tree.Item(of, subscripts, span) if (name := _flat_name(of)) is not None:
            inner = rewritten(subscripts, lambda n: _by_name(n, places))
            return tree.Item(tree.Name(name, span), inner, span)
        case tree.Item(tree.Name() as of, _, span) if (place := _by(node, places)) is not None:
            return tree.Item(of, (place,), span)
        case tree.Call() if (name := _flat_name(node)) is not None:
            return tree.Name(name, node.span)
        case _:
            return None


def _spelled(
    node: object, places: dict[str, tree.Expr], spelled: dict[str, str]
) -> tree.Expr | None:
    """An element of a flat tensor, by a text that makes it."""
    match node:
        case tree.Item(tree.Name(name), _, span) if (place := _by(node, places)) is not None:
            text = f"{name}.flatten()"
            spelled[text] = name
            return tree.Item(tree.Name(text, span), (place,), span)
        case tree.Call(tree.Field(tree.Name(name), how)) if _flat_name(node) is not None:
            text = f"{name}.{how}({'-1' if how in {'view', 'reshape'} else ''})"
            spelled[text] = name
            return tree.Name(text, node.span)
        case _:
            return None


def _one_shape(names: set[str], scope: Scope) -> bool:
    """Whether the file shows that all tensors have the same shape."""
    first, *others = sorted(names)
    return all(_shape(name, scope) == _shape(first, scope) for name in others)


def _shape(name: str, scope: Scope) -> object:
    root = scope.shape_root(name)
    dims = scope.fact(root).dims
    return root if dims is None or None in dims else dims


def _left(loop: tree.For, names: set[str]) -> bool:
    """Whether the loop uses a tensor otherwise than by one subscript, or by its number of elements."""
    fine: set[int] = set()
    for expr in _exprs(loop):
        match expr:
            case tree.Item(tree.Name(name) as of, (subscript,)) if name in names:
                if not isinstance(subscript, tree.Range | tree.Rest | tree.Literal):
                    fine.add(id(of))
            case tree.Call(tree.Field(tree.Name(name) as of, "numel" | "nelement"), ()):
                fine.add(id(of))
            case _:
                pass
    whole = {id(loop.iterable)} if isinstance(loop.iterable, tree.Name) else set[int]()
    return any(
        isinstance(expr, tree.Name) and expr.id in names and id(expr) not in fine | whole
        for expr in _exprs(loop)
    )


def _flattened(names: set[str], scope: Scope) -> Scope:
    """The scope in which tensors of one shape are their flat tensors."""
    own = scope.copy()
    dims = (poly(Numel(scope.shape_root(min(names)))),)
    for name in names:
        fact = scope.fact(name)
        own.names[name] = fact.but(
            dims=dims, like=None, dtype=fact.dtype or f"of:{name}", presumed=False
        )
    return own


def _with_texts(texts: dict[str, str], scope: Scope) -> Scope:
    """The scope with a fact for each text that makes a flat tensor."""
    own = scope.copy()
    for text, name in texts.items():
        dims = (poly(Numel(scope.shape_root(name))),)
        own.bind(text, Fact("tensor", dims, dtype=scope.dtype(name), view_of=name))
    return own


def refuse_parts(
    pieces: list[Piece], whole: frozenset[str], live: frozenset[str], scope: Scope
) -> None:
    """Stop where code that is printed for flat tensors would not fit tensors of their shapes."""
    if not whole:
        return
    if live:
        raise StopLifting(
            Missed("flat", "what is left of the flat tensors is no tensor", _span(pieces))
        )
    for piece in pieces:
        if not (isinstance(piece, Write) and piece.root in whole and len(piece.subs) == 1):
            raise _part(pieces)
        (place,) = piece.subs
        fits = isinstance(place, At) and place.poly.atom in piece.axes
        values = [piece.value, *([piece.when] if piece.when is not None else [])]
        size = scope.size(piece.root, 0)
        if not fits or any(axis.extent != size for axis in piece.axes):
            raise _part(pieces)
        if not all(_fits(value, whole, piece.subs, scope) for value in values):
            raise _part(pieces)


def _fits(value: Value, whole: frozenset[str], subs: tuple[object, ...], scope: Scope) -> bool:
    """Whether a value takes from each flat tensor the element at the same place, and nothing else that varies."""
    match value:
        case Read(root, own) if root in whole:
            return own == subs
        case Ref() | Const():
            kind = type_of(value, scope)
            return not kind.is_tensor or kind.rank == 0
        case Apply():
            return all(_fits(inner, whole, subs, scope) for inner in children(value))
        case _:
            kind = type_of(value, scope)
            return not axes_of(value) and (not kind.is_tensor or kind.rank == 0)


def _part(pieces: list[Piece]) -> StopLifting:
    reason = "elements of the flat tensors meet at different places"
    return StopLifting(Missed("flat", reason, _span(pieces)))


def _span(pieces: list[Piece]) -> Span:
    return pieces[0].span if pieces else Span(0, 0)
