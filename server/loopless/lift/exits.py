"""Loops that end early: the iterations before the one that leaves, then that one.

With p for what makes an iteration leave, and `stop` for the number of iterations before the first where p holds,

    for i in R: A; if p: E; break; B    is    for i in R[:stop]: A; B
    else: F                                   if stop < len(R): i = R[stop]; A; E
                                              else: F

if p does not depend on what earlier iterations did. A loop that only asks whether there is such an iteration asks for
that, and counts nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from loopless.dependence.conditions import conjunction
from loopless.dependence.feasible import bounds, proves
from loopless.facts.counted import COUNT, is_counted
from loopless.facts.fact import Fact
from loopless.facts.infer import dotted
from loopless.facts.scope import names_bound
from loopless.finding import Span
from loopless.ir import tree
from loopless.ir.poly import Atom, Axis, Count, Poly, greatest, least, poly
from loopless.ir.value import (
    Apply,
    Const,
    Int,
    Pick,
    Read,
    Reduce,
    Ref,
    Temp,
    Value,
    axes_of,
    cells_of,
    reads_of,
    replaced,
    sub_axes,
    substitute,
)
from loopless.ir.walk import every_statement, names_read, own_expressions, walk_expr
from loopless.lift.branches import arms
from loopless.lift.carried import if_any, last
from loopless.lift.context import Bound, Frame, Leave, Unbound
from loopless.lift.first import as_condition, can_be_placed, ends_of, may_fail, placed
from loopless.lift.inline import returned
from loopless.lift.leaving import FLAG, flagged, kinds, nested_exit, path, unbroken
from loopless.lift.normalize import exposed, without_continue
from loopless.lift.overlap import Access, may_meet, writes
from loopless.lift.piece import Append, Define, Piece
from loopless.lift.space import Space
from loopless.lift.stop import stop

if TYPE_CHECKING:
    from loopless.lift.execute import Executor


def early(executor: Executor, loop: tree.For, space: Space, frame: Frame) -> None:
    """Run a loop that may leave before its last iteration."""
    body = without_continue(loop.body)
    _refuse(executor, loop, body, space)
    leaves = _condition(executor, loop, body, space, frame)
    trip = _Trip(executor, loop, body, space, leaves)
    if _only_asks(trip):
        _search(trip, frame)
    else:
        _prefix(trip, frame)


@dataclass(frozen=True, slots=True)
class _Trip:
    """One run of a loop that leaves where `leaves` holds."""

    executor: Executor
    loop: tree.For
    body: tuple[tree.Stmt, ...]
    space: Space
    leaves: Value


def _refuse(executor: Executor, loop: tree.For, body: tuple[tree.Stmt, ...], space: Space) -> None:
    """Give up on what is not one loop that leaves itself."""
    nested = nested_exit(body)
    if nested is not None:
        raise stop("early-exit", "an inner loop may leave this one", nested.span)
    if space.when is not None:
        raise stop("early-exit", "a range that depends on an outer loop may end early", loop.span)
    how = kinds(body)
    if len(how) > 1:
        raise stop("early-exit", "the loop may end in two ways: `break` and `return`", loop.span)
    if "return" in how and (executor.lifting.open_axes or executor.inlining):
        raise stop("early-exit", "an inner loop returns", loop.span)


# --- when


def _condition(
    executor: Executor, loop: tree.For, body: tuple[tree.Stmt, ...], space: Space, frame: Frame
) -> Value:
    """What makes an iteration leave, as a function of the axis; refused where earlier iterations have a say."""
    lifting = executor.lifting
    uid, temps, misses = lifting.uid, set(lifting.temps), len(lifting.misses)
    asked, inner = _trial(executor, flagged(body), body, space, frame)
    found = inner.env.get(FLAG)
    if found is None or isinstance(found, Unbound):
        raise stop("early-exit", "what ends the loop is not known", loop.span)
    condition = as_condition(found)
    if cells_of(condition):
        raise stop(
            "early-exit", "the loop ends by what earlier iterations have computed", loop.span
        )
    if may_fail(condition):
        raise stop(
            "early-exit", "what ends the loop may raise where the loop does not come", loop.span
        )
    if frame.when is not None and any(
        isinstance(s, Pick) for r in reads_of(condition) for s in r.subs
    ):
        raise stop("early-exit", "a lookup decides under a condition when the loop ends", loop.span)
    if space.axis not in axes_of(condition):
        raise stop("early-exit", "what ends the loop is the same in every iteration", loop.span)
    everything, _ = _trial(executor, unbroken(body), body, space, frame)
    _refuse_changed(condition, asked, everything, space.axis, executor, loop.span)
    lifting.uid, lifting.temps = uid, temps
    del lifting.misses[misses:]
    return condition


def _trial(
    executor: Executor,
    block: tuple[tree.Stmt, ...],
    body: tuple[tree.Stmt, ...],
    space: Space,
    frame: Frame,
) -> tuple[list[Piece], Frame]:
    """The pieces of one iteration and its names, those that are carried as themselves."""
    inner = Frame(dict(frame.env), [], None)
    targets = frozenset(name for name, _ in space.bindings)
    for name in exposed(body, targets, executor.lifting.live):
        inner.env[name] = Read(name, ())
    inner.env.update(space.bindings)
    inner.env[FLAG] = Const(False)
    executor.lifting.open_axes.append(space.axis)
    try:
        executor.block(block, inner)
    finally:
        executor.lifting.open_axes.pop()
    return inner.pieces, inner


def _refuse_changed(
    condition: Value,
    asked: list[Piece],
    everything: list[Piece],
    axis: Axis,
    executor: Executor,
    span: Span,
) -> None:
    """The condition is asked for all iterations at once: no store may change what it reads before it is asked."""
    scope = executor.scope
    for read in reads_of(condition):
        access = Access(read.root, read.subs, tuple(sub_axes(read.subs) - {axis}))
        for pieces, relation in ((everything, "<"), (asked, "=")):
            for store in (w for piece in pieces for w in writes(piece)):
                if store.root != read.root and not scope.may_alias(store.root, read.root):
                    continue
                if not store.subs or may_meet(store, access, axis, relation, scope):
                    raise stop(
                        "early-exit", f"the loop ends by `{read.root}`, which it changes", span
                    )


# --- whether


def _only_asks(trip: _Trip) -> bool:
    """Whether nothing but the existence of an iteration that leaves matters."""
    bound = {name for name, _ in trip.space.bindings} | names_bound(unbroken(trip.body))
    if bound & trip.executor.lifting.live or any(_acts(s) for s in every_statement(trip.body)):
        return False
    if any(isinstance(s, Pick) for r in reads_of(trip.leaves) for s in r.subs):
        return False
    after = (*_tail(trip.body), *trip.loop.orelse)
    return not any(
        names_read(expr) & bound
        for statement in every_statement(after)
        for expr in own_expressions(statement)
    )


def _tail(body: tuple[tree.Stmt, ...]) -> tuple[tree.Stmt, ...]:
    """What the iteration that leaves does beyond what others do."""
    common = unbroken(body)
    return tuple(s for s in path(body) if s not in common)


def _acts(statement: tree.Stmt) -> bool:
    """Whether a statement does more than to give names values."""
    match statement:
        case tree.Assign(tree.Name()) | tree.If() | tree.Jump() | tree.Return():
            return False
        case tree.Evaluate(tree.Literal()):
            return False
        case _:
            return True


def _search(trip: _Trip, frame: Frame) -> None:
    """Ask whether there is an iteration that leaves."""
    if not trip.executor.lifting.open_axes:
        trip.executor.lifting.outermost = trip.space.axis
    hit = Reduce("any", trip.space.axis, trip.leaves)
    _last_trip(trip, frame, hit, _Places({}, {}), _tail(trip.body))
    for name in {n for n, _ in trip.space.bindings} | names_bound(unbroken(trip.body)):
        frame.env[name] = Unbound(f"`{name}` is read after the loop that binds it")


# --- how far


def _prefix(trip: _Trip, frame: Frame) -> None:
    """Run the iterations before the first that leaves, then that one."""
    executor, axis = trip.executor, trip.space.axis
    if not all(can_be_placed(value, axis) for _, value in trip.space.bindings):
        raise stop(
            "early-exit", "the places of the iteration that leaves are not known", trip.loop.span
        )
    at, space = _shortened(trip, frame)
    places = _places(trip, at, frame)
    plain = replace(_plain(trip.loop, executor), body=unbroken(trip.body), orelse=())
    executor.over(plain, space, frame)
    if not executor.lifting.open_axes:
        executor.lifting.outermost = None
    _forget_private(trip, frame)
    if space.when is not None:
        frame.env = {n: _counted(value, axis, space.when, at) for n, value in frame.env.items()}
    hit = Apply("<", (at, Int(axis.extent)))
    _last_trip(trip, frame, hit, places, path(trip.body))


def _shortened(trip: _Trip, frame: Frame) -> tuple[Value, Space]:
    """How many iterations come before the one that leaves, and the space of those."""
    lifting, axis = trip.executor.lifting, trip.space.axis
    ends = ends_of(trip.leaves, axis)
    if ends is not None:
        return _below(ends, trip)
    name = lifting.temp("stop")
    lifting.scope.names[name] = Fact("int")
    before = Reduce("before", axis, trip.leaves)
    frame.pieces.append(Define(name, before, (), trip.loop.header))
    if lifting.open_axes:
        at = Temp(name, ())
        return at, replace(trip.space, when=Apply("<", (Int(poly(axis)), at)), early=True)
    upto = axis.extent if proves(axis.extent, []) else None
    stopped = poly(Count(name, upto))
    return Int(stopped), _cut(trip.space, stopped, trip)


def _below(ends: tuple[Poly, ...], trip: _Trip) -> tuple[Value, Space]:
    """The iterations before a number that the indices alone say."""
    axis = trip.space.axis
    given = bounds([a for p in ends for a in p.axes()])
    ends = tuple(p if proves(p, given) else greatest((p, poly(0))) for p in ends)
    inside = tuple(p for p in ends if proves(axis.extent - p, given))
    first = least(inside or (axis.extent, *ends))
    if not first.axes():
        return Int(first), _cut(trip.space, first, trip)
    when: Value | None = None
    for end in ends:
        when = conjunction(when, Apply("<", (Int(poly(axis)), Int(end))))
    return Int(first), replace(trip.space, when=when, early=True)


def _cut(space: Space, extent: Poly, trip: _Trip) -> Space:
    """The space with fewer iterations."""
    axis = trip.executor.lifting.axis(space.axis.name, extent)
    atoms: dict[Atom, Poly] = {space.axis: poly(axis)}
    bindings = tuple((name, substitute(value, atoms)) for name, value in space.bindings)
    return Space(axis, bindings, None, space.index.substitute(atoms))


@dataclass(frozen=True, slots=True)
class _Places:
    """The loop's own names in the iteration that leaves, and after a loop that none leaves."""

    leaving: dict[str, Value]
    ended: dict[str, Bound]


