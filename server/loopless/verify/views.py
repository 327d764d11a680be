"""What is known of the inputs so far: clues, views into them, and which sizes are the same."""

from __future__ import annotations

import ast
from collections.abc import Iterable
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
_SAME_SHAPE = frozenset(
    "clone float double long int bool half to cuda cpu detach contiguous abs exp log sqrt sigmoid "
    "tanh relu type_as neg type clamp softmax".split()
)


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


class Known:
    """Clues by input, local names that stand for parts of inputs, and sizes that are equal."""

    def __init__(self, objects: Iterable[str]) -> None:
        self.by_key: dict[str, Clue] = {}
        self._objects = tuple(objects)
        self.views: dict[str, View] = {}
        self.loops: set[str] = set()
        self._parents: dict[Term, Term] = {}

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
        if isinstance(node, ast.Name) and node.id in self.views:
            return self.views[node.id]
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
        if key is None or key in self.loops:
            return None
        return View(key, 0)

    def term(self, node: ast.AST) -> Term | None:
        """The size that an expression stands for, constants added aside."""
        match node:
            case ast.Constant(value=int(value)) if value > 1:
                return ("literal", "", value)
            case ast.Subscript(value=ast.Attribute(value=base, attr="shape"), slice=index):
                return self.axis(base, index)
            case ast.Call(func=ast.Attribute(value=base, attr="size"), args=[index]):
                return self.axis(base, index)
            case ast.Call(func=ast.Name(id="len"), args=[base]):
                return self.axis(base, ast.Constant(0))
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

    def axis(self, base: ast.expr, index: ast.expr) -> Term | None:
        """The size of an input along one axis."""
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
                return name in self.loops or bool(self.of(name).is_int)
            case ast.BinOp(left=left, right=right):
                return self._is_scalar(left) and self._is_scalar(right)
            case ast.Call(func=ast.Name(id="int")) | ast.Call(func=ast.Attribute(attr="item")):
                return True
            case _:
                return self.element(node) is not None

    def element(self, node: ast.expr) -> View | None:
        """The input of which `node` is one element, as in `idx[i]`, `int(idx[i])`, `idx[i].item()`."""
        match node:
            case ast.Call(func=ast.Name(id="int"), args=[inner]):
                return self.element(inner)
            case ast.Call(func=ast.Attribute(value=inner, attr="item" | "long")):
                return self.element(inner)
            case ast.Subscript() | ast.Name():
                view = self.view(node)
                return view if view and view.dropped > 0 else None
            case _:
                return None


def subscripts(node: ast.Subscript) -> list[ast.expr]:
    """The indexes of a subscript, one for each comma."""
    return list(node.slice.elts) if isinstance(node.slice, ast.Tuple) else [node.slice]
