"""Statements of a nest, executed symbolically: inner levels first, each closed into pieces on its axis."""

from __future__ import annotations

from functools import partial

from loopless.dependence.conditions import constraints, integer_of
from loopless.facts.counted import is_counted
from loopless.facts.liveness import read_after, read_by, reads_of_block
from loopless.facts.scope import names_bound
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
    Tuple,
    Value,
    axes_of,
    children,
)
from loopless.lift.arms import as_update, normal_op, under
from loopless.lift.branches import branch
from loopless.lift.chosen import refuse_masks
from loopless.lift.close import Closed, close_level
from loopless.lift.context import Bound, Frame, Lifting, Unbound
from loopless.lift.counting import counter_start, whole_start
from loopless.lift.digits import digit_loops
from loopless.lift.effects import effect
from loopless.lift.evaluate import Evaluator
from loopless.lift.exits import early
from loopless.lift.inline import inlined
from loopless.lift.leaving import has_exits
from loopless.lift.listed import filled
from loopless.lift.normalize import exposed, without_continue
from loopless.lift.one_memory import note_binding, note_level, refuse_other_names
from loopless.lift.piece import Write
from loopless.lift.places import subscripts_of
from loopless.lift.ranks import learn_stored
from loopless.lift.results import several
from loopless.lift.shared_memory import may_share
from loopless.lift.slices import combined, kept_where, sliced_store
from loopless.lift.space import Space, space_of
from loopless.lift.stop import StopLifting, stop
from loopless.lift.subscript import full, item
from loopless.lift.types import type_of
from loopless.lift.waiting import before_loop, before_steps, before_write
from loopless.lift.words import described


class Executor:
    """Runs the statements of one nest."""

    def __init__(self, lifting: Lifting) -> None:
        self.lifting = lifting
        self.scope = lifting.scope
        self.evaluator = Evaluator(lifting, partial(inlined, self), self.loop)
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
        before_loop(self, loop, frame)
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
        note_level(body, self.lifting)
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
            whole = whole_start(name, self.lifting)
            if whole is not None:
                return Int(whole)
            if fact.kind in {"float", "bool"} and isinstance(fact.literal, int | float):
                return Const(fact.literal)
            if name in self.scope.names:
                return Ref(name)
        return Unbound(f"`{name}` has no value before the loop")

    def _leave(self, closed: Closed, loop: tree.For, frame: Frame) -> None:
        before_steps(self, closed.pieces, frame)
        for piece in closed.pieces:
            if filled(piece, frame):
                continue
            before_write(self, piece, frame)
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
                note_binding(target, value, frame, self.lifting)
            case tree.Augment(target, op, value):
                self.augment(target, op, self.evaluator.value(value, frame), frame, statement.span)
            case tree.For():
                self.loop(statement, frame)
            case tree.If():
                branch(self, statement, frame)
            case tree.Evaluate(value):
                effect(self, value, frame)
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
                if value == Tuple(()):
                    self.lifting.made[name] = len(self.lifting.open_axes)
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
                if not isinstance(old, Read) and may_share(old, self.scope):
                    raise stop("in-place", f"`{name}` is changed in place in every iteration", span)
                new = self.evaluator.combined(op, [old, value], span)
                refuse_other_names(name, old, new, frame, self.lifting, span)
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
        subs = subscripts_of(self.evaluator, subscripts, base, frame)
        refuse_masks(subs, span, self.lifting)
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
            before_write(self, piece, frame)
            frame.pieces.append(piece)
            return
        learn_stored(root, subs, value, span, self.lifting, plain=op is None)
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
        before_write(self, piece, frame)
        frame.pieces.append(piece)


def _kind(kind: str) -> str:
    return {
        "Assert": "`assert`",
        "With": "`with`",
        "Catch": "`try`",
        "Finally": "`try`",
        "Raise": "`raise`",
        "Delete": "`del`",
    }.get(kind, kind)
