"""What it shows of a name that parts of it are kept as tensors: stacked, stored in a tensor, or chosen by a mask.

A slice of a list is a list, which neither `torch.stack` nor a store into a tensor takes, and no list takes a mask.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from loopless.ir import tree
from loopless.ir.walk import every_statement, own_expressions, walk_expr

Canonical = Callable[[tree.Expr], str | None]

_COLLECTORS = frozenset(
    {"stack", "cat", "concat", "vstack", "hstack", "block_diag", "pad_sequence"}
)
_COMPARISONS = frozenset({"==", "!=", "<", ">", "<=", ">="})


def kept_as_tensors(body: Iterable[tree.Stmt], canonical: Canonical) -> Iterator[str]:
    """The names of which parts are kept as tensors."""
    statements = list(every_statement(body))
    expressions = [e for s in statements for own in own_expressions(s) for e in walk_expr(own)]
    lists = {name for expr in expressions for name in _collected(expr, canonical)}
    made = {name for s in statements for name in _made(s, canonical)}
    items = list(_items(statements, expressions, lists, canonical))
    for item in [*items, *_stored(statements, made)]:
        yield from _parts(item)
    counted = set(_counted(statements, expressions))
    for item in items:
        yield from _alone(item, counted)
    stacked = any(isinstance(e, tree.Call) and _collects(e.func, canonical) for e in expressions)
    if (made or stacked) and not any(_is_numpy(expr, canonical) for expr in expressions):
        masks = dict(_masks(statements))
        for expr in expressions:
            yield from _chosen(expr, masks)


def _is_numpy(expr: tree.Expr, canonical: Canonical) -> bool:
    """Whether an expression calls numpy, whose arrays take masks as well."""
    return isinstance(expr, tree.Call) and (canonical(expr.func) or "").startswith("numpy.")


def _parts(item: tree.Expr) -> Iterator[str]:
    match item:
        case tree.Item(tree.Name(name), (tree.Range(),)):
            yield name
        case _:
            pass


def _counted(statements: list[tree.Stmt], expressions: list[tree.Expr]) -> Iterator[str]:
    """Names that loops over ranges count with."""
    loops = [(s.target, s.iterable) for s in statements if isinstance(s, tree.For)]
    for expr in expressions:
        if isinstance(expr, tree.Comprehension):
            loops += [(clause.target, clause.iterable) for clause in expr.clauses]
    for target, iterable in loops:
        match target, iterable:
            case tree.Name(name), tree.Call(tree.Name("range")):
                yield name
            case _:
                pass


def _alone(item: tree.Expr, counted: set[str]) -> Iterator[str]:
    """The one name in arithmetic whose results are stacked: numbers are not."""
    if not isinstance(item, tree.Operator):
        return
    leaves = list(_leaves(item))
    names = {leaf.id for leaf in leaves if isinstance(leaf, tree.Name)} - counted
    if len(names) == 1 and all(isinstance(leaf, tree.Name | tree.Literal) for leaf in leaves):
        yield from names


def _leaves(expr: tree.Expr) -> Iterator[tree.Expr]:
    if isinstance(expr, tree.Operator):
        for operand in expr.operands:
            yield from _leaves(operand)
    else:
        yield expr


def _collected(expr: tree.Expr, canonical: Canonical) -> Iterator[str]:
    """Names of lists that are made into one tensor."""
    match expr:
        case tree.Call(func, (tree.Name(name), *_)) if _collects(func, canonical):
            yield name
        case _:
            pass


def _collects(func: tree.Expr, canonical: Canonical) -> bool:
    whole = canonical(func) or ""
    return whole.startswith("torch.") and whole.rpartition(".")[2] in _COLLECTORS


def _made(statement: tree.Stmt, canonical: Canonical) -> Iterator[str]:
    """Names of tensors made here."""
    match statement:
        case tree.Assign(tree.Name(name), tree.Call(func)) if (canonical(func) or "").startswith(
            "torch."
        ):
            yield name
        case tree.Assign(tree.Name(name), tree.Call(tree.Field(_, method))) if (
            method.startswith("new_") or method == "clone"
        ):
            yield name
        case _:
            pass


def _items(
    statements: list[tree.Stmt], expressions: list[tree.Expr], lists: set[str], canonical: Canonical
) -> Iterator[tree.Expr]:
    """What is put into lists that are made into one tensor."""
    for statement in statements:
        match statement:
            case tree.Evaluate(tree.Call(tree.Field(tree.Name(name), "append"), (item,))) if (
                name in lists
            ):
                yield item
            case tree.Assign(tree.Name(name), tree.Comprehension(_, item)) if name in lists:
                yield item
            case _:
                pass
    for expr in expressions:
        match expr:
            case tree.Call(func, (tree.Comprehension(_, item), *_)) if _collects(func, canonical):
                yield item
            case _:
                pass


def _stored(statements: list[tree.Stmt], made: set[str]) -> Iterator[tree.Expr]:
    """What is stored into tensors made here."""
    for statement in statements:
        match statement:
            case tree.Assign(tree.Item(tree.Name(to)), value) if to in made:
                yield value
            case _:
                pass


def _masks(statements: list[tree.Stmt]) -> Iterator[tuple[str, str]]:
    """Names of comparisons, each with the name of what is compared."""
    for statement in statements:
        match statement:
            case tree.Assign(tree.Name(to), value):
                yield from ((to, name) for name in _compared(value))
            case _:
                pass


def _compared(expr: tree.Expr) -> Iterator[str]:
    match expr:
        case tree.Operator(op, (tree.Name(name), _)) if op in _COMPARISONS:
            yield name
        case _:
            pass


def _chosen(expr: tree.Expr, masks: dict[str, str]) -> Iterator[str]:
    """The tensor and the labels of `x[labels == c]`, also where the mask has a name."""
    match expr:
        case tree.Item(tree.Name(name), (subscript,)):
            pass
        case _:
            return
    found = list(_compared(subscript))
    if isinstance(subscript, tree.Name) and subscript.id in masks:
        found = [masks[subscript.id]]
    for labels in found:
        yield name
        yield labels
