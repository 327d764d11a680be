"""Expressions of the loop's body -> values on axes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from loopless.dependence.conditions import conjunction, integer_of, negated
from loopless.facts.infer import dotted, infer
from loopless.facts.scope import own_method
from loopless.finding import Missed, Span
from loopless.ir import tree
from loopless.ir.poly import Symbol, arithmetic, poly
from loopless.ir.value import (
    Apply,
    Const,
    Cut,
    Int,
    OnItem,
    Read,
    Ref,
    Tuple,
    Value,
)
from loopless.ir.walk import names_read
from loopless.lift.calls import called, on_item
from loopless.lift.choice import conjunction_of, select
from loopless.lift.chosen import chosen
from loopless.lift.containers import is_container, take_for_tensor
from loopless.lift.context import Frame, Lifting, Unbound
from loopless.lift.junctions import as_truth, joined, junction
from loopless.lift.listed import listed
from loopless.lift.membership import compared
from loopless.lift.places import subscripts_of
from loopless.lift.ranks import learn_added, learn_matrix
from loopless.lift.results import named_result, numbered_result
from loopless.lift.seen import note
from loopless.lift.single import single
from loopless.lift.sizes import size_asked
from loopless.lift.stop import NOWHERE, StopLifting, stop
from loopless.lift.subscript import full, item
from loopless.lift.types import LOGIC, type_of
from loopless.lift.windows import resolved
from loopless.lift.words import described, spelled

Inliner = Callable[[tree.Function, list[Value], dict[str, Value], Frame, Span], Value]

_INTEGER_OPS = frozenset({"+", "-", "*", "//", "%", "**", "neg", "pos"})


class Evaluator:
    """Evaluates expressions in a frame. `inline` runs a function of the file on values, `run` a loop."""

    def __init__(
        self,
        lifting: Lifting,
        inline: Inliner,
        run: Callable[[tree.For, Frame], None],
    ) -> None:
        self.lifting = lifting
        self.scope = lifting.scope
        self.inline = inline
        self.run = run

    def value(self, expr: tree.Expr, frame: Frame) -> Value:
        """The value of an expression for one iteration."""
        match expr:
            case tree.Literal(value):
                return Int(poly(value)) if type(value) is int else Const(value)
            case tree.Name(name):
                return self.name(name, frame, expr.span)
            case tree.Operator(op, operands):
                return self.operator(op, operands, frame, expr.span)
            case tree.Junction(op, operands):
                return junction(
                    op, [self.value(o, frame) for o in operands], self.scope, self.truth
                )
            case tree.Choice():
                return self.choice(expr, frame)
            case tree.Item(of, subscripts):
                return self.item(of, subscripts, frame, expr.span)
            case tree.Field(of, name):
                return self.field(expr, frame)
            case tree.Call():
                return called(self, expr, frame)
            case tree.Display("tuple" | "list", items):
                return Tuple(tuple(self.value(i, frame) for i in items))
            case tree.Opaque(kind):
                if not (names_read(expr) & self.lifting.loop_names):
                    raise stop("unknown-expression", f"a {kind} stands in the loop", expr.span)
                raise stop("unknown-expression", f"no rule for {kind} in a loop", expr.span)
            case tree.Comprehension():
                return listed(expr, self, frame)
            case _:
                raise stop("unknown-expression", "no rule for this expression", expr.span)

    # --- names

    def name(self, name: str, frame: Frame, span: Span) -> Value:
        """What a name stands for in this iteration."""
        bound = frame.env.get(name)
        if isinstance(bound, Unbound):
            raise stop("unbound", bound.reason, span)
        if bound is not None:
            if bound == Tuple(()) and name in self.lifting.made:
                raise stop("list-used", f"`{name}` is used before it is filled", span)
            return bound
        if name in self.lifting.loop_names:
            raise stop("unbound", f"`{name}` may have no value here", span)
        fact = self.scope.fact(name)
        if (
            fact.kind in {"int", "unknown"}
            and fact.poly is not None
            and (fact.kind == "int" or fact.poly.atoms())
        ):
            return Int(fact.poly)
        if fact.kind == "int" or (
            fact.kind in {"unknown", "number"} and name in self.scope.integers
        ):
            return Int(fact.poly or poly(Symbol(name)))
        if name in self.lifting.changed:
            part = resolved(name, self.scope, self.lifting.loop_names)
            if part is not None:
                root, start = part
                return Read(root, (Cut(start, None),))
            # The loop changes what the name holds: a read of all of it, so that dependences are seen.
            return Read(name, (full(),))
        if (
            fact.kind == "tuple"
            and fact.items is not None
            and all(i.poly is not None for i in fact.items)
        ):
            return Tuple(tuple(Int(i.poly) for i in fact.items if i.poly is not None))
        return Ref(name)

    # --- operators

    def operator(self, op: str, operands: tuple[tree.Expr, ...], frame: Frame, span: Span) -> Value:
        """An operator applied to expressions."""
        if op == "not":
            return as_truth(negated(self.condition(operands[0], frame)), self.scope)
        return self.combined(op, [self.value(operand, frame) for operand in operands], span)

    def condition(self, expr: tree.Expr, frame: Frame) -> Value:
        """An expression of which only the truth is asked."""
        match expr:
            case tree.Junction(op, operands):
                return conjunction_of(op, tuple(self.condition(o, frame) for o in operands))
            case tree.Operator("not", (operand,)):
                return negated(self.condition(operand, frame))
            case _:
                return self.truth(self.value(expr, frame))

    def combined(self, op: str, values: list[Value], span: Span) -> Value:
        """An operator applied to values, folded to a polynomial where all are integers."""
        told = compared(op, values, span, self.scope)
        if told is not None:
            return told
        if op in _INTEGER_OPS:
            integers = [integer_of(value) for value in values]
            if all(i is not None for i in integers):
                folded = arithmetic(op, [i for i in integers if i is not None])
                if folded is not None:
                    return Int(folded)
        types = [type_of(value, self.scope) for value in values]
        if op == "@":
            return on_item("torch.matmul", tuple(values), (), span, self.lifting)
        if any(t.kind == "other" for t in types):
            odd = next(v for v, t in zip(values, types, strict=True) if t.kind == "other")
            raise stop(
                "not-a-tensor", f"{described(odd)} is not known to be a tensor or a number", span
            )
        result = Apply(op, tuple(values))
        learn_added(result, self.lifting)
        return result

    def truth(self, value: Value) -> Value:
        """A value as a condition: comparisons as they are, numbers and tensors as `bool(value)`."""
        if type_of(value, self.scope).rank:
            alone = single(value, self.scope)
            if alone is not None:
                return self.truth(alone)
            raise stop(
                "condition", "a condition asks a row, which has one truth value at most", NOWHERE
            )
        match value:
            case Apply(op) if op in LOGIC or op in {"<", ">", "<=", ">=", "==", "!=", "bool"}:
                return value
            case Const(known):
                return Const(bool(known))
            case Int(p) if p.constant is not None:
                return Const(p.constant != 0)
            case Int(p):
                return Apply("!=", (value, Int(poly(0))))
            case _:
                kind = type_of(value, self.scope)
                if kind.dtype != "bool":
                    return Apply("bool", (value,))
                both = joined(value)
                if both is None:
                    return value
                return conjunction_of(both[0], (self.truth(both[1]), self.truth(both[2])))

    def choice(self, expr: tree.Choice, frame: Frame) -> Value:
        """`then if test else otherwise`, each arm under its predicate."""
        test = self.condition(expr.test, frame)
        if isinstance(test, Const):
            return self.value(expr.then if test.value else expr.otherwise, frame)
        inner = frame.branch(conjunction(frame.when, test))
        other = frame.branch(conjunction(frame.when, negated(test)))
        return select(test, self.value(expr.then, inner), self.value(expr.otherwise, other))

    # --- subscripts and fields

    def item(
        self, of: tree.Expr, subscripts: tuple[tree.Expr, ...], frame: Frame, span: Span
    ) -> Value:
        """`of[subscripts]`: a size, a part of a tuple, or an item of a tensor."""
        size = size_asked(self, tree.Item(of, subscripts, span), frame)
        if size is not None:
            return size
        base = self.value(of, frame)
        if isinstance(base, Tuple):
            place = integer_of(self.value(subscripts[0], frame)) if len(subscripts) == 1 else None
            at = None if place is None else place.constant
            if at is None or not -len(base.items) <= at < len(base.items):
                raise stop(
                    "unknown-subscript", "a tuple is subscripted by a value of the loop", span
                )
            return base.items[at]
        result = self.result(base, subscripts)
        if result is not None:
            return result
        self.require_tensor(base, span)
        subs = subscripts_of(self, subscripts, base, frame)
        found = chosen(base, subs, span, self.lifting) or item(base, subs, self.scope)
        if found is None:
            raise stop(
                "unknown-subscript", f"no rule for this subscript of {described(base)}", span
            )
        note(found, frame.pieces, self.lifting)
        return found

    def result(self, base: Value, subscripts: tuple[tree.Expr, ...]) -> Value | None:
        """One of several results: `torch.sort(row)[0]`."""
        if not isinstance(base, OnItem) or len(subscripts) != 1:
            return None
        match subscripts[0]:
            case tree.Literal(int(at)):
                return numbered_result(base, at)
            case tree.Operator("neg", (tree.Literal(int(at)),)):
                return numbered_result(base, -at)
            case _:
                return None

    def require_tensor(self, base: Value, span: Span) -> None:
        """Stop where a value is not known to be a tensor."""
        if type_of(base, self.scope).is_tensor:
            return
        missed = Missed(
            "not-a-tensor", f"{described(base)} is not known to be a tensor", span,
            unblock=f"annotate it: `{described(base).strip('`')}: torch.Tensor`",
        )  # fmt: skip
        if not isinstance(base, Ref) or not is_container(base.text, self.scope):
            raise StopLifting(missed)
        take_for_tensor(base.text, self.lifting, missed)

    def _property(self, method: tree.Function, frame: Frame, span: Span) -> Value:
        """What a property of the class around gives: its body runs each time that it is read."""
        match method.decorators:
            case (tree.Name("property"),):
                return self.inline(replace(method, decorators=()), [Ref("self")], {}, frame, span)
            case _:
                raise stop("unknown-name", f"`self.{method.name}` is a method", span)

    def field(self, expr: tree.Field, frame: Frame) -> Value:
        """An attribute: a constant of a module, a field of self, or a property of an item."""
        whole = dotted(expr, self.scope)
        if whole is not None:
            constants = {
                "math.pi",
                "math.e",
                "math.inf",
                "math.nan",
                "torch.pi",
                "torch.inf",
                "torch.nan",
            }
            if whole in constants:
                return Ref(spelled(expr))
            fact = infer(expr, self.scope)
            if fact.kind == "dtype":
                return Ref(spelled(expr))
            raise stop("unknown-name", f"`{spelled(expr)}` is not known", expr.span)
        if isinstance(expr.of, tree.Name) and expr.of.id == "self":
            text = f"self.{expr.name}"
            bound = frame.env.get(text)
            if bound is not None and not isinstance(bound, Unbound):
                return bound
            method = own_method(expr.name, self.scope)
            if method is not None:
                return self._property(method, frame, expr.span)
            fact = infer(expr, self.scope)
            return Int(fact.poly) if fact.kind == "int" and fact.poly is not None else Ref(text)
        if not (names_read(expr) & (frame.env.keys() | self.lifting.loop_names)):
            fact = infer(expr, self.scope)
            if fact.kind in {"dtype", "device", "size"}:
                return Ref(spelled(expr))
        base = self.value(expr.of, frame)
        named = named_result(base, expr.name) if isinstance(base, OnItem) else None
        if named is not None:
            return named
        match expr.name:
            case "T" | "mT":
                rank = type_of(base, self.scope).rank
                if rank is None and expr.name == "T":
                    # Only a matrix has a transpose: of other ranks torch has given it up.
                    learn_matrix(base, self.lifting)
                    rank = type_of(base, self.scope).rank
                if rank == 2 or expr.name == "mT":
                    return on_item(
                        "torch.transpose",
                        (base, Int(poly(-2)), Int(poly(-1))),
                        (),
                        expr.span,
                        self.lifting,
                    )
            case "device" | "dtype":
                if isinstance(base, Read):
                    return Ref(f"{base.root}.{expr.name}")
            case _:
                pass
        raise stop("unknown-attribute", f"no rule for `.{expr.name}`", expr.span)
