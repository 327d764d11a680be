"""Statements of a nest, executed symbolically: inner levels first, each closed into pieces on its axis."""

from __future__ import annotations

from collections.abc import Callable

from loopless.dependence.conditions import conjunction, constraints, integer_of, negated
from loopless.facts.counted import is_counted
from loopless.facts.fact import Fact
from loopless.facts.infer import dotted
from loopless.facts.liveness import read_after, read_by, reads_of_block
from loopless.facts.operations import Rule, method
from loopless.facts.scope import names_bound, names_changed, root_name
from loopless.finding import Span
from loopless.ir import tree
from loopless.ir.poly import Axis, Cell, Poly, poly
from loopless.ir.value import (
    Apply,
    At,
    Const,
    Int,
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
    children,
    reads_of,
)
from loopless.lift.appends import elements_of
from loopless.lift.arms import as_update, asking, merge_stores, normal_op, swapped, under
from loopless.lift.cells import aside, assigned_in
from loopless.lift.close import Closed, close_level
from loopless.lift.context import Bound, Frame, Lifting, Unbound
from loopless.lift.counting import counter_start
from loopless.lift.digits import digit_loops
from loopless.lift.evaluate import Evaluator, described, select
from loopless.lift.exits import early
from loopless.lift.leaving import has_exits
from loopless.lift.normalize import exposed, jumps, without_continue
from loopless.lift.overlap import may_touch
from loopless.lift.piece import Append, Define, Piece, Write
from loopless.lift.ranks import learn_stored
from loopless.lift.results import several
from loopless.lift.slices import combined, kept_where, sliced_store
from loopless.lift.space import Space, space_of
from loopless.lift.stop import StopLifting, stop
from loopless.lift.subscript import full, item
from loopless.lift.types import type_of

_MAX_INLINE = 6


