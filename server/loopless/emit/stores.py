"""Stores of pieces: assignments to whole slices, in place where that says the same."""

from __future__ import annotations

import re
from dataclasses import replace

from loopless.dependence.conditions import conjunction, conjuncts, constraints
from loopless.dependence.feasible import Constraint
from loopless.emit.absorb import absorbed
from loopless.emit.align import lined_up
from loopless.emit.cells import cell
from loopless.emit.code import Code
from loopless.emit.draft import (
    Draft,
    Setting,
    add_guarded,
    learn,
    printer_for,
)
from loopless.emit.fit import is_new
from loopless.emit.fractions import cuts_fractions
from loopless.emit.item_ranks import least_rank, same_rank
from loopless.emit.masked_stores import masked_store
from loopless.emit.meeting import meeting
from loopless.emit.number_choices import stored_whole
from loopless.emit.orientation import sent
from loopless.emit.places_apart import one_place_each
from loopless.emit.printer import Printer
from loopless.emit.refused import category, refuse_narrowing
from loopless.emit.running import adds_up_in_double
from loopless.emit.scatter import scatter
from loopless.emit.targets import (
    is_indexed,
    is_scattered,
    layout_of,
    overlaps,
    refuse_spread,
    target_of,
)
from loopless.emit.trips import guarded_axes
from loopless.emit.unprintable import Unprintable
from loopless.emit.views import target_view
from loopless.facts.evidence import FLOATS
from loopless.ir.poly import Axis, Poly
from loopless.ir.value import (
    Apply,
    At,
    Comb,
    OnItem,
    Previous,
    Read,
    Reduce,
    Scan,
    Value,
    axes_of,
    reads_of,
    sub_axes,
    walk,
)
from loopless.lift.piece import Write
from loopless.lift.restrict import forwards, restricted, restricted_reductions
from loopless.lift.slices import kept_where
from loopless.lift.types import type_of

_IN_PLACE = {"+=": "add_", "-=": "sub_", "*=": "mul_", "/=": "div_"}
_INTEGERS = frozenset({"bool", "uint8", "int8", "int16", "int32", "int64"})


def write(piece: Write, setting: Setting, draft: Draft, depth: int) -> None:
    """Print the store of a piece; what all iterations ask alike becomes an `if` around it."""
    if not piece.subs:
        cell(piece, setting, draft, depth)
        return
    host = [c for c in conjuncts(piece.when) if _is_host(c, setting)]
    if host:
        rest: Value | None = None
        for condition in conjuncts(piece.when):
            if condition not in host:
                rest = conjunction(rest, condition)
        printer = printer_for(setting, (), draft)
        test: Value | None = None
        for condition in host:
            test = conjunction(test, condition)
        assert test is not None
        code = printer.code(test)
        learn(printer, draft)
        axes = guarded_axes(piece)
        add_guarded(f"if {code.text}:", axes, printer, setting, draft, depth)
        known = (*setting.known, *constraints(test))
        line = draft.lines[-1]
        inside = (len(line) - len(line.lstrip())) // len(setting.indent) + 1
        if inside > depth + 1:
            # What the condition asks for is there only where the loop runs, and so it was asked.
            known += tuple(Constraint(axis.extent - 1) for axis in axes)
        write(replace(piece, when=rest), replace(setting, known=known), draft, inside)
        return
    refuse_narrowing(piece, setting.scope)
    refuse_spread(piece.root, setting)
    if kept_where(piece.value) is not None:
        masked_store(piece, setting, draft, depth)
        return
    if meeting(piece, setting, draft, depth):
        return
    if _scans_backwards(piece):
        raise Unprintable("scan", "a running fold from the back")
    piece = restricted(piece, setting.lifting, setting.known)
    turned = forwards(piece)
    assert isinstance(turned, Write)
    piece = replace(
        turned, value=restricted_reductions(turned.value, setting.lifting, setting.known)
    )
    if depth == 0 and absorbed(piece, setting, draft):
        return
    viewer = printer_for(setting, layout_of(piece, setting), draft)
    piece = target_view(piece, viewer)
    if piece.op is not None and is_scattered(piece, setting, draft):
        scatter(piece, setting, draft, depth)
        return
    _store(piece, viewer.ends, setting, draft, depth)


def _scans_backwards(piece: Write) -> bool:
    for value in walk(piece.value):
        if isinstance(value, Scan | Comb | Previous):
            for sub in piece.subs:
                if isinstance(sub, At) and value.axis in sub.poly.axes():
                    slope = sub.poly.coefficient(value.axis).constant
                    if slope is None or slope < 0:
                        return True
    return False


