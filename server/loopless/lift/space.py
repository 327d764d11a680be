"""What a loop runs over: its axis, what its target names stand for, and the predicate of a ragged level."""

from __future__ import annotations

from dataclasses import dataclass, replace

from loopless.dependence.conditions import conjunction, integer_of
from loopless.dependence.feasible import proves
from loopless.facts.counted import COUNT
from loopless.facts.infer import dotted
from loopless.finding import Missed, Span
from loopless.ir import tree
from loopless.ir.poly import (
    Atom,
    Axis,
    Cell,
    Greatest,
    Least,
    Poly,
    greatest,
    least,
    poly,
    quotient,
)
from loopless.ir.value import (
    Apply,
    At,
    Cut,
    Held,
    Int,
    Read,
    Reduce,
    Ref,
    Tuple,
    Value,
    held_in,
    substitute,
)
from loopless.lift.bounds import bound_of, data_in, refuse_changing
from loopless.lift.columns import column, hosted_parts, matrix_of_columns
from loopless.lift.containers import is_container, take_for_tensor
from loopless.lift.context import Frame, Lifting
from loopless.lift.counting import end_of
from loopless.lift.evaluate import Evaluator
from loopless.lift.moved import moved_along
from loopless.lift.once import listed_once
from loopless.lift.ranks import learn_scalar
from loopless.lift.stop import StopLifting, stop
from loopless.lift.strides import goes_forward, note_forward, written_out
from loopless.lift.subscript import item
from loopless.lift.types import type_of
from loopless.lift.words import described


@dataclass(frozen=True, slots=True)
class Space:
    """One level: `index` is the user's loop variable as a function of the axis, where there is one.

    The header says `when`, but for a loop that ends `early`.
    """

    axis: Axis
    bindings: tuple[tuple[str, Value], ...]
    when: Value | None
    index: Poly
    early: bool = False

    @property
    def said(self) -> Value | None:
        """What holds in each iteration by the loop's own header."""
        return None if self.early else self.when


@dataclass(frozen=True, slots=True)
class Source:
    """Something iterated over: its length, and its element at an ordinal."""

    extent: Poly
    elements: tuple[tuple[tree.Expr, Value], ...]
    when: Value | None
    index: Poly


def space_of(
    loop_target: tree.Expr,
    iterable: tree.Expr,
    lifting: Lifting,
    evaluator: Evaluator,
    frame: Frame,
) -> Space:
    """The iteration space of one `for`."""
    name = loop_target.id if isinstance(loop_target, tree.Name) else _first_name(loop_target)
    # The extent of an axis is known only after the source: a stand-in takes its place until then.
    hole = lifting.axis(name, poly(0))
    source = _source(loop_target, iterable, hole, lifting, evaluator, frame)
    axis = Axis(name, hole.uid, source.extent)
    atoms: dict[Atom, Poly] = {hole: poly(axis)}
    bindings: list[tuple[str, Value]] = []
    for target, value in source.elements:
        _bind(target, substitute(value, atoms), bindings, evaluator)
    if isinstance(source.extent.atom, Least) and source.extent not in lifting.shortest:
        lifting.shortest.append(source.extent)
    lifting.items |= {v.root: name for name, v in bindings if isinstance(v, Read)}
    when = None if source.when is None else substitute(source.when, atoms)
    return Space(axis, tuple(bindings), when, source.index.substitute(atoms))


def _first_name(target: tree.Expr) -> str:
    match target:
        case tree.Name(name):
            return name
        case tree.Display(_, items) if items:
            return _first_name(items[0])
        case _:
            return "i"


def _bind(
    target: tree.Expr, value: Value, bindings: list[tuple[str, Value]], evaluator: Evaluator
) -> None:
    match target:
        case tree.Name(name):
            bindings.append((name, value))
        case tree.Display(_, items) if not any(isinstance(i, tree.Spread) for i in items):
            if isinstance(value, Tuple):
                if len(value.items) != len(items):
                    raise stop("unpacking", "the loop's target does not fit", target.span)
                for inner, part in zip(items, value.items, strict=True):
                    _bind(inner, part, bindings, evaluator)
                return
            kind = type_of(value, evaluator.scope)
            if not kind.is_tensor:
                raise stop(
                    "unpacking", f"{described(value)} is not known to be a tensor", target.span
                )
            for at, inner in enumerate(items):
                part = item(value, [At(poly(at))], evaluator.scope)
                if part is None:
                    raise stop(
                        "unpacking", "the loop's target takes an expression apart", target.span
                    )
                _bind(inner, part, bindings, evaluator)
        case _:
            raise stop("loop-target", "the loop assigns to something other than names", target.span)


