"""Expressions of the loop's body -> values on axes."""

from __future__ import annotations

from collections.abc import Callable

from loopless.dependence.conditions import conjunction, integer_of, negated
from loopless.facts.infer import arithmetic, dotted, infer
from loopless.facts.operations import Operation, Rule, lookup, method, module
from loopless.facts.scope import names_read
from loopless.finding import Missed, Span
from loopless.ir import tree
from loopless.ir.poly import Poly, Symbol, poly
from loopless.ir.value import (
    Apply,
    At,
    Const,
    Cut,
    Int,
    New,
    OnItem,
    Pick,
    Read,
    Ref,
    Sub,
    Temp,
    Tuple,
    Value,
    axes_of,
    cells_of,
    held_in,
    leaves_of,
)
from loopless.lift.bounds import bound_of
from loopless.lift.containers import is_container, take_for_tensor
from loopless.lift.context import Frame, Lifting, Unbound
from loopless.lift.masked import masked_operation, size_of_slice
from loopless.lift.ranks import learn_matrix, learn_rows, learn_scalar
from loopless.lift.results import named_result, numbered_result
from loopless.lift.seen import note
from loopless.lift.stop import NOWHERE, StopLifting, stop
from loopless.lift.subscript import full, in_tensors, item
from loopless.lift.types import LOGIC, type_of
from loopless.lift.windows import resolved

Inliner = Callable[[tree.Function, list[Value], dict[str, Value], Frame, Span], Value]

_INTEGER_OPS = frozenset({"+", "-", "*", "//", "%", "**", "neg", "pos"})
_EFFECTS = frozenset({"print", "input", "open", "exec", "eval", "next", "setattr", "delattr"})