def _is_host(condition: Value, setting: Setting) -> bool:
    """A condition that is the same for all axes: it stays an `if`."""
    return not (axes_of(condition) - {axis for axis, _ in setting.loops})


def _combined(op: str, old: Value, value: Value) -> Value:
    match value:
        case Apply("neg", (inner,)) if op == "+":
            return Apply("-", (old, inner))
        case _:
            return Apply(op, (old, value))


def _flipped(code: Code, flips: list[Axis]) -> Code:
    """A value turned to a target that is written from back to front."""
    places = [
        "-1" if code.behind else str(code.axes.index(axis)) for axis in flips if axis in code.axes
    ]
    return code.but(f"{code.primary}.flip({', '.join(places)})") if places else code


def _store(piece: Write, ends: list[Poly], setting: Setting, draft: Draft, depth: int) -> None:
    if piece.regrouped:
        draft.grade = max(draft.grade, "E1")
    layout = layout_of(piece, setting)
    loops = {axis for axis, _ in setting.loops}
    missing = [a for a in piece.axes if a not in sub_axes(piece.subs) and a not in loops]
    if missing:
        raise Unprintable("store", "several iterations write the same place")
    printer = printer_for(setting, layout, draft)
    printer.ends += ends
    text, axes, rank, flips = target_of(piece, printer)
    printer.layout = [*axes, *[a for a in printer.layout if a not in axes]]
    if setting.behind and len(axes) > 1:
        raise Unprintable("unknown-rank", "several axes of operands of unknown rank")
    if piece.when is not None and is_indexed(piece, printer) and not one_place_each(piece, printer):
        # Writing back what a predicate leaves out could undo what another place writes.
        raise Unprintable("masked-store", "a store to computed places under a predicate")
    symbol, shown = _assigned(piece, setting)
    own = type_of(Read(piece.root, piece.subs), setting.scope).dtype
    if own == "bool" and piece.op is not None and _folds(shown):
        raise Unprintable(
            "dtype", f"`{piece.root}` holds truth values, whose sums are truth values"
        )
    _grade_update(piece, own, printer)
    if not piece.augmented and cuts_fractions(Read(piece.root, piece.subs), shown, setting.scope):
        raise Unprintable("dtype", f"`{piece.root}` may hold integers and cut each sum off")
    if symbol == "=" and text == piece.root:
        text = f"{text}[:]"
    printer.most = rank
    printer.target = Read(piece.root, piece.subs)
    printer.stored = True
    printer.any_rank = rank is None and not setting.presumes
    printer.wide = own == "float64"
    printer.whole = stored_whole(shown, own)
    adds_up_in_double(piece, printer)
    code = printer.code(shown)
    line = lined_up(code, axes, rank, printer)
    if flips:
        line = _flipped(line, flips)
    _check_fit(line, axes, rank, least_rank(shown))
    if (
        rank is not None
        and code.rank is not None
        and code.rank < rank
        and _presumed_rank(shown, setting)
    ):
        raise Unprintable("unknown-rank", "items of unknown rank are stored into larger ones")
    if setting.behind and line.axes and rank != 0:
        # Items of any rank fill the target's items from the right, as in the loop.
        if is_indexed(piece, printer):
            raise Unprintable(
                "unknown-rank", "numbers are stored through indices into items of unknown rank"
            )
        text = sent(text.removesuffix("[:]"))
        if symbol != "=":
            # `view[...] *= v` would store the product into the view once more, which autograd refuses.
            line = f"{text}.{_IN_PLACE[symbol]}({line.text})"
            add_guarded(line, guarded_axes(piece), printer, setting, draft, depth)
            learn(printer, draft)
            return
        text = f"{text}[...]"
    elif line.axes and not setting.clean and not same_rank(line, rank, piece, setting):
        raise Unprintable(
            "unknown-rank", "items are stored into items of another rank, which is not known"
        )
    add_guarded(
        _statement(text, symbol, line, shown, piece, printer, setting),
        guarded_axes(piece), printer, setting, draft, depth,
    )  # fmt: skip
    learn(printer, draft)


