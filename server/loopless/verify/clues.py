"""What the statements around a region show of its inputs: kinds, ranks, shared sizes, index ranges."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence

from loopless.verify.views import TENSOR_ATTRIBUTES, Known, Term, View, subscripts

_LIST_ATTRIBUTES = frozenset("append extend pop insert".split())
_LIKE = frozenset("zeros_like empty_like ones_like full_like rand_like randn_like".split())
_SHAPED = frozenset("zeros ones empty rand randn full".split())
_POSITIVE = frozenset("log sqrt log2 log10".split())


def clues_of(statements: Sequence[ast.stmt], objects: Iterable[str]) -> Known:
    """What the statements show; read twice over, so that later ones speak for earlier names."""
    known = Known(objects)
    for _ in range(2):
        for statement in statements:
            _statement(known, statement)
    return known


def _statement(known: Known, node: ast.stmt) -> None:
    match node:
        case ast.For(target=target, iter=iterable):
            _iterate(known, target, iterable)
        case ast.Assign(targets=[target], value=value):
            _assign(known, target, value)
        case ast.If(test=test) | ast.While(test=test) | ast.Assert(test=test):
            _truth(known, test)
        case _:
            pass
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.stmt):
            _statement(known, child)
        elif isinstance(child, ast.expr):
            _expression(known, child)
        else:
            for inner in ast.iter_child_nodes(child):
                if isinstance(inner, ast.stmt):
                    _statement(known, inner)


def _iterate(known: Known, target: ast.expr, iterable: ast.expr) -> None:
    match iterable:
        case ast.Call(func=ast.Name(id="range"), args=args) if args:
            for part in args:
                _as_int(known, part)
            if isinstance(target, ast.Name):
                known.loops.add(target.id)
                stop = args[1] if len(args) > 1 else args[0]
                known.unite(("loop", target.id, 0), known.term(stop))
        case ast.Call(func=ast.Name(id="enumerate"), args=[inner, *_]):
            if isinstance(target, ast.Tuple) and len(target.elts) == 2:
                _iterate(known, target.elts[1], inner)
                if isinstance(target.elts[0], ast.Name):
                    known.loops.add(target.elts[0].id)
                    name = target.elts[0].id
                    known.unite(("loop", name, 0), known.axis(inner, ast.Constant(0)))
        case ast.Call(func=ast.Name(id="zip"), args=parts):
            if isinstance(target, ast.Tuple) and len(target.elts) == len(parts):
                for element, part in zip(target.elts, parts, strict=True):
                    _iterate(known, element, part)
                    known.unite(
                        known.axis(parts[0], ast.Constant(0)), known.axis(part, ast.Constant(0))
                    )
        case ast.Call(func=ast.Name(id="reversed" | "tqdm" | "__pick__"), args=[inner, *_]):
            _iterate(known, target, inner)
        case _:
            _elements(known, target, iterable)


def _elements(known: Known, target: ast.expr, iterable: ast.expr) -> None:
    view = known.view(iterable)
    if view is None:
        return
    clue = known.of(view.key)
    clue.is_tensor = True
    clue.min_rank = max(clue.min_rank, view.dropped + 1)
    if isinstance(target, ast.Name):
        known.views[target.id] = View(view.key, view.dropped + 1)
    elif isinstance(target, ast.Tuple):
        clue.items = len(target.elts)
        clue.min_rank = max(clue.min_rank, view.dropped + 2)
        width = ("literal", "", len(target.elts))
        known.unite(("axis", view.key, view.dropped + 1), width)
        for element in target.elts:
            if isinstance(element, ast.Name):
                known.views[element.id] = View(view.key, view.dropped + 2)


def _assign(known: Known, target: ast.expr, value: ast.expr) -> None:
    if isinstance(target, ast.Tuple):
        _unpack(known, target, value)
    if not isinstance(target, ast.Name):
        return
    name = target.id
    match value:
        case ast.Call(func=ast.Name(id="__pick__"), args=[inner]):
            _iterate(known, target, inner)
        case ast.Call(func=ast.Attribute(attr=attr), args=[base, *_]) if attr in _LIKE:
            if view := known.view(base):
                known.views[name] = view
        case ast.Call(func=ast.Attribute(value=ast.Name(id="torch"), attr=attr), args=args) if (
            attr in _SHAPED
        ):
            _allocated(known, name, args)
        case ast.Subscript() | ast.Call(func=ast.Attribute()):
            view = known.view(value)
            if view and view.key != name:
                known.views[name] = view
            elif known.term(value):
                known.unite(("name", name, 0), known.term(value))
        case ast.Name() | ast.BinOp() | ast.Call(func=ast.Name()):
            if not isinstance(value, ast.Name):
                known.unite(("name", name, 0), known.term(value))
        case _:
            pass


def _allocated(known: Known, name: str, args: list[ast.expr]) -> None:
    sizes = args[0].elts if args and isinstance(args[0], ast.Tuple | ast.List) else args
    if any(isinstance(s, ast.Starred) for s in sizes):
        return
    known.of(name).rank = len(sizes)
    for axis, size in enumerate(sizes):
        _as_int(known, size)
        known.unite(("axis", name, axis), known.term(size))


def _unpack(known: Known, target: ast.Tuple, value: ast.expr) -> None:
    match value:
        case ast.Attribute(value=base, attr="shape"):
            view = known.view(base)
        case ast.Call(func=ast.Attribute(value=base, attr="size"), args=[]):
            view = known.view(base)
        case ast.Tuple(elts=elements) if len(elements) == len(target.elts):
            for one, other in zip(target.elts, elements, strict=True):
                _assign(known, one, other)
            return
        case _:
            return
    if view is None:
        return
    clue = known.of(view.key)
    clue.is_tensor = True
    if any(isinstance(e, ast.Starred) for e in target.elts):
        clue.min_rank = max(clue.min_rank, view.dropped + len(target.elts) - 1)
        return
    clue.rank = view.dropped + len(target.elts)
    for axis, element in enumerate(target.elts):
        if isinstance(element, ast.Name):
            known.of(element.id).is_int = True
            known.unite(("name", element.id, 0), ("axis", view.key, view.dropped + axis))


def _truth(known: Known, test: ast.expr) -> None:
    match test:
        case ast.BoolOp(values=values):
            for value in values:
                _truth(known, value)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            _truth(known, operand)
        case ast.Subscript() | ast.Name():
            if view := known.view(test):
                known.of(view.key).truth = True
        case _:
            pass


def _as_int(known: Known, node: ast.expr) -> None:
    for part in ast.walk(node):
        direct = part is node or not isinstance(node, ast.Call | ast.Subscript)
        if direct and isinstance(part, ast.Name | ast.Attribute) and (key := known.key(part)):
            known.of(key).is_int = True
    if element := known.element(node):
        known.of(element.key).counted = True


def _expression(known: Known, node: ast.expr) -> None:
    for part in ast.walk(node):
        match part:
            case ast.Subscript():
                _subscript(known, part)
            case ast.Call():
                _call(known, part)
            case ast.Attribute(value=value, attr=attr):
                if (view := known.view(value)) and known.key(value):
                    _attribute(known, view.key, attr)
            case ast.Compare():
                _compare(known, part)
            case ast.comprehension(target=target, iter=iterable, ifs=tests):
                _iterate(known, target, iterable)
                for test in tests:
                    _truth(known, test)
            case ast.IfExp(test=test):
                _truth(known, test)
            case _:
                pass


def _attribute(known: Known, key: str, attr: str) -> None:
    clue = known.of(key)
    clue.attributes.add(attr)
    clue.is_tensor |= attr in TENSOR_ATTRIBUTES
    clue.is_list |= attr in _LIST_ATTRIBUTES


def _subscript(known: Known, node: ast.Subscript) -> None:
    if isinstance(node.value, ast.Attribute) and node.value.attr == "shape":
        known.term(node)
        return
    view = known.view(node.value)
    if view is None:
        return
    clue = known.of(view.key)
    clue.is_tensor = True
    indexes = subscripts(node)
    if any(isinstance(i, ast.Constant) and isinstance(i.value, str) for i in indexes):
        clue.is_tensor = False
        return
    position = view.dropped
    for index in indexes:
        if isinstance(index, ast.Constant) and index.value is Ellipsis:
            break
        if isinstance(index, ast.Constant) and index.value is None:
            continue
        _index(known, index, ("axis", view.key, position))
        position += 1
    clue.min_rank = max(clue.min_rank, position)


def _index(known: Known, index: ast.expr, axis: Term) -> None:
    match index:
        case ast.Slice(lower=lower, upper=upper):
            for part in (lower, upper):
                if part is not None:
                    _as_int(known, part)
            if isinstance(upper, ast.Name | ast.Attribute):
                known.unite(axis, known.term(upper))
        case ast.Name(id=name) if name in known.loops:
            known.unite(axis, ("loop", name, 0))
        case ast.BinOp(left=ast.Name(id=name), right=ast.Constant()) if name in known.loops:
            known.unite(axis, ("loop", name, 0))
        case _:
            view = known.element(index)
            if view is None and isinstance(index, ast.Name):
                view = View(index.id, 0)
            if view is not None:
                known.of(view.key).index_of.append(axis)


def _call(known: Known, node: ast.Call) -> None:
    key = known.key(node.func)
    if key is not None:
        clue = known.of(key)
        clue.arity = max(clue.arity or 0, len(node.args) + len(node.keywords))
    match node.func:
        case ast.Name(id="range"):
            for part in node.args:
                _as_int(known, part)
        case ast.Name(id="len"):
            known.term(node)
        case ast.Attribute(value=ast.Name(id="torch" | "F"), attr=attr):
            _torch_call(known, attr, node.args)
        case ast.Attribute(value=ast.Name(id="math"), attr=attr) if attr in _POSITIVE:
            _all_positive(known, node.args)
        case ast.Attribute(attr="size"):
            known.term(node)
        case _:
            pass


def _torch_call(known: Known, attr: str, args: list[ast.expr]) -> None:
    if attr in _POSITIVE:
        _all_positive(known, args)
    for part in args[:1]:
        view = known.view(part)
        if attr in _SHAPED or attr in {"arange", "eye", "randperm"}:
            _as_int(known, part)
        elif view is not None and attr not in {"stack", "cat", "tensor", "as_tensor"}:
            known.of(view.key).is_tensor = True


def _all_positive(known: Known, args: list[ast.expr]) -> None:
    for part in args:
        if view := known.view(part):
            known.of(view.key).positive = True


def _compare(known: Known, node: ast.Compare) -> None:
    sides = [node.left, *node.comparators]
    for side in sides:
        key = known.key(side)
        view = known.view(side)
        if view:
            known.of(view.key).compared = True
        if key is None:
            continue
        for other in sides:
            if isinstance(other, ast.Constant) and isinstance(other.value, str):
                known.of(key).strings.append(other.value)
            if isinstance(other, ast.Constant) and other.value is None:
                known.of(key).maybe_none = True
    match node:
        case ast.Compare(
            left=ast.Call(func=ast.Attribute(value=base, attr="dim"))
            | ast.Attribute(value=base, attr="ndim"),
            ops=[ast.Eq()],
            comparators=[ast.Constant(value=int(rank))],
        ):
            if view := known.view(base):
                known.of(view.key).rank = rank
        case _:
            pass