def _source(
    target: tree.Expr,
    iterable: tree.Expr,
    hole: Axis,
    lifting: Lifting,
    evaluator: Evaluator,
    frame: Frame,
) -> Source:
    scope = lifting.scope
    if isinstance(iterable, tree.Call):
        if iterable.func == tree.Name(COUNT, iterable.span):
            ends = [end_of(arg, evaluator, frame, iterable.span) for arg in iterable.args]
            return _between(target, iterable.args, ends, hole, lifting)
        name = dotted(iterable.func, scope)
        match name, iterable.args:
            case "builtins.range", args if 1 <= len(args) <= 3 and not iterable.keywords:
                return _range(target, args, hole, lifting, evaluator, frame)
            case "builtins.enumerate", (of, *start) if (
                isinstance(target, tree.Display) and len(target.items) == 2
            ):
                inner = _source(target.items[1], of, hole, lifting, evaluator, frame)
                first = poly(0)
                asked = (
                    start[0]
                    if start
                    else next((x for k, x in iterable.keywords if k == "start"), None)
                )
                if asked is not None:
                    p = integer_of(evaluator.value(asked, frame))
                    if p is None:
                        raise stop(
                            "unknown-extent",
                            "`enumerate` starts at an unknown number",
                            iterable.span,
                        )
                    first = p
                count = (target.items[0], Int(poly(hole) + first))
                return Source(
                    inner.extent, (count, *inner.elements), inner.when, poly(hole) + first
                )
            case "builtins.zip", args if (
                isinstance(target, tree.Display) and len(target.items) == len(args) and args
            ):
                parts = [
                    _source(t, a, hole, lifting, evaluator, frame)
                    for t, a in zip(target.items, args, strict=True)
                ]
                extent = least(p.extent for p in parts)
                if any(p.when is not None for p in parts):
                    raise stop("unknown-extent", "a ragged range inside `zip`", iterable.span)
                return Source(extent, tuple(e for p in parts for e in p.elements), None, poly(hole))
            case "builtins.reversed", (tree.Call(inner_func, inner_args),) if (
                dotted(inner_func, scope) == "builtins.range"
            ):
                inner = _range(target, inner_args, hole, lifting, evaluator, frame)
                if inner.when is not None:
                    raise stop("unknown-extent", "a ragged range, reversed", iterable.span)
                atoms: dict[Atom, Poly] = {hole: inner.extent - 1 - poly(hole)}
                elements = tuple((t, substitute(x, atoms)) for t, x in inner.elements)
                return Source(inner.extent, elements, None, inner.index.substitute(atoms))
            case "builtins.list" | "builtins.iter", (of,):
                return _source(target, of, hole, lifting, evaluator, frame)
            case _:
                pass
        match iterable.func:
            case tree.Field(of, "unbind") | tree.Field(of, "split") if (
                not iterable.args and not iterable.keywords
            ):
                return _tensor(target, of, hole, lifting, evaluator, frame)
            case tree.Field(of, "tolist"):
                source = _tensor(target, of, hole, lifting, evaluator, frame)
                elements = tuple(
                    (t, _hosted(t, x, evaluator, iterable.span)) for t, x in source.elements
                )
                return Source(source.extent, elements, None, source.index)
            case _:
                pass
    return _tensor(target, iterable, hole, lifting, evaluator, frame)


def _hosted(target: tree.Expr, value: Value, evaluator: Evaluator, span: Span) -> Value:
    """An item of `x.tolist()`: a Python number, or a list of them that the target takes apart."""
    if isinstance(value, Tuple):
        return hosted_parts(value)
    rank = type_of(value, evaluator.scope).rank
    if isinstance(target, tree.Display) and rank in (1, None):
        parts = [item(value, [At(poly(k))], evaluator.scope) for k in range(len(target.items))]
        if all(part is not None for part in parts):
            return Tuple(tuple(Apply("item", (part,)) for part in parts if part is not None))
    if rank == 0 or (rank is None and isinstance(target, tree.Name)):
        return Apply("item", (value,))
    raise stop("not-a-tensor", "the items of `.tolist()` are lists", span)