class Executor:
    """Runs the statements of one nest."""

    def __init__(self, lifting: Lifting) -> None:
        self.lifting = lifting
        self.scope = lifting.scope
        self.evaluator = Evaluator(lifting, self.inline)
        self.inlining = 0
        self.after: frozenset[str] = frozenset()
        self.nest_names = lifting.loop_names
        self.nest_locals = lifting.scope.locals
        # Names that the blocks around may still read, innermost last.
        self.later: list[frozenset[str]] = []

    # --- loops

    def loop(self, loop: tree.For, frame: Frame) -> None:
        """Close one level and leave its pieces and final values in `frame`."""
        if is_counted(loop) and isinstance(loop.target, tree.Name):
            name = loop.target.id
            frame.env[name] = counter_start(name, self.start(name, frame), self.lifting)
        if not has_exits(loop.body) and not loop.orelse:
            loop = digit_loops(loop, frame, self.lifting, lambda expr: self._fixed(expr, frame))
        space = space_of(loop.target, loop.iterable, self.lifting, self.evaluator, frame)
        if has_exits(loop.body):
            early(self, loop, space, frame)
            return
        self.over(loop, space, frame)
        self.block(loop.orelse, frame)

    def over(self, loop: tree.For, space: Space, frame: Frame) -> None:
        """Close a level over a space whose iterations all run to their end."""
        if not self.lifting.open_axes:
            self.lifting.outermost = space.axis
        self._save_before(loop, frame)
        body = without_continue(loop.body)
        targets = frozenset(name for name, _ in space.bindings)
        after, given = self.after, self.scope.given
        self.scope.given = (*given, *(c.value for c in constraints(frame.when)))
        cells = exposed(body, targets, self.lifting.live | after)
        self.lifting.open_axes.append(space.axis)
        # What the next iteration reads is read after this one.
        self.after = after | read_by(body, names_bound(body))
        self.later.append(self.after | cells)
        try:
            closed = self._level(loop, space, body, cells, frame, after, integers=True)
        finally:
            self.later.pop()
            self.after, self.scope.given = after, given
            self.lifting.open_axes.pop()
        self._leave(closed, loop, frame)

    def _fixed(self, expr: tree.Expr, frame: Frame) -> Poly | None:
        """The polynomial of an expression in front of a loop, None where it has none."""
        try:
            return integer_of(self.evaluator.value(expr, frame))
        except StopLifting:
            return None

    def _level(
        self,
        loop: tree.For,
        space: Space,
        body: tuple[tree.Stmt, ...],
        cells: frozenset[str],
        frame: Frame,
        after: frozenset[str],
        *,
        integers: bool,
    ) -> Closed:
        starts = {name: self.start(name, frame) for name in sorted(cells)}
        inner = Frame(dict(frame.env), [], space.when)
        whole: set[str] = set()
        for name, start in starts.items():
            if isinstance(start, Unbound):
                inner.env[name] = start
            elif integers and integer_of(start) is not None:
                whole.add(name)
                inner.env[name] = Int(poly(Cell(name)))
            else:
                inner.env[name] = Read(name, ())
        inner.env.update(space.bindings)
        uid, temps, misses = self.lifting.uid, set(self.lifting.temps), len(self.lifting.misses)
        given = set(self.lifting.given)
        self.block(body, inner)
        updates = {name: inner.env.get(name, Unbound("")) for name in starts}
        for name in whole:
            update = updates[name]
            if not isinstance(update, Unbound) and not self._integral(update):
                # It starts as an integer and becomes a tensor or a float: once more, as a plain value.
                self.lifting.uid, self.lifting.temps, self.lifting.given = uid, temps, given
                del self.lifting.misses[misses:]
                return self._level(loop, space, body, cells, frame, after, integers=False)
        self.lifting.after = after
        return close_level(self.lifting, loop, space, inner, starts, updates, frame)

    def _integral(self, value: Value) -> bool:
        match value:
            case Apply("where", (_, then, otherwise)):
                return self._integral(then) and self._integral(otherwise)
            case _:
                return type_of(value, self.scope).kind == "int"

    def start(self, name: str, frame: Frame) -> Bound:
        """The value of a carried name before the loop."""
        known = frame.env.get(name)
        if known is not None:
            return known
        if name in self.scope.names or name in self.scope.locals or name.startswith("self."):
            fact = self.scope.fact(name)
            if fact.kind == "int" and fact.poly is not None and fact.poly.constant is not None:
                return Int(fact.poly)
            if fact.kind in {"float", "bool"} and isinstance(fact.literal, int | float):
                return Const(fact.literal)
            if name in self.scope.names:
                return Ref(name)
        return Unbound(f"`{name}` has no value before the loop")

    def _leave(self, closed: Closed, loop: tree.For, frame: Frame) -> None:
        self._before_steps(closed.pieces, frame)
        for piece in closed.pieces:
            self._before_write(piece, frame)
            frame.pieces.append(under(piece, frame.when))
        bound = names_bound((loop,))
        for name in bound:
            value = closed.finals.get(name)
            if value is None:
                frame.env[name] = Unbound(f"`{name}` is read after the loop that binds it")
            else:
                self.lifting.say(name, value)
                frame.env[name] = value

    # --- statements

    def block(self, block: tuple[tree.Stmt, ...], frame: Frame) -> None:
        """Run statements one after the other."""
        after = self.after
        try:
            for at, statement in enumerate(block):
                self.after = after | read_after(statement, block[at + 1 :])
                self.later.append(reads_of_block(block[at + 1 :]))
                self.statement(statement, frame)
                self.later.pop()
        finally:
            self.after = after

    def statement(self, statement: tree.Stmt, frame: Frame) -> None:
        """Run one statement."""
        match statement:
            case tree.Assign(target, value):
                self.assign(target, self.evaluator.value(value, frame), frame, statement.span)
            case tree.Augment(target, op, value):
                self.augment(target, op, self.evaluator.value(value, frame), frame, statement.span)
            case tree.For():
                self.loop(statement, frame)
            case tree.If():
                self.branch(statement, frame)
            case tree.Evaluate(value):
                self.effect(value, frame)
            case tree.Jump("pass"):
                pass
            case tree.While():
                raise stop("while", "a `while` loop stands in the loop", statement.span)
            case tree.Other(kind):
                raise stop(
                    "unknown-statement", f"no rule for {_kind(kind)} in a loop", statement.span
                )
            case tree.Jump(kind):
                raise stop("early-exit", f"`{kind}` stands in the loop", statement.span)
            case tree.Return():
                raise stop("early-exit", "the loop returns", statement.span)
            case tree.Define(name):
                raise stop(
                    "unknown-statement", f"`{name}` is defined inside the loop", statement.span
                )

    def assign(self, target: tree.Expr, value: Value, frame: Frame, span: Span) -> None:
        """`target = value`."""
        match target:
            case tree.Name(name) if (
                isinstance(value, Read)
                and not value.subs
                and (value.root in self.lifting.augmented and type_of(value, self.scope).is_tensor)
            ):
                raise stop(
                    "aliasing",
                    f"`{name}` is another name for `{value.root}`, which changes in place",
                    span,
                )
            case tree.Name(name):
                self.lifting.say(name, value)
                frame.env[name] = value
            case tree.Item(of, subscripts):
                self.store(of, subscripts, None, value, frame, span)
            case tree.Display(_, items) if not any(isinstance(i, tree.Spread) for i in items):
                for at, inner in enumerate(items):
                    self.assign(inner, self.part(value, at, len(items), span), frame, span)
            case _:
                raise stop("unknown-target", "the loop assigns to an attribute", span)

    def part(self, value: Value, at: int, count: int, span: Span) -> Value:
        """One of several values that an assignment takes apart."""
        if isinstance(value, Tuple) and len(value.items) == count:
            return value.items[at]
        if isinstance(value, OnItem) and not axes_of(value):
            return OnItem("part", (value, Int(poly(at))))
        if isinstance(value, OnItem) and several(value) == count:
            return OnItem("part", (value, Int(poly(at))))
        if type_of(value, self.scope).is_tensor:
            found = item(value, [At(poly(at))], self.scope)
            if found is not None:
                return found
        raise stop("unpacking", f"{described(value)} is taken apart", span)

    def augment(self, target: tree.Expr, op: str, value: Value, frame: Frame, span: Span) -> None:
        """`target op= value`."""
        match target:
            case tree.Name(name):
                old = self.evaluator.name(name, frame, span)
                if isinstance(old, Read) and old.subs and type_of(old, self.scope).is_tensor:
                    # `row += 1` where `row` is a view of `x` writes to `x` (trap T19).
                    self.write(old.root, old.subs, op, value, frame, span)
                    return
                if isinstance(old, Ref) and type_of(old, self.scope).is_tensor:
                    raise stop("in-place", f"`{name}` is changed in place in every iteration", span)
                new = self.evaluator.combined(op, [old, value], span)
                self.lifting.say(name, new)
                frame.env[name] = new
            case tree.Item(of, subscripts):
                self.store(of, subscripts, op, value, frame, span)
            case _:
                raise stop("unknown-target", "the loop changes an attribute", span)

    def store(
        self,
        of: tree.Expr,
        subscripts: tuple[tree.Expr, ...],
        op: str | None,
        value: Value,
        frame: Frame,
        span: Span,
    ) -> None:
        """`of[subscripts] = value`."""
        base = self.evaluator.value(of, frame)
        kind = type_of(base, self.scope)
        if not kind.is_tensor:
            raise stop("not-a-tensor", f"{described(base)} is not known to be a tensor", span)
        subs = self.evaluator.subs(subscripts, base, frame)
        if isinstance(base, Read) and any(isinstance(s, Pick) for s in base.subs):
            raise stop("chained-store", "a store into a copy that a lookup made", span)
        target = item(base, subs, self.scope)
        if not isinstance(target, Read):
            raise stop("unknown-target", f"a store into {described(base)}", span)
        # Without subscripts a write would give the name a new value: `x[:] = …` keeps its colon.
        self.write(target.root, target.subs or (full(),), op, value, frame, span)

    def write(
        self,
        root: str,
        subs: tuple[Sub, ...],
        op: str | None,
        value: Value,
        frame: Frame,
        span: Span,
    ) -> None:
        """A store at one place, under the frame's predicate."""
        kind = type_of(value, self.scope)
        if kind.kind == "other":
            raise stop(
                "not-a-tensor", f"{described(value)} is not known to be a tensor or a number", span
            )
        sliced = sliced_store(root, subs, value, span, self.lifting)
        axes: tuple[Axis, ...] = ()
        if sliced is not None:
            subs, value, axes = sliced
        if sliced is not None and kept_where(value) is not None:
            new = value if op is None else combined(op, Read(root, subs), value)
            piece = Write(root, subs, None, new, frame.when, (), span, augmented=op is not None)
            self._before_write(piece, frame)
            frame.pieces.append(piece)
            return
        learn_stored(root, subs, value, span, self.lifting)
        if op is None:
            reduced = as_update(root, subs, value)
            if reduced is not None:
                regrouped = Read(root, subs) not in children(value)
                op, value = reduced
                piece = Write(root, subs, op, value, frame.when, axes, span, regrouped=regrouped)
            else:
                piece = Write(root, subs, None, value, frame.when, axes, span)
        elif op in {"+", "*", "-", "/"}:
            piece = Write(root, subs, *normal_op(op, value), frame.when, axes, span, augmented=True)
        else:
            new = self.evaluator.combined(op, [Read(root, subs), value], span)
            piece = Write(root, subs, None, new, frame.when, axes, span, augmented=True)
        self._before_write(piece, frame)
        frame.pieces.append(piece)

    def branch(self, statement: tree.If, frame: Frame) -> None:
        """Both arms, each under its predicate; names get a choice between both values."""
        test = self.evaluator.condition(statement.test, frame)
        if isinstance(test, Const):
            self.block(statement.then if test.value else statement.otherwise, frame)
            return
        self.arms(
            test,
            lambda then: self.block(statement.then, then),
            lambda other: self.block(statement.otherwise, other),
            frame,
            statement.span,
            asked_again=bool(statement.otherwise),
        )

    def arms(
        self,
        test: Value,
        run_then: Callable[[Frame], None],
        run_other: Callable[[Frame], None],
        frame: Frame,
        span: Span,
        *,
        asked_again: bool,
    ) -> None:
        """Run both ways of a choice; `asked_again` where the second has statements of its own."""
        outer = frame.when
        start = len(frame.pieces)
        then = frame.branch(conjunction(outer, test))
        run_then(then)
        middle = len(frame.pieces)
        asked_again = asked_again or then.env != frame.env
        saved = self._kept_test(test, frame, start, span, asked_again=asked_again)
        if saved != test:
            middle += 1
            for at in range(start + 1, middle):
                frame.pieces[at] = asking(frame.pieces[at], test, saved)
            then.env = {
                name: value if isinstance(value, Unbound) else swapped(value, test, saved)
                for name, value in then.env.items()
            }
            test = saved
        other = frame.branch(conjunction(outer, negated(test)))
        run_other(other)
        self._refuse_changed(test, frame, middle, other, span)
        merge_stores(frame.pieces, start, middle, test, outer)
        for name in {*then.env, *other.env}:
            left, right = then.env.get(name), other.env.get(name)
            if left == right and left is not None:
                frame.env[name] = left
            elif (
                left is None
                or right is None
                or isinstance(left, Unbound)
                or isinstance(right, Unbound)
            ):
                frame.env[name] = Unbound(f"`{name}` is bound on one way through an `if` only")
            else:
                both = select(test, left, right)
                self.lifting.say(name, both)
                frame.env[name] = both

    def _refuse_changed(
        self, test: Value, frame: Frame, middle: int, other: Frame, span: Span
    ) -> None:
        """The second arm may change what the condition reads in its last store only."""
        asked_again = other.env != frame.env
        for at in range(middle, len(frame.pieces)):
            piece = frame.pieces[at]
            if (
                at == len(frame.pieces) - 1
                and not asked_again
                and isinstance(piece, Write)
                and not piece.axes
            ):
                break
            if any(may_touch(piece, read, self.scope) for read in reads_of(test)):
                raise stop("condition", "an arm of the `if` changes what its condition reads", span)

    def _kept_test(
        self, test: Value, frame: Frame, start: int, span: Span, *, asked_again: bool
    ) -> Value:
        """The condition, saved if the arm changes what it reads before it is asked for the last time."""
        for at in range(start, len(frame.pieces)):
            piece = frame.pieces[at]
            if (
                at == len(frame.pieces) - 1
                and not asked_again
                and isinstance(piece, Write)
                and not piece.axes
            ):
                break
            if any(may_touch(piece, read, self.scope) for read in reads_of(test)):
                name = self.lifting.temp("chosen")
                rank = type_of(test, self.scope).rank
                dims = None if rank is None else (None,) * rank
                self.scope.names[name] = Fact("tensor", dims, dtype="bool")
                frame.pieces.insert(start, Define(name, test, (), span))
                return Temp(name, ())
        return test

    def appended(self, name: str, value: Value, frame: Frame, span: Span) -> Append:
        """An item of a list, or its elements where its length moves with the loop."""
        elements = elements_of(value, span, self.lifting)
        if elements is None:
            return Append(name, value, frame.when, (), span)
        element, where, axis = elements
        return Append(name, element, conjunction(frame.when, where), (axis,), span, joined=True)

    def effect(self, expr: tree.Expr, frame: Frame) -> None:
        """An expression statement: an append, an in-place method, or an effect."""
        match expr:
            case tree.Literal():
                return
            case tree.Call(tree.Field(tree.Name(name), "append"), (argument,), ()):
                if name in frame.env or self.scope.fact(name).kind != "list":
                    raise stop(
                        "effect",
                        f"`{name}` is not known to be a list made for this loop",
                        expr.span,
                    )
                value = self.evaluator.value(argument, frame)
                if (
                    isinstance(argument, tree.Name)
                    and argument.id in self.lifting.augmented
                    and type_of(value, self.scope).is_tensor
                ):
                    raise stop(
                        "aliasing", f"the list holds `{argument.id}` itself, which changes in place (T22)",
                        expr.span, f"append `{argument.id}.clone()`",
                    )  # fmt: skip
                frame.pieces.append(self.appended(name, value, frame, expr.span))
            case tree.Call(tree.Field(of, attribute), args, ()) if attribute.endswith("_"):
                self.in_place(of, attribute, args, frame, expr.span)
            case tree.Call(func):
                name = dotted(func, self.scope) or root_name(func) or "a function"
                raise stop(
                    "effect",
                    f"`{name.removeprefix('builtins.')}` is called for its effect",
                    expr.span,
                )
            case _:
                self.evaluator.value(expr, frame)

    def in_place(
        self, of: tree.Expr, attribute: str, args: tuple[tree.Expr, ...], frame: Frame, span: Span
    ) -> None:
        """`x[i].add_(y)` and its like."""
        base = self.evaluator.value(of, frame)
        if not isinstance(base, Read) or not base.subs:
            raise stop(
                "in-place", f"{described(base)} is changed in place in every iteration", span
            )
        values = [self.evaluator.value(arg, frame) for arg in args]
        match attribute, values:
            case "fill_" | "copy_", [value]:
                self.write(base.root, base.subs, None, value, frame, span)
            case "zero_", []:
                self.write(base.root, base.subs, None, Int(poly(0)), frame, span)
            case (("add_" | "sub_" | "mul_" | "div_"), [value]):
                op = {"add_": "+", "sub_": "-", "mul_": "*", "div_": "/"}[attribute]
                self.write(base.root, base.subs, op, value, frame, span)
            case _:
                known = method(attribute[:-1])
                if known is None or known.rule is not Rule.POINTWISE:
                    raise stop("in-place", f"no rule for `.{attribute}` in a loop", span)
                new = Apply(f"Tensor.{attribute[:-1]}", (base, *values))
                self.write(base.root, base.subs, None, new, frame, span)

    # --- memory that changes while values wait

    def _before_write(self, piece: Piece, frame: Frame) -> None:
        """Save the names whose waiting value reads what `piece` is about to change."""
        for name, value in list(frame.env.items()):
            if isinstance(value, Unbound | Const | Int | Ref):
                continue
            if not any(may_touch(piece, read, self.scope) for read in reads_of(value) if read.subs):
                continue
            if isinstance(value, Read) and type_of(value, self.scope).rank != 0:
                # A view: the name sees the change, as memory does.
                continue
            if isinstance(value, Read) and isinstance(piece, Write) and piece.root == value.root:
                # A 0-d item is a view as well: `t = a[i]` sees a later store to a[i] (trap T19).
                continue
            if name not in self.lifting.live.union(*self.later):
                frame.env[name] = Unbound(f"`{name}` was computed from what changes")
                continue
            if _may_be_view(value):
                raise stop(
                    "view",
                    f"`{name}` may be a view of `{_root_of(piece)}`, which changes",
                    piece.span,
                )
            temp = self.lifting.temp(name)
            self.lifting.saved.add(temp)
            span = piece.span
            frame.pieces.append(Define(temp, value, (), span))
            fact = type_of(value, self.scope)
            dims = (None,) * fact.rank if fact.rank is not None else None
            self.scope.names[temp] = (
                Fact("tensor", dims, dtype=fact.dtype)
                if fact.is_tensor
                else Fact(fact.kind if fact.kind != "other" else "unknown")
            )
            frame.env[name] = Temp(temp, ())

    def _before_steps(self, pieces: tuple[Piece, ...], frame: Frame) -> None:
        """Save the names whose waiting value reads a name that a loop that stays is about to assign."""
        assigned = assigned_in(pieces)
        for name, value in list(frame.env.items()):
            if name in assigned or isinstance(value, Unbound) or not cells_of(value) & assigned:
                continue
            saved = aside(name, value, pieces[0].span, self.lifting)
            frame.pieces.append(saved)
            frame.env[name] = Temp(saved.name, ())

    def _save_before(self, loop: tree.For, frame: Frame) -> None:
        """Save the names whose waiting value reads memory that a loop changes: it reads them as they were before."""
        changed = names_changed((loop,))
        if not changed:
            return
        asked = reads_of_block((loop,))
        for name, value in list(frame.env.items()):
            if name not in asked or isinstance(value, Unbound | Const | Int | Ref | Read):
                continue
            roots = {read.root for read in reads_of(value) if read.subs}
            if not any(r == c or self.scope.may_alias(r, c) for r in roots for c in changed):
                continue
            temp = self.lifting.temp(name)
            self.lifting.saved.add(temp)
            frame.pieces.append(Define(temp, value, (), loop.header))
            fact = type_of(value, self.scope)
            dims = (None,) * fact.rank if fact.rank is not None else None
            self.scope.names[temp] = (
                Fact("tensor", dims, dtype=fact.dtype)
                if fact.is_tensor
                else Fact(fact.kind if fact.kind != "other" else "unknown")
            )
            frame.env[name] = Temp(temp, ())

    # --- functions of the file

    def inline(
        self,
        function: tree.Function,
        args: list[Value],
        keywords: dict[str, Value],
        frame: Frame,
        span: Span,
    ) -> Value:
        """The value that a function of the file gives for these arguments, by running its body."""
        if self.inlining >= _MAX_INLINE:
            raise stop("recursion", f"`{function.name}` calls itself, or too deep", span)
        if function.variadic or function.is_async or function.is_generator or function.global_names:
            raise stop("unknown-call", f"`{function.name}` cannot be inlined", span)
        decorated = [
            d
            for d in function.decorators
            if not (isinstance(d, tree.Name) and d.id == "staticmethod")
        ]
        if decorated:
            raise stop("unknown-call", f"`{function.name}` is decorated", span)
        bound = dict(zip((p.name for p in function.params), args, strict=False))
        if len(args) > len(function.params) or set(keywords) & set(bound):
            raise stop("unknown-call", f"the arguments of `{function.name}` do not fit", span)
        bound.update(keywords)
        for param in function.params:
            if param.name not in bound:
                if not isinstance(param.default, tree.Literal):
                    raise stop(
                        "unknown-call",
                        f"`{function.name}` has a default that is not a literal",
                        span,
                    )
                bound[param.name] = self.evaluator.value(param.default, frame)
        inner = Frame(dict(bound), frame.pieces, frame.when)
        local = names_bound(function.body) | frozenset(p.name for p in function.params)
        self._refuse_rebound(function, local, span)
        saved = self.scope.names, self.scope.locals, self.lifting.loop_names, self.scope.evidence
        after, self.after = self.after, frozenset()
        counters, self.scope.counters = self.scope.counters, {}
        self.inlining += 1
        try:
            self.scope.names = dict(self.scope.names)
            self.scope.locals = local
            self.lifting.loop_names = local
            before = len(frame.pieces)
            result = self.returned(function.body, inner, span)
            if len(frame.pieces) != before:
                raise stop("effect", f"`{function.name}` changes its argument", span)
        finally:
            self.inlining -= 1
            self.after, self.scope.counters = after, counters
            self.scope.names, self.scope.locals, self.lifting.loop_names, self.scope.evidence = (
                saved
            )
        if result is None:
            raise stop("unknown-call", f"`{function.name}` may return nothing", span)
        if not self.inlining and not function.owner:
            called = OnItem(f"call:{function.name}", tuple(args), tuple(keywords.items()))
            self.lifting.calls[result] = called
        return result

    def _refuse_rebound(self, function: tree.Function, local: frozenset[str], span: Span) -> None:
        """Names that a function reads from around it mean there what they mean where it is written."""
        free = reads_of_block(function.body) - local
        nested = function.name in self.scope.helpers
        meant = self.nest_names if nested else self.nest_names | self.nest_locals
        for name in sorted(free & meant):
            raise stop(
                "unknown-call", f"`{name}` is another in `{function.name}`, or changes", span
            )

    def returned(self, body: tuple[tree.Stmt, ...], frame: Frame, span: Span) -> Value | None:
        """The value returned by a block, None where control comes out at its end."""
        for at, statement in enumerate(body):
            match statement:
                case tree.Return(value):
                    return Const(None) if value is None else self.evaluator.value(value, frame)
                case tree.If(test, then, otherwise) if jumps(then) or jumps(otherwise):
                    condition = self.evaluator.condition(test, frame)
                    rest = body[at + 1 :]
                    if isinstance(condition, Const):
                        taken = then if condition.value else otherwise
                        return self.returned((*taken, *rest), frame, span)
                    left = frame.branch(conjunction(frame.when, condition))
                    right = frame.branch(conjunction(frame.when, negated(condition)))
                    first = self.returned((*then, *rest), left, span)
                    second = self.returned((*otherwise, *rest), right, span)
                    if first is None or second is None:
                        return None
                    return select(condition, first, second)
                case tree.Evaluate(tree.Literal()):
                    pass
                case _:
                    self.after = read_after(statement, body[at + 1 :])
                    self.statement(statement, frame)
        return None


def _kind(kind: str) -> str:
    return {
        "Assert": "`assert`",
        "With": "`with`",
        "Catch": "`try`",
        "Finally": "`try`",
        "Raise": "`raise`",
        "Delete": "`del`",
    }.get(kind, kind)


def _may_be_view(value: Value) -> bool:
    """A choice that gives an item itself on one way: the name sees later stores to it, or not (trap T19)."""
    match value:
        case Apply("where", (_, then, otherwise)):
            return any(isinstance(v, Read) or _may_be_view(v) for v in (then, otherwise))
        case _:
            return False


def _root_of(piece: Piece) -> str:
    return piece.root if isinstance(piece, Write | Append) else "memory"