def _places(trip: _Trip, at: Value, frame: Frame) -> _Places:
    axis, counted = trip.space.axis, is_counted(trip.loop)
    again = names_bound(unbroken(trip.body))
    leaving: dict[str, Value] = {}
    ended: dict[str, Bound] = {}
    for name, value in trip.space.bindings:
        leaving[name] = placed(value, axis, at)
        if counted:
            past = axis.extent if proves(axis.extent, []) else greatest((axis.extent, poly(0)))
            ended[name] = substitute(value, {axis: past})
        elif name in again:
            ended[name] = Unbound(f"`{name}` is bound again in the loop")
        else:
            start = trip.executor.start(name, frame)
            end = last(value, axis)
            ended[name] = end if isinstance(start, Unbound) else if_any(axis, end, start)
    return _Places(leaving, ended)


def _forget_private(trip: _Trip, frame: Frame) -> None:
    """What an iteration binds for itself is not looked for after the loop: there may have been none."""
    targets = frozenset(name for name, _ in trip.space.bindings)
    carried = exposed(trip.body, targets, frozenset())
    for name in names_bound(unbroken(trip.body)) - carried:
        frame.env[name] = Unbound(f"`{name}` is read after the loop that binds it")


def _counted(value: Bound, axis: Axis, when: Value, at: Value) -> Bound:
    """A number that each of the iterations before the end adds to: so many times their number."""
    if isinstance(value, Unbound):
        return value

    def change(inner: Value) -> Value | None:
        match inner:
            case Reduce("+", of, Int(amount), asked) if (of, asked) == (
                axis,
                when,
            ) and axis not in amount.axes():
                return at if amount.constant == 1 else Apply("*", (at, Int(amount)))
            case Apply("+", (Int(first), Reduce("+"))) if not first.terms:
                return change(inner.args[1])
            case _:
                return None

    return replaced(value, change)