class Evaluator:
    """Evaluates expressions in a frame. `inline` runs a function of the file on values."""

    def __init__(
        self,
        lifting: Lifting,
        inline: Inliner,
    ) -> None:
        self.lifting = lifting
        self.scope = lifting.scope
        self.inline = inline

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
                return self.junction(op, [self.value(o, frame) for o in operands])
            case tree.Choice():
                return self.choice(expr, frame)
            case tree.Item(of, subscripts):
                return self.item(of, subscripts, frame, expr.span)
            case tree.Field(of, name):
                return self.field(expr, frame)
            case tree.Call():
                return self.call(expr, frame)
            case tree.Display("tuple" | "list", items):
                return Tuple(tuple(self.value(i, frame) for i in items))
            case tree.Opaque(kind):
                if not (names_read(expr) & self.lifting.loop_names):
                    raise stop("unknown-expression", f"a {kind} stands in the loop", expr.span)
                raise stop("unknown-expression", f"no rule for {kind} in a loop", expr.span)
            case tree.Comprehension():
                raise stop("comprehension", "a comprehension stands inside the loop", expr.span)
            case _:
                raise stop("unknown-expression", "no rule for this expression", expr.span)

    # --- names

    def name(self, name: str, frame: Frame, span: Span) -> Value:
        """What a name stands for in this iteration."""
        bound = frame.env.get(name)
        if isinstance(bound, Unbound):
            raise stop("unbound", bound.reason, span)
        if bound is not None:
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
            return Int(poly(Symbol(name)))
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
            return negated(self.condition(operands[0], frame))
        return self.combined(op, [self.value(operand, frame) for operand in operands], span)

    def condition(self, expr: tree.Expr, frame: Frame) -> Value:
        """An expression of which only the truth is asked."""
        match expr:
            case tree.Junction(op, operands):
                return conjunction_of(op, tuple(self.condition(o, frame) for o in operands))
            case _:
                return self.truth(self.value(expr, frame))

    def junction(self, op: str, values: list[Value]) -> Value:
        """`and` or `or` as a value: one of its operands, which need not be a truth value."""
        if all(type_of(value, self.scope).dtype == "bool" for value in values):
            return conjunction_of(op, tuple(self.truth(value) for value in values))
        result = values[-1]
        for value in reversed(values[:-1]):
            test = self.truth(value)
            result = select(test, result, value) if op == "and" else select(test, value, result)
        return result

    def combined(self, op: str, values: list[Value], span: Span) -> Value:
        """An operator applied to values, folded to a polynomial where all are integers."""
        if op in {"is", "is not", "in", "not in"}:
            raise stop("unknown-operator", f"`{op}` on a value of the loop", span)
        if op in _INTEGER_OPS:
            integers = [integer_of(value) for value in values]
            if all(i is not None for i in integers):
                folded = arithmetic(op, [i for i in integers if i is not None])
                if folded is not None:
                    return Int(folded)
        types = [type_of(value, self.scope) for value in values]
        if op == "@":
            return self.on_item("torch.matmul", tuple(values), (), span)
        if any(t.kind == "other" for t in types):
            odd = next(v for v, t in zip(values, types, strict=True) if t.kind == "other")
            raise stop(
                "not-a-tensor", f"{described(odd)} is not known to be a tensor or a number", span
            )
        return Apply(op, tuple(values))

    def truth(self, value: Value) -> Value:
        """A value as a condition: comparisons as they are, numbers and tensors as `bool(value)`."""
        if type_of(value, self.scope).rank:
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
                return value if kind.dtype == "bool" else Apply("bool", (value,))

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
        size = self.size(tree.Item(of, subscripts, span), frame)
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
        chosen = self.result(base, subscripts)
        if chosen is not None:
            return chosen
        self.require_tensor(base, span)
        found = item(base, self.subs(subscripts, base, frame), self.scope)
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

    def subs(self, subscripts: tuple[tree.Expr, ...], base: Value, frame: Frame) -> list[Sub]:
        """The subscripts of a tensor."""
        found: list[Sub] = []
        for at, subscript in enumerate(subscripts):
            match subscript:
                case tree.Range():
                    found.append(self.cut(subscript, frame))
                case tree.Rest(span):
                    rank = type_of(base, self.scope).rank
                    later = sum(not isinstance(s, tree.Literal) for s in subscripts[at + 1 :])
                    if rank is None:
                        if subscripts[at + 1 :]:
                            raise stop("unknown-rank", "`...` on a tensor of unknown rank", span)
                        continue
                    taken = sum(not isinstance(sub, New) for sub in found)
                    found.extend(full() for _ in range(rank - taken - later))
                case tree.Literal(None):
                    found.append(New())
                case tree.Display("tuple", items):
                    found.extend(self.subs(items, base, frame))
                case _:
                    found.extend(self.place(self.value(subscript, frame), subscript.span))
        return found

    def place(self, value: Value, span: Span) -> list[Sub]:
        """One subscript: an integer, a lookup, or the parts of a tuple."""
        p = integer_of(value)
        if p is not None:
            return [At(p)]
        match value:
            case Const(bool()):
                raise stop("unknown-subscript", "a truth value as a subscript", span)
            case Ref(name):
                fact = self.scope.fact(name)
                if fact.kind in {"unknown", "int", "number"}:
                    return [At(poly(Symbol(name)))]
                if fact.is_tensor:
                    return [Pick(value)]
                raise stop("unknown-subscript", f"`{name}` as a subscript", span)
            case Tuple(items):
                return [sub for inner in items for sub in self.place(inner, span)]
            case _:
                kind = type_of(value, self.scope)
                if kind.dtype == "bool":
                    raise stop(
                        "data-dependent-size",
                        "a boolean mask picks a different number of items each time",
                        span,
                    )
                if kind.kind == "float":
                    raise stop("unknown-subscript", "a float as a subscript", span)
                return [Pick(in_tensors(value, self.scope))]

    def cut(self, subscript: tree.Range, frame: Frame) -> Cut:
        """A slice."""

        def bound(expr: tree.Expr | None) -> Poly | None:
            if expr is None:
                return None
            p = bound_of(self.value(expr, frame), self.scope)
            if p is None:
                raise stop(
                    "data-dependent-size", "the length of a slice depends on data", expr.span
                )
            for held in held_in(p):
                learn_scalar(held, self.lifting)
            return p

        start, stop_at, step = bound(subscript.start), bound(subscript.stop), bound(subscript.step)
        stride = 1 if step is None else step.constant
        if stride is None or stride < 1:
            raise stop(
                "unknown-subscript", "the step of a slice is not a positive number", subscript.span
            )
        first = start or poly(0)
        if stop_at is None:
            return Cut(first, None, stride)
        if stop_at.constant is not None and stop_at.constant < 0:
            return Cut(first, None, stride, stop_at)
        if stride != 1:
            return Cut(first, None, stride, stop_at)
        return Cut(first, stop_at - first, 1)

    def size(self, expr: tree.Expr, frame: Frame) -> Value | None:
        """`x.shape[0]`, `x.size(0)`, `len(x)` of a name that the loop does not bind."""
        if names_read(expr) & (frame.env.keys() | self.lifting.loop_names):
            return self.item_size(expr, frame)
        fact = infer(expr, self.scope)
        if fact.kind == "int" and fact.poly is not None:
            return Int(fact.poly)
        return None

    def item_size(self, expr: tree.Expr, frame: Frame) -> Value | None:
        """`row.shape[0]` of an item: a size of the tensor that it is a part of."""
        match expr:
            case tree.Item(tree.Field(of, "shape"), (tree.Literal(int(at)),)):
                pass
            case tree.Call(tree.Field(of, "size"), (tree.Literal(int(at)),)):
                pass
            case tree.Call(tree.Name("len"), (of,)) if (
                dotted(expr.func, self.scope) == "builtins.len"
            ):
                at = 0
            case _:
                return None
        base = self.value(of, frame)
        return self.size_of(base, at)

    def size_of(self, base: Value, at: int) -> Value | None:
        """The size of one dimension of an item."""
        match base:
            case Ref(text):
                return Int(self.scope.size(text, at)) if at >= 0 else None
            case Read(root, subs):
                rank = type_of(base, self.scope).rank
                if at < 0:
                    if rank is None:
                        return None
                    at += rank
                place = 0
                left = at
                for sub in subs:
                    match sub:
                        case New():
                            if left == 0:
                                return Int(poly(1))
                            left -= 1
                            continue
                        case Cut():
                            if left == 0:
                                return size_of_slice(
                                    sub, self.scope.size(root, place), self.lifting
                                )
                            left -= 1
                        case _:
                            pass
                    place += 1
                return Int(self.scope.size(root, place + left))
            case _:
                return None

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
                    return self.on_item(
                        "torch.transpose", (base, Int(poly(-2)), Int(poly(-1))), (), expr.span
                    )
            case "device" | "dtype":
                if isinstance(base, Read):
                    return Ref(f"{base.root}.{expr.name}")
            case _:
                pass
        raise stop("unknown-attribute", f"no rule for `.{expr.name}`", expr.span)

    # --- calls

    def call(self, call: tree.Call, frame: Frame) -> Value:
        """The value of a call, by what is known of the function called."""
        if any(isinstance(a, tree.Spread) for a in call.args):
            raise stop("unknown-call", "a call with starred arguments", call.span)
        size = self.size(call, frame)
        if size is not None:
            return size
        name = dotted(call.func, self.scope)
        if isinstance(call.func, tree.Name) and call.func.id in frame.env:
            raise stop("unknown-call", "the function called is a value of the loop", call.span)
        if name is not None:
            return self.named_call(name, call, frame)
        match call.func:
            case tree.Name(local):
                function = self.scope.function(local)
                if function is not None:
                    args, keywords = self.arguments(call, frame)
                    return self.inline(function, args, keywords, frame, call.span)
                return self.unknown_call(local, call, frame)
            case tree.Field(tree.Name("self"), attribute) if "self" not in frame.env:
                return self.own_method(attribute, call, frame)
            case tree.Field(of, attribute):
                return self.method_call(of, attribute, call, frame)
            case _:
                raise stop("unknown-call", "the function called is not known", call.span)

    def arguments(self, call: tree.Call, frame: Frame) -> tuple[list[Value], dict[str, Value]]:
        """The values of a call's positional and keyword arguments."""
        args = [self.value(arg, frame) for arg in call.args]
        return args, {key: self.value(arg, frame) for key, arg in call.keywords}

    def unknown_call(self, local: str, call: tree.Call, frame: Frame) -> Value:
        """A callable argument: pointwise only by assumption."""
        fact = self.scope.fact(local)
        if fact.kind == "module":
            return self.module_call(local, fact.instance, call, frame)
        args, keywords = self.arguments(call, frame)
        if keywords or not args:
            raise stop("unknown-call", f"`{local}` is not known", call.span)
        if local not in self.scope.locals:
            raise stop("unknown-call", f"`{local}` is not known", call.span)
        types = [type_of(arg, self.scope) for arg in args]
        if any(t.kind == "other" for t in types):
            raise stop("unknown-call", f"`{local}` is not known", call.span)
        if any(t.is_tensor and t.rank for t in types):
            raise stop(
                "unknown-call", f"`{local}` is not known, and it is given whole rows", call.span,
                f"define `{local}` in this file, or call torch.func.vmap({local}) yourself",
            )  # fmt: skip
        for arg, kind in zip(args, types, strict=True):
            if kind.is_tensor and kind.rank is None and not _in_full(arg):
                raise stop(
                    "unknown-call", f"`{local}` is not known, and it may be given whole rows", call.span,
                    f"define `{local}` in this file",
                )  # fmt: skip
        self.lifting.assume(f"`{local}` works element by element and has no effects")
        return Apply(f"call:{local}", tuple(args))

    def own_method(self, attribute: str, call: tree.Call, frame: Frame) -> Value:
        """A method of the class around, inlined, or a module that `self` holds."""
        cls = self.scope.world.classes.get(self.scope.owner)
        function = next((m for m in cls.methods if m.name == attribute), None) if cls else None
        fact = infer(tree.Field(tree.Name("self", call.span), attribute, call.span), self.scope)
        if fact.kind == "module":
            return self.module_call(f"self.{attribute}", fact.instance, call, frame)
        if function is None:
            raise stop("unknown-call", f"`self.{attribute}` is not known", call.span)
        args, keywords = self.arguments(call, frame)
        if not any(
            isinstance(d, tree.Name) and d.id == "staticmethod" for d in function.decorators
        ):
            args = [Ref("self"), *args]
        return self.inline(function, args, keywords, frame, call.span)

    def module_call(self, text: str, instance: str, call: tree.Call, frame: Frame) -> Value:
        """A layer that acts on the last dimensions, or a module of which nothing is known."""
        known = module(instance) if instance else None
        args, keywords = self.arguments(call, frame)
        if known is None or len(args) != known.inputs or keywords:
            raise stop("unknown-call", f"what `{text}` does to one item is not known", call.span)
        return OnItem(f"module:{text}:{instance}", tuple(args))

    def named_call(self, name: str, call: tree.Call, frame: Frame) -> Value:
        """A call of a function of torch, math or Python by its canonical name."""
        short = name.rsplit(".", 1)[-1]
        if name.startswith("builtins."):
            return self.builtin(short, call, frame)
        if name == "torch.tensor" and len(call.args) == 1:
            return self.made_tensor(call, frame)
        known = lookup(name)
        if known is None:
            raise stop("unknown-call", f"no rule for `{spelled(call.func)}`", call.span)
        args, keywords = self.arguments(call, frame)
        if name.startswith("math."):
            return Apply(name, tuple(args))
        return self.operation(name, known, tuple(args), tuple(keywords.items()), call.span)

    def made_tensor(self, call: tree.Call, frame: Frame) -> Value:
        """`torch.tensor` of numbers and of items without dimensions."""
        args, keywords = self.arguments(call, frame)
        for leaf in leaves_of(args[0]):
            learn_scalar(leaf, self.lifting)
        return OnItem("torch.tensor", tuple(args), tuple(keywords.items()))

    def operation(
        self,
        name: str,
        known: Operation,
        args: tuple[Value, ...],
        keywords: tuple[tuple[str, Value], ...],
        span: Span,
    ) -> Value:
        """A call of an operation of the table."""
        if known.if_tensor and any(type_of(a, self.scope).is_tensor for a in args[1:2]):
            name, known = known.if_tensor, lookup(known.if_tensor) or known
        match known.rule:
            case Rule.POINTWISE:
                return Apply(name, args, keywords)
            case Rule.RANDOM:
                raise stop(
                    "random", f"`{name}` draws random numbers, in another order if batched", span
                )
            case Rule.EFFECT:
                raise stop("effect", f"`{name}` changes something in every iteration", span)
            case Rule.READ if name != "Tensor.item":
                raise stop("host-read", f"`{name}` brings items to the host", span)
            case Rule.READ:
                return Apply("item", (args[0],))
            case Rule.OPAQUE if not any(
                axes_of(a) or cells_of(a) for a in (*args, *dict(keywords).values())
            ):
                # The same in every iteration: it needs no batching.
                return self.on_item(name, args, keywords, span)
            case Rule.OPAQUE:
                raise stop("unknown-call", f"no rule to batch `{name}`", span)
            case _:
                return self.on_item(name, args, keywords, span)

    def on_item(
        self,
        name: str,
        args: tuple[Value, ...],
        keywords: tuple[tuple[str, Value], ...],
        span: Span,
    ) -> Value:
        """An operation on the item's own dimensions."""
        masked = masked_operation(name, args, keywords, span, self.lifting)
        if masked is not None:
            return masked
        learn_rows(name, args, keywords, span, self.lifting)
        return OnItem(name, args, keywords)

    def builtin(self, short: str, call: tree.Call, frame: Frame) -> Value:
        """A call of one of Python's own functions."""
        if short in _EFFECTS:
            raise stop("effect", f"`{short}` is called in every iteration", call.span)
        if call.keywords:
            raise stop("unknown-call", f"`{short}` with keywords", call.span)
        if short in {"tuple", "list"} and len(call.args) == 1:
            inner = self.value(call.args[0], frame)
            if isinstance(inner, Tuple):
                return inner
            raise stop("unknown-call", f"`{short}` of a value of the loop", call.span)
        args = [self.value(arg, frame) for arg in call.args]
        types = [type_of(arg, self.scope) for arg in args]
        match short, args:
            case "int", [arg]:
                return Apply("int", (arg,)) if integer_of(arg) is None else arg
            case "float", [arg]:
                if isinstance(arg, Const) and isinstance(arg.value, str):
                    return Ref(f'float("{arg.value}")')
                return Apply("float", (arg,))
            case "bool", [arg]:
                return self.truth(arg)
            case "abs", [arg]:
                return Apply("abs", (arg,))
            case (("min" | "max"), [_, _, *_]):
                return _extreme(short, args)
            case "pow" | "divmod", [_, _]:
                symbols = ("**",) if short == "pow" else ("//", "%")
                found = tuple(self.combined(op, args, call.span) for op in symbols)
                return found[0] if len(found) == 1 else Tuple(found)
            case "len", [arg]:
                raise stop(
                    "unknown-size", f"the length of {described(arg)} is not known", call.span
                )
            case "sum", [arg] if types[0].is_tensor:
                return self.on_item("torch.sum", (arg,), (("dim", Int(poly(0))),), call.span)
            case "range" | "enumerate" | "zip", _:
                raise stop("unknown-call", f"`{short}` as a value", call.span)
            case _:
                raise stop("unknown-call", f"no rule for `{short}`", call.span)

    def method_call(self, of: tree.Expr, name: str, call: tree.Call, frame: Frame) -> Value:
        """A call of a method of a tensor, or of a module that a field holds."""
        if not (names_read(of) & (frame.env.keys() | self.lifting.loop_names)):
            fact = infer(of, self.scope)
            if fact.kind == "module":
                return self.module_call(spelled(of), fact.instance, call, frame)
        base = self.value(of, frame)
        kind = type_of(base, self.scope)
        if name == "item" and not call.args:
            if not kind.is_tensor:
                raise stop(
                    "not-a-tensor", f"{described(base)} is not known to be a tensor", call.span
                )
            return Apply("item", (base,))
        if not kind.is_tensor:
            raise stop("not-a-tensor", f"{described(base)} is not known to be a tensor", call.span)
        known = method(name)
        if known is None:
            raise stop("unknown-call", f"no rule for the method `{name}`", call.span)
        args, keywords = self.arguments(call, frame)
        if name in {"clone", "contiguous"}:
            return Apply("Tensor.clone", (base,))
        return self.operation(
            f"Tensor.{name}", known, (base, *args), tuple(keywords.items()), call.span
        )