def _tensor(
    target: tree.Expr,
    iterable: tree.Expr,
    hole: Axis,
    lifting: Lifting,
    evaluator: Evaluator,
    frame: Frame,
) -> Source:
    matrix = matrix_of_columns(target, iterable, evaluator, frame)
    value = matrix or listed_once(iterable, evaluator) or evaluator.value(iterable, frame)
    ends = written_out(value)
    if ends is not None:
        return _between(target, (iterable,) * 3, ends, hole, lifting)
    kind = type_of(value, lifting.scope)
    missed = Missed(
        "not-a-tensor", f"the loop runs over {described(value)}, which is not known to be a tensor",
        iterable.span, unblock=f"annotate {described(value)} as torch.Tensor, or loop over range(len(…))",
    )  # fmt: skip
    if isinstance(value, Ref) and is_container(value.text, lifting.scope):
        takes_apart = isinstance(target, tree.Display)
        take_for_tensor(value.text, lifting, missed if takes_apart else None)
        kind = type_of(value, lifting.scope)
    if not kind.is_tensor:
        raise StopLifting(missed)
    element = item(value, [At(poly(hole))], lifting.scope)
    if matrix is None:
        extent = _length(value, lifting)
    else:
        row = item(value, [At(poly(0))], lifting.scope)
        extent = None if row is None else _length(row, lifting)
        element = column(value, target, hole, lifting.scope)
    if extent is None or element is None:
        raise stop(
            "unknown-extent", f"the length of {described(value)} is not known", iterable.span
        )
    return Source(extent, ((target, element),), None, poly(hole))


def _length(value: Value, lifting: Lifting) -> Poly | None:
    scope = lifting.scope
    match value:
        case Ref(text):
            return scope.size(text, 0)
        case Read(root, subs):
            place = 0
            for sub in subs:
                match sub:
                    case Cut(start, count, step, end):
                        if step != 1:
                            return None
                        size = scope.size(root, place)
                        if count is not None:
                            if (
                                proves(size - start - count, [])
                                and proves(start, [])
                                and proves(count, [])
                            ):
                                return count
                            return None
                        if not proves(start, []):
                            return None
                        if end is not None:
                            return greatest((size + end - start, poly(0)))
                        return greatest((size - start, poly(0))) if start.terms else size
                    case _:
                        place += 1
            return scope.size(root, place)
        case Apply(_, args):
            for arg in args:
                if type_of(arg, scope).is_tensor and type_of(arg, scope).rank != 0:
                    return _length(arg, lifting)
            return None
        case _:
            return None


def _range(
    target: tree.Expr,
    args: tuple[tree.Expr, ...],
    hole: Axis,
    lifting: Lifting,
    evaluator: Evaluator,
    frame: Frame,
) -> Source:
    return _between(target, args, [_bound(arg, evaluator, frame) for arg in args], hole, lifting)


def _between(
    target: tree.Expr, args: tuple[tree.Expr, ...], values: list[Poly], hole: Axis, lifting: Lifting
) -> Source:
    """The numbers from a start to an end by a step."""
    start, end, step = poly(0), values[0], 1
    if len(values) > 1:
        start, end = values[0], values[1]
    if len(values) > 2:
        known = values[2].constant
        if known is None or known == 0:
            if known is None and goes_forward(values[2]):
                note_forward(values[2], lifting)
                return _symbolic_step(target, start, end, values[2], hole)
            raise stop(
                "unknown-extent", "the step of the range is not a known number", args[2].span
            )
        step = known
    if step < 0 and step != -1:
        return _strided_down(target, start, end, step, hole)
    ragged = any(atom in (start - end).atoms() for atom in lifting.open_axes)
    if ragged and (data_in(start) or data_in(end)):
        return jagged(target, args[0].span, start, end, step, hole, lifting)
    if not ragged:
        if step == -1:
            extent = start - end
            return Source(extent, ((target, Int(start - poly(hole))),), None, start - poly(hole))
        extent = end - start if step == 1 else quotient(end - start + (step - 1), poly(step))
        index = start + poly(hole) * step
        return Source(extent, ((target, Int(index)),), None, index)
    along = moved_along(start, end, lifting.open_axes)
    found = _ragged(target, args, start - along, end - along, step, hole, lifting)
    index = found.index + along
    return replace(found, elements=((target, Int(index)),), index=index)


def jagged(
    target: tree.Expr,
    span: Span,
    start: Poly,
    end: Poly,
    step: int,
    hole: Axis,
    lifting: Lifting,
) -> Source:
    """A range whose ends are read from data: from a fixed start as a rectangle, else an axis of its own lengths."""
    axes = set(lifting.open_axes)
    if step != 1:
        raise stop("ragged-extent", "a range with a step whose ends are read from data", span)
    if not start.axes() & axes:
        longest = end - start
        for axis in reversed(lifting.open_axes):
            if axis in longest.axes():
                longest = poly(Held(Reduce("max", axis, Int(longest))))
        when = Apply("<", (Int(poly(hole)), Int(end - start)))
        index = start + poly(hole)
        return Source(greatest((longest, poly(0))), ((target, Int(index)),), when, index)
    lifting.starts[hole] = start
    index = start + poly(hole)
    return Source(end - start, ((target, Int(index)),), None, index)


