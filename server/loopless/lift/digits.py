"""Counters that a loop takes apart by `//` and `%`: one loop for each of their digits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from loopless.dependence.feasible import proves
from loopless.facts.scope import names_bound
from loopless.finding import Span
from loopless.ir import tree
from loopless.ir.poly import Poly, exact_quotient, poly
from loopless.ir.value import Int
from loopless.ir.walk import every_statement, own_expressions, walk_expr
from loopless.lift.context import Frame, Lifting

Reader = Callable[[tree.Expr], Poly | None]


def digit_loops(loop: tree.For, frame: Frame, lifting: Lifting, read: Reader) -> tree.For:
    """The loop, or nested loops over the digits of its counter where the body asks for digits only by sizes.

    `read` gives the polynomial of an expression that the loop does not change.
    """
    match loop.target, loop.iterable:
        case tree.Name(counter), tree.Call(tree.Name("range"), (stop,), ()):
            pass
        case _:
            return loop
    weights = _weights(loop, counter, read)
    extent = read(stop) if weights else None
    if extent is None:
        return loop
    sizes = _sizes(extent, weights)
    return loop if sizes is None else _nested(loop, counter, sizes, frame, lifting)


@dataclass(slots=True)
class _Weights:
    """What one step of a digit counts for, by the name that holds it, and where the counter is cut."""

    of: dict[str, Poly]
    cuts: list[Poly] = field(default_factory=list[Poly])


def _weights(loop: tree.For, counter: str, read: Reader) -> list[Poly]:
    """Where the body cuts the counter: at `w` by `k // w` and `k % w`, at `h * w` by `(k // w) % h`."""
    known = _Weights({counter: poly(1)})
    bound = names_bound(loop.body)

    def outside(expr: tree.Expr) -> Poly | None:
        inside = any(isinstance(e, tree.Name) and e.id in bound for e in walk_expr(expr))
        return None if inside else read(expr)

    for statement in every_statement(loop.body):
        for expr in own_expressions(statement):
            for inner in walk_expr(expr):
                _weigh(inner, known, outside)
        match statement:
            case tree.Assign(tree.Name(name), value):
                weight = _weigh(value, known, outside)
                if weight is not None:
                    known.of[name] = weight
            case tree.Assign(tree.Display(_, (tree.Name(high), tree.Name(low))), value):
                match value:
                    case tree.Call(tree.Name("divmod"), (of, by)):
                        weight, size = _weigh(of, known, outside), outside(by)
                        if weight is not None and size is not None:
                            known.of[high], known.of[low] = weight * size, weight
                    case _:
                        pass
            case _:
                pass
    return list(dict.fromkeys(known.cuts))


def _weigh(expr: tree.Expr, known: _Weights, outside: Reader) -> Poly | None:
    """What one step of the value counts for, if it is a part of the counter; cuts are noted."""
    match expr:
        case tree.Name(name):
            return known.of.get(name)
        case tree.Operator("//" | "%" as op, (of, by)) | tree.Call(
            tree.Name("divmod" as op), (of, by), ()
        ):
            weight, size = _weigh(of, known, outside), outside(by)
            if weight is None or size is None:
                return None
            known.cuts.append(weight * size)
            return weight * size if op == "//" else weight
        case _:
            return None


def _sizes(extent: Poly, cuts: list[Poly]) -> list[Poly] | None:
    """The number of each digit, the highest first, where every cut divides the one before."""
    sizes: list[Poly] = []
    left, waiting = extent, [cut for cut in cuts if cut != extent and cut != poly(1)]
    while waiting:
        chosen = next((cut for cut in waiting if _divides_all(cut, waiting)), None)
        size = None if chosen is None else exact_quotient(left, chosen)
        if chosen is None or size is None or not _counts(chosen):
            return None
        sizes.append(size)
        left = chosen
        waiting.remove(chosen)
    return [*sizes, left] if sizes else None


def _counts(size: Poly) -> bool:
    """Whether a product is surely not negative."""
    return all(
        factor > 0 and all(proves(poly(atom), []) for atom in monomial)
        for monomial, factor in size.terms
    )


def _divides_all(cut: Poly, others: list[Poly]) -> bool:
    return all(exact_quotient(cut, other) is not None for other in others)


def _nested(
    loop: tree.For, counter: str, sizes: list[Poly], frame: Frame, lifting: Lifting
) -> tree.For:
    """One loop for each digit around the body, which starts with the counter put together."""
    # No header of the text belongs to a digit: where one has to stay a loop, the whole loop stays.
    span = Span(loop.span.start + 1, loop.span.end)
    names = [lifting.temp(f"{counter}_{at}") for at in range(len(sizes))]
    whole: tree.Expr = tree.Name(names[0], span)
    for name, size in zip(names[1:], sizes[1:], strict=True):
        whole = tree.Operator("*", (whole, _number(size, frame, lifting, span)), span)
        whole = tree.Operator("+", (whole, tree.Name(name, span)), span)
    body: tuple[tree.Stmt, ...] = (tree.Assign(loop.target, whole, span), *loop.body)
    result = loop
    for name, size in reversed(list(zip(names, sizes, strict=True))):
        count = tree.Call(
            tree.Name("range", span), (_number(size, frame, lifting, span),), (), span
        )
        result = replace(loop, target=tree.Name(name, span), iterable=count, body=body, span=span)
        body = (result,)
    return result


def _number(size: Poly, frame: Frame, lifting: Lifting, span: Span) -> tree.Expr:
    """A size as an expression: a name that stands for it here."""
    name = lifting.temp("size")
    frame.env[name] = Int(size)
    return tree.Name(name, span)