def _extreme(short: str, args: list[Value]) -> Value:
    """`min` or `max` of several values, folded where all are integers."""
    integers = [integer_of(a) for a in args]
    if all(i is not None for i in integers):
        folded = arithmetic(short, [i for i in integers if i is not None])
        if folded is not None:
            return Int(folded)
    result = args[0]
    for other in args[1:]:
        # min(a, b) is `b if b < a else a`, max(a, b) is `b if b > a else a`.
        test = Apply("<" if short == "min" else ">", (other, result))
        result = select(test, other, result)
    return result


def _in_full(value: Value) -> bool:
    """An item by two subscripts or more: a number, if nothing shows more (P4)."""
    return isinstance(value, Read) and sum(isinstance(s, At | Pick) for s in value.subs) > 1


def select(test: Value, then: Value, otherwise: Value) -> Value:
    """`then if test else otherwise`, folded where both are the same."""
    if then == otherwise:
        return then
    if isinstance(test, Const):
        return then if test.value else otherwise
    return Apply("where", (test, then, otherwise))


def conjunction_of(op: str, values: tuple[Value, ...]) -> Value:
    """`and` or `or` of conditions, flattened, constants folded."""
    flat: list[Value] = []
    absorbing = op == "or"
    for value in values:
        match value:
            case Const(known) if bool(known) == absorbing:
                return Const(absorbing)
            case Const():
                pass
            case Apply(inner, args) if inner == op:
                flat.extend(a for a in args if a not in flat)
            case _ if value not in flat:
                flat.append(value)
            case _:
                pass
    if not flat:
        return Const(not absorbing)
    return flat[0] if len(flat) == 1 else Apply(op, tuple(flat))


def described(value: Value) -> str:
    """A value in the user's words, for reasons."""
    match value:
        case Read(root):
            return f"`{root}`"
        case Ref(text):
            return f"`{text}`"
        case Temp(name):
            return f"`{name}`"
        case Const(known):
            return f"`{known!r}`"
        case _:
            return "this value"


def spelled(expr: tree.Expr) -> str:
    """The text of a name or dotted name."""
    match expr:
        case tree.Name(name):
            return name
        case tree.Field(of, name):
            return f"{spelled(of)}.{name}"
        case _:
            return "…"