# --- the iteration that leaves


def _last_trip(
    trip: _Trip, frame: Frame, hit: Value, places: _Places, block: tuple[tree.Stmt, ...]
) -> None:
    """`if hit: block`, else what stands behind the loop's `else`; the names get a choice between both."""
    executor, orelse = trip.executor, trip.loop.orelse
    for name in names_bound((*block, *orelse)) - frame.env.keys():
        start = executor.start(name, frame)
        if not isinstance(start, Unbound):
            frame.env[name] = start
        elif not executor.lifting.open_axes and name not in places.leaving:
            # Bound or not, it stays what it is.
            frame.env[name] = Ref(name)

    def leaving(inner: Frame) -> None:
        inner.env.update(places.leaving)
        executor.block(block, inner)

    def ended(inner: Frame) -> None:
        inner.env.update(places.ended)
        executor.block(orelse, inner)

    known = len(frame.pieces)
    if "return" not in kinds(block):
        arms(executor, hit, leaving, ended, frame, trip.loop.span, asked_again=True)
        _refuse_appends(frame.pieces[known:])
        frame.env = {name: _one_way(value, hit) for name, value in frame.env.items()}
        return
    then = frame.branch(conjunction(frame.when, hit))
    then.env.update(places.leaving)
    _refuse_lists(block)
    value = returned(executor, block, then, trip.loop.span)
    if value is None:
        raise stop("early-exit", "the loop may return nothing", trip.loop.span)
    executor.lifting.leave = Leave(value, hit)
    _refuse_appends(frame.pieces)
    known = len(frame.pieces)
    ended(frame)
    if len(frame.pieces) > known:
        raise stop(
            "loop-else",
            "the `else` of a loop that returns does more than name values",
            trip.loop.span,
        )