def _ragged(
    target: tree.Expr,
    args: tuple[tree.Expr, ...],
    start: Poly,
    end: Poly,
    step: int,
    hole: Axis,
    lifting: Lifting,
) -> Source:
    """A range whose ends move with the loops around: the widest that it gets, under a predicate."""
    if step == -1:
        start, end = end + 1, start + 1
    elif step != 1:
        raise stop(
            "ragged-extent", "a range with a step whose ends depend on an outer loop", args[0].span
        )
    low, high = _hull(start, lifting, lowest=True), _hull(end, lifting, lowest=False)
    if low is None or high is None:
        raise stop(
            "ragged-extent",
            "the range's ends depend on an outer loop in a way not known",
            args[0].span,
        )
    if low.constant is not None and 0 < low.constant <= 4:
        # From zero on: whole rows read better, and the predicate keeps the first places out.
        low = poly(0)
    index = poly(hole) + low
    tests: list[Value] = []
    if low != start:
        tests += [Apply(">=", (Int(index), Int(p))) for p in _members(start, Greatest)]
    if high != end:
        tests += [Apply("<", (Int(index), Int(p))) for p in _members(end, Least)]
    when: Value | None = None
    for test in tests:
        when = conjunction(when, test)
    if step == -1:
        # Backwards: the ordinal runs from the high end.
        flipped = high - 1 - poly(hole)
        atoms: dict[Atom, Poly] = {hole: high - 1 - poly(hole) - low}
        when = None if when is None else substitute(when, atoms)
        return Source(high - low, ((target, Int(flipped)),), when, flipped)
    return Source(high - low, ((target, Int(index)),), when, index)


def _symbolic_step(target: tree.Expr, start: Poly, end: Poly, step: Poly, hole: Axis) -> Source:
    index = start + poly(hole) * step
    return Source(quotient(end - start + step - 1, step), ((target, Int(index)),), None, index)


def _strided_down(target: tree.Expr, start: Poly, end: Poly, step: int, hole: Axis) -> Source:
    index = start + poly(hole) * step
    extent = quotient(start - end + (-step - 1), poly(-step))
    return Source(extent, ((target, Int(index)),), None, index)


def _members(p: Poly, kind: type[Greatest] | type[Least]) -> tuple[Poly, ...]:
    """The parts of a minimum or maximum, which can be asked one by one."""
    atom = p.atom
    if isinstance(atom, kind):
        return atom.of
    return (p,)


def _hull(p: Poly, lifting: Lifting, *, lowest: bool) -> Poly | None:
    """A bound of `p` over the open axes: the smallest value of starts, the greatest of ends."""
    atom = p.atom
    kind = Greatest if lowest else Least
    if isinstance(atom, kind):
        # Any member bounds an extreme from this side: take one without axes, else the first that works.
        free = [m for m in atom.of if not (m.atoms() & set(lifting.open_axes))]
        if free:
            return free[0]
        hulls = [_hull(m, lifting, lowest=lowest) for m in atom.of]
        return next((h for h in hulls if h is not None), None)
    result = p
    for axis in reversed(lifting.open_axes):
        if axis not in result.atoms():
            continue
        if not result.linear_in(axis):
            return None
        slope = result.coefficient(axis)
        given = lifting.within()
        if proves(slope, given):
            upward = True
        elif proves(-slope, given):
            upward = False
        else:
            return None
        last = axis.extent - 1
        result = result.substitute({axis: poly(0) if upward == lowest else last})
    return result


def _bound(arg: tree.Expr, evaluator: Evaluator, frame: Frame) -> Poly:
    p = bound_of(evaluator.value(arg, frame), evaluator.scope)
    if p is None:
        raise stop("data-dependent-extent", "how often the loop runs depends on data", arg.span)
    refuse_changing(p, arg.span, evaluator.lifting)
    for held in held_in(p):
        learn_scalar(held, evaluator.lifting)
    if any(isinstance(atom, Cell) for atom in p.atoms()):
        raise stop("data-dependent-extent", "how often the loop runs changes as it runs", arg.span)
    return p