def _statement(
    text: str,
    symbol: str,
    line: Code,
    shown: Value,
    piece: Write,
    printer: Printer,
    setting: Setting,
) -> str:
    if symbol in _IN_PLACE and _is_view(text):
        # `view[:] += v` would store the sum into the view once more, which autograd refuses.
        return f"{text.removesuffix('[:]')}.{_IN_PLACE[symbol]}({line.text})"
    body = _stored(line, shown, piece, printer, setting) if symbol == "=" else line.text
    return f"{text} {symbol} {body}"


def _is_view(text: str) -> bool:
    """Whether the text of a target makes a view by a call or `.T`, and does not begin with the tensor's own name."""
    return re.search(r"(\)|\.T)(\[[^\]]*\])?$", text) is not None


def _assigned(piece: Write, setting: Setting) -> tuple[str, Value]:
    """`=`, or `+=` and its like where that says the same, and the value behind it."""
    old, op, value = Read(piece.root, piece.subs), piece.op, piece.value
    if piece.when is not None:
        # Where the predicate does not hold nothing may change, not even the sign of a zero.
        new = value if op is None else _combined(op, old, value)
        return "=", Apply("where", (piece.when, new, old))
    if op is None:
        return "=", value
    symbol = f"{op}="
    match value:
        case Apply("neg", (inner,)) if op == "+" and type_of(inner, setting.scope).kind != "bool":
            symbol, value = "-=", inner
        case _:
            pass
    plain = Apply("-" if symbol == "-=" else op, (old, value))
    if not piece.augmented and not _keeps_dtype(piece, value, setting):
        # `x[i] = x[i] + v` casts the sum to x's dtype, `x[i] += v` may refuse to (T3).
        own = type_of(old, setting.scope).dtype
        if own in _INTEGERS and _folds(value):
            raise Unprintable("dtype", f"`{piece.root}` holds integers and cuts each sum off")
        return "=", plain
    # A view of the target on the right would change while it is added.
    return ("=", plain) if overlaps(value, piece, setting) else (symbol, _unread(value, setting))


def _unread(value: Value, setting: Setting) -> Value:
    """What `.item()` reads, where nothing shows whether that is an integer: doubles are not added to integers."""
    match value:
        case Apply("item", (inner,)) if type_of(value, setting.scope).kind == "number":
            return OnItem("Tensor.detach", (inner,))
        case _:
            return value


def _stored(line: Code, value: Value, piece: Write, printer: Printer, setting: Setting) -> str:
    """The text behind `=`."""
    if overlaps(value, piece, setting) and piece.axes and not is_new(line, value, printer):
        return f"{line.primary}.clone()"
    if not line.number and is_indexed(piece, printer):
        # A store through index tensors does not cast (T4).
        own = type_of(Read(piece.root, piece.subs), setting.scope).dtype
        if own is None or type_of(value, setting.scope).dtype != own:
            return f"{line.primary}.to({piece.root}.dtype)"
    return line.text


def _presumed_rank(value: Value, setting: Setting) -> bool:
    """Whether the rank of a tensor in the value is only presumed."""
    return any(read.subs and setting.scope.shown(read.root) is None for read in reads_of(value))


def _grade_update(piece: Write, own: str | None, printer: Printer) -> None:
    if piece.op is None:
        return
    # Many additions round many times, one rounds once, also of integers.
    together = own not in _INTEGERS and _folds(piece.value)
    # `x[i] = x[i] + v + w` is printed as adding v + w.
    moved = not piece.augmented and isinstance(piece.value, Apply) and piece.value.op == piece.op
    if together or moved:
        printer.grade_at_least("E1")


def _folds(value: Value) -> bool:
    return any(isinstance(inner, Reduce) for inner in walk(value))


def _keeps_dtype(piece: Write, value: Value, setting: Setting) -> bool:
    """Whether adding in place gives the dtype that storing the sum gives."""
    own = type_of(Read(piece.root, piece.subs), setting.scope).dtype
    other = type_of(value, setting.scope)
    if own in FLOATS:
        # Of a complex number a store keeps the real part, an addition in place refuses it (T2).
        old = Read(piece.root, piece.subs)
        return (category(value, setting.scope) or 0) <= (category(old, setting.scope) or 0)
    return other.kind == "int" or (other.dtype is not None and other.dtype == own)


def _check_fit(code: Code, axes: tuple[Axis, ...], rank: int | None, least: int) -> None:
    """A value must not have axes that its target lacks, nor more dimensions behind them."""
    if any(a not in axes for a in code.axes):
        raise Unprintable("store", "a value varies along an axis that its target does not have")
    if rank is not None and max(code.rank or 0, least) > rank:
        raise Unprintable("rank", "a value with more dimensions than its target")