def _one_way(value: Bound, hit: Value) -> Bound:
    """A choice of numbers that is right without asking: where no iteration leaves, the place is the end."""
    match value, hit:
        case Apply("where", (test, Int(then), otherwise)), Apply("<", (Int(at), Int(end))) if (
            test == hit and isinstance(at.atom, Count)
        ):
            same = Int(then.substitute({at.atom: end})) == otherwise
            return Int(then) if same else value
        case _:
            return value


def _refuse_appends(pieces: list[Piece]) -> None:
    for piece in pieces:
        if isinstance(piece, Append):
            raise stop("early-exit", "the iteration that leaves appends to a list", piece.span)


def _refuse_lists(block: tuple[tree.Stmt, ...]) -> None:
    for statement in every_statement(block):
        for expr in own_expressions(statement):
            if any(isinstance(e, tree.Display) and e.kind != "tuple" for e in walk_expr(expr)):
                raise stop("early-exit", "the loop returns a list", statement.span)


def _plain(loop: tree.For, executor: Executor) -> tree.For:
    """The loop with a header of its own, as its range is another."""
    match loop.iterable:
        case tree.Call(func) if isinstance(loop.target, tree.Name) and (
            is_counted(loop) or dotted(func, executor.scope) == "builtins.range"
        ):
            callee = tree.Name(COUNT, loop.iterable.span)
            return replace(loop, iterable=replace(loop.iterable, func=callee))
        case _:
            return replace(loop, span=Span(-1, -1))
