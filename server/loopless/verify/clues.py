"""What the statements around a region show of its inputs: kinds, ranks, shared sizes, index ranges."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from loopless.verify.objects import dotted

Term = tuple[str, str, int]

TENSOR_ATTRIBUTES = frozenset(
    "shape size dim ndim dtype device numel sum mean max min t T mT view reshape unsqueeze squeeze "
    "permute transpose float long int bool double half to clone detach item abs exp log sqrt pow "
    "clamp argmax argmin softmax matmul mm bmm dot norm flatten expand repeat unbind chunk split "
    "contiguous cumsum any all type nonzero tolist new_zeros new_ones new_empty new_full cpu cuda "
    "sigmoid tanh relu std var topk sort gather scatter_ add_ mul_ copy_ fill_ zero_ index_select "
    "is_cuda requires_grad grad data masked_fill stride diagonal triu tril prod conj real imag "
    "unfold narrow select index_add_ numpy type_as eq ne lt gt le ge neg logical_not".split()
)
_LIST_ATTRIBUTES = frozenset("append extend pop insert".split())
_SAME_SHAPE = frozenset(
    "clone float double long int bool half to cuda cpu detach contiguous abs exp log sqrt sigmoid "
    "tanh relu type_as neg type clamp softmax".split()
)
_LIKE = frozenset("zeros_like empty_like ones_like full_like rand_like randn_like".split())
_SHAPED = frozenset("zeros ones empty rand randn full".split())
_POSITIVE = frozenset("log sqrt log2 log10".split())


@dataclass(slots=True)
class Clue:
    """How one input is used."""

    min_rank: int = 0
    rank: int | None = None
    arity: int | None = None
    attributes: set[str] = field(default_factory=set[str])
    is_tensor: bool = False
    is_int: bool = False
    truth: bool = False
    compared: bool = False
    counted: bool = False
    positive: bool = False
    strings: list[str] = field(default_factory=list[str])
    maybe_none: bool = False
    is_list: bool = False
    items: int | None = None
    index_of: list[Term] = field(default_factory=list[Term])


@dataclass(frozen=True, slots=True)
class View:
    """A local name that stands for a part of an input, `dropped` axes deep."""

    key: str
    dropped: int


class Clues:
    """Clues by input, and which sizes are the same; filled by reading statements in order."""

    def __init__(self, objects: Iterable[str]) -> None:
        self.by_key: dict[str, Clue] = {}
        self._objects = tuple(objects)
        self._views: dict[str, View] = {}
        self._loops: set[str] = set()
        self._parents: dict[Term, Term] = {}

    def read(self, statements: Sequence[ast.stmt]) -> None:
        """Take in the statements; twice over, so that later ones speak for earlier names."""
        for _ in range(2):
            for statement in statements:
                self._statement(statement)

    def of(self, key: str) -> Clue:
        """The clue of an input, made when first asked for."""
        return self.by_key.setdefault(key, Clue())

    def same(self, term: Term) -> Term:
        """The one term that stands for all sizes equal to this one."""
        while (parent := self._parents.get(term, term)) != term:
            term = parent
        return term

    def unite(self, one: Term | None, other: Term | None) -> None:
        """Note that two sizes are equal."""
        if one is None or other is None:
            return
        first, second = self.same(one), self.same(other)
        if first == second:
            return
        if first[0] == "literal":
            first, second = second, first
        if not (first[0] == second[0] == "literal"):
            self._parents[first] = second

    def axes_of(self, key: str) -> list[Term]:
        """The axes of an input that were spoken of."""
        terms = {*self._parents, *self._parents.values()}
        return sorted(t for t in terms if t[0] == "axis" and t[1] == key)

    def key(self, node: ast.AST) -> str | None:
        """The input that an expression names, dotted for attributes of objects."""
        if isinstance(node, ast.Name):
            return node.id
        path = dotted(node)
        if path and path.split(".")[0] in self._objects:
            return path
        return None

    def view(self, node: ast.AST) -> View | None:
        """What part of an input an expression stands for."""
        if isinstance(node, ast.Name) and node.id in self._views:
            return self._views[node.id]
        if isinstance(node, ast.Subscript) and (base := self.view(node.value)):
            indexes = subscripts(node)
            if all(self._is_scalar(i) for i in indexes):
                return View(base.key, base.dropped + len(indexes))
            return None
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            return self.view(node.func.value) if node.func.attr in _SAME_SHAPE else None
        if isinstance(node, ast.Attribute) and node.attr in TENSOR_ATTRIBUTES:
            return None
        key = self.key(node)
        if key is None or key in self._loops:
            return None
        return View(key, 0)

    def term(self, node: ast.AST) -> Term | None:
        """The size that an expression stands for, constants added aside."""
        match node:
            case ast.Constant(value=int(value)) if value > 1:
                return ("literal", "", value)
            case ast.Subscript(value=ast.Attribute(value=base, attr="shape"), slice=index):
                return self._axis(base, index)
            case ast.Call(func=ast.Attribute(value=base, attr="size"), args=[index]):
                return self._axis(base, index)
            case ast.Call(func=ast.Name(id="len"), args=[base]):
                return self._axis(base, ast.Constant(0))
            case ast.Call(func=ast.Name(id="int" | "min" | "max" | "round"), args=args):
                terms = [t for t in map(self.term, args) if t]
                for other in terms[1:]:
                    self.unite(terms[0], other)
                return terms[0] if terms else None
            case ast.BinOp(left=left, op=ast.Add() | ast.Sub(), right=ast.Constant()):
                return self.term(left)
            case ast.Name() | ast.Attribute():
                key = self.key(node)
                return ("name", key, 0) if key else None
            case _:
                return None

    def _axis(self, base: ast.expr, index: ast.expr) -> Term | None:
        view = self.view(base)
        if view is None:
            return None
        match index:
            case ast.Constant(value=int(number)):
                clue = self.of(view.key)
                clue.is_tensor = True
                clue.min_rank = max(clue.min_rank, view.dropped + number + 1)
                return ("axis", view.key, view.dropped + number)
            case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int(number))):
                clue = self.of(view.key)
                clue.min_rank = max(clue.min_rank, view.dropped + number)
                return ("axis", view.key, -number)
            case _:
                return None

    def _is_scalar(self, node: ast.expr) -> bool:
        match node:
            case ast.Constant(value=int()) | ast.UnaryOp(operand=ast.Constant(value=int())):
                return True
            case ast.Name(id=name):
                return name in self._loops or bool(self.of(name).is_int)
            case ast.BinOp(left=left, right=right):
                return self._is_scalar(left) and self._is_scalar(right)
            case ast.Call(func=ast.Name(id="int")) | ast.Call(func=ast.Attribute(attr="item")):
                return True
            case _:
                return self._element(node) is not None

    def _element(self, node: ast.expr) -> View | None:
        """The input of which `node` is one element, as in `idx[i]`, `int(idx[i])`, `idx[i].item()`."""
        match node:
            case ast.Call(func=ast.Name(id="int"), args=[inner]):
                return self._element(inner)
            case ast.Call(func=ast.Attribute(value=inner, attr="item" | "long")):
                return self._element(inner)
            case ast.Subscript() | ast.Name():
                view = self.view(node)
                return view if view and view.dropped > 0 else None
            case _:
                return None

    def _statement(self, node: ast.stmt) -> None:
        match node:
            case ast.For(target=target, iter=iterable):
                self._iterate(target, iterable)
            case ast.Assign(targets=[target], value=value):
                self._assign(target, value)
            case ast.If(test=test) | ast.While(test=test) | ast.Assert(test=test):
                self._truth(test)
            case _:
                pass
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.stmt):
                self._statement(child)
            elif isinstance(child, ast.expr):
                self._expression(child)
            else:
                for inner in ast.iter_child_nodes(child):
                    if isinstance(inner, ast.stmt):
                        self._statement(inner)

    def _iterate(self, target: ast.expr, iterable: ast.expr) -> None:
        match iterable:
            case ast.Call(func=ast.Name(id="range"), args=args) if args:
                for part in args:
                    self._as_int(part)
                if isinstance(target, ast.Name):
                    self._loops.add(target.id)
                    stop = args[1] if len(args) > 1 else args[0]
                    self.unite(("loop", target.id, 0), self.term(stop))
            case ast.Call(func=ast.Name(id="enumerate"), args=[inner, *_]):
                if isinstance(target, ast.Tuple) and len(target.elts) == 2:
                    self._iterate(target.elts[1], inner)
                    if isinstance(target.elts[0], ast.Name):
                        self._loops.add(target.elts[0].id)
                        name = target.elts[0].id
                        self.unite(("loop", name, 0), self._axis(inner, ast.Constant(0)))
            case ast.Call(func=ast.Name(id="zip"), args=parts):
                if isinstance(target, ast.Tuple) and len(target.elts) == len(parts):
                    for element, part in zip(target.elts, parts, strict=True):
                        self._iterate(element, part)
                        self.unite(self._axis(parts[0], ast.Constant(0)),
                                   self._axis(part, ast.Constant(0)))
            case ast.Call(func=ast.Name(id="reversed" | "tqdm" | "__pick__"), args=[inner, *_]):
                self._iterate(target, inner)
            case _:
                self._elements(target, iterable)

    def _elements(self, target: ast.expr, iterable: ast.expr) -> None:
        view = self.view(iterable)
        if view is None:
            return
        clue = self.of(view.key)
        clue.is_tensor = True
        clue.min_rank = max(clue.min_rank, view.dropped + 1)
        if isinstance(target, ast.Name):
            self._views[target.id] = View(view.key, view.dropped + 1)
        elif isinstance(target, ast.Tuple):
            clue.items = len(target.elts)
            clue.min_rank = max(clue.min_rank, view.dropped + 2)
            width = ("literal", "", len(target.elts))
            self.unite(("axis", view.key, view.dropped + 1), width)
            for element in target.elts:
                if isinstance(element, ast.Name):
                    self._views[element.id] = View(view.key, view.dropped + 2)

    def _assign(self, target: ast.expr, value: ast.expr) -> None:
        if isinstance(target, ast.Tuple):
            self._unpack(target, value)
        if not isinstance(target, ast.Name):
            return
        name = target.id
        match value:
            case ast.Call(func=ast.Name(id="__pick__"), args=[inner]):
                self._iterate(target, inner)
            case ast.Call(func=ast.Attribute(attr=attr), args=[base, *_]) if attr in _LIKE:
                if view := self.view(base):
                    self._views[name] = view
            case ast.Call(func=ast.Attribute(value=ast.Name(id="torch"), attr=attr), args=args) if (
                attr in _SHAPED
            ):
                self._allocated(name, args)
            case ast.Subscript() | ast.Call(func=ast.Attribute()):
                view = self.view(value)
                if view and view.key != name:
                    self._views[name] = view
                elif self.term(value):
                    self.unite(("name", name, 0), self.term(value))
            case ast.Name() | ast.BinOp() | ast.Call(func=ast.Name()):
                if not isinstance(value, ast.Name):
                    self.unite(("name", name, 0), self.term(value))
            case _:
                pass

    def _allocated(self, name: str, args: list[ast.expr]) -> None:
        sizes = args[0].elts if args and isinstance(args[0], ast.Tuple | ast.List) else args
        if any(isinstance(s, ast.Starred) for s in sizes):
            return
        self.of(name).rank = len(sizes)
        for axis, size in enumerate(sizes):
            self._as_int(size)
            self.unite(("axis", name, axis), self.term(size))

    def _unpack(self, target: ast.Tuple, value: ast.expr) -> None:
        match value:
            case ast.Attribute(value=base, attr="shape"):
                view = self.view(base)
            case ast.Call(func=ast.Attribute(value=base, attr="size"), args=[]):
                view = self.view(base)
            case ast.Tuple(elts=elements) if len(elements) == len(target.elts):
                for one, other in zip(target.elts, elements, strict=True):
                    self._assign(one, other)
                return
            case _:
                return
        if view is None:
            return
        clue = self.of(view.key)
        clue.is_tensor = True
        if any(isinstance(e, ast.Starred) for e in target.elts):
            clue.min_rank = max(clue.min_rank, view.dropped + len(target.elts) - 1)
            return
        clue.rank = view.dropped + len(target.elts)
        for axis, element in enumerate(target.elts):
            if isinstance(element, ast.Name):
                self.of(element.id).is_int = True
                self.unite(("name", element.id, 0), ("axis", view.key, view.dropped + axis))

    def _truth(self, test: ast.expr) -> None:
        match test:
            case ast.BoolOp(values=values):
                for value in values:
                    self._truth(value)
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                self._truth(operand)
            case ast.Subscript() | ast.Name():
                if view := self.view(test):
                    self.of(view.key).truth = True
            case _:
                pass

    def _as_int(self, node: ast.expr) -> None:
        for part in ast.walk(node):
            if isinstance(part, ast.Name | ast.Attribute) and (key := self.key(part)):
                if part is node or not isinstance(node, ast.Call | ast.Subscript):
                    self.of(key).is_int = True
        if element := self._element(node):
            self.of(element.key).counted = True

    def _expression(self, node: ast.expr) -> None:
        for part in ast.walk(node):
            match part:
                case ast.Subscript():
                    self._subscript(part)
                case ast.Call():
                    self._call(part)
                case ast.Attribute(value=value, attr=attr):
                    if (view := self.view(value)) and self.key(value):
                        self._attribute(view.key, attr)
                case ast.Compare():
                    self._compare(part)
                case ast.comprehension(target=target, iter=iterable, ifs=tests):
                    self._iterate(target, iterable)
                    for test in tests:
                        self._truth(test)
                case ast.IfExp(test=test):
                    self._truth(test)
                case _:
                    pass

    def _attribute(self, key: str, attr: str) -> None:
        clue = self.of(key)
        clue.attributes.add(attr)
        clue.is_tensor |= attr in TENSOR_ATTRIBUTES
        clue.is_list |= attr in _LIST_ATTRIBUTES

    def _subscript(self, node: ast.Subscript) -> None:
        if isinstance(node.value, ast.Attribute) and node.value.attr == "shape":
            self.term(node)
            return
        view = self.view(node.value)
        if view is None:
            return
        clue = self.of(view.key)
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
            self._index(index, ("axis", view.key, position))
            position += 1
        clue.min_rank = max(clue.min_rank, position)

    def _index(self, index: ast.expr, axis: Term) -> None:
        match index:
            case ast.Slice(lower=lower, upper=upper):
                for part in (lower, upper):
                    if part is not None:
                        self._as_int(part)
                if isinstance(upper, ast.Name | ast.Attribute):
                    self.unite(axis, self.term(upper))
            case ast.Name(id=name) if name in self._loops:
                self.unite(axis, ("loop", name, 0))
            case ast.BinOp(left=ast.Name(id=name), right=ast.Constant()) if name in self._loops:
                self.unite(axis, ("loop", name, 0))
            case _:
                view = self._element(index)
                if view is None and isinstance(index, ast.Name):
                    view = View(index.id, 0)
                if view is not None:
                    self.of(view.key).index_of.append(axis)

    def _call(self, node: ast.Call) -> None:
        key = self.key(node.func)
        if key is not None:
            clue = self.of(key)
            clue.arity = max(clue.arity or 0, len(node.args) + len(node.keywords))
        match node.func:
            case ast.Name(id="range"):
                for part in node.args:
                    self._as_int(part)
            case ast.Name(id="len"):
                self.term(node)
            case ast.Attribute(value=ast.Name(id="torch" | "F"), attr=attr):
                self._torch_call(attr, node.args)
            case ast.Attribute(value=ast.Name(id="math"), attr=attr) if attr in _POSITIVE:
                self._all_positive(node.args)
            case ast.Attribute(attr="size"):
                self.term(node)
            case _:
                pass

    def _torch_call(self, attr: str, args: list[ast.expr]) -> None:
        if attr in _POSITIVE:
            self._all_positive(args)
        for part in args[:1]:
            view = self.view(part)
            if attr in _SHAPED or attr in {"arange", "eye", "randperm"}:
                self._as_int(part)
            elif view is not None and attr not in {"stack", "cat", "tensor", "as_tensor"}:
                self.of(view.key).is_tensor = True

    def _all_positive(self, args: list[ast.expr]) -> None:
        for part in args:
            if view := self.view(part):
                self.of(view.key).positive = True

    def _compare(self, node: ast.Compare) -> None:
        sides = [node.left, *node.comparators]
        for side in sides:
            key = self.key(side)
            view = self.view(side)
            if view:
                self.of(view.key).compared = True
            if key is None:
                continue
            for other in sides:
                if isinstance(other, ast.Constant) and isinstance(other.value, str):
                    self.of(key).strings.append(other.value)
                if isinstance(other, ast.Constant) and other.value is None:
                    self.of(key).maybe_none = True
        match node:
            case ast.Compare(
                left=ast.Call(func=ast.Attribute(value=base, attr="dim"))
                | ast.Attribute(value=base, attr="ndim"),
                ops=[ast.Eq()],
                comparators=[ast.Constant(value=int(rank))],
            ):
                if view := self.view(base):
                    self.of(view.key).rank = rank
            case _:
                pass


def subscripts(node: ast.Subscript) -> list[ast.expr]:
    """The indexes of a subscript, one for each comma."""
    return list(node.slice.elts) if isinstance(node.slice, ast.Tuple) else [node.slice]
