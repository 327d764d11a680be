"""Pieces -> Python statements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from loopless.dependence.conditions import conjunction, conjuncts, constraints
from loopless.dependence.feasible import Constraint, bounds, proves
from loopless.emit.access import plans_of, subscripts
from loopless.emit.code import ATOM, Code
from loopless.emit.draft import (
    Draft,
    Setting,
    add_guarded,
    add_line,
    either_way,
    learn,
    may_be_empty,
    needs_trips,
    positive,
    printer_for,
)
from loopless.emit.printer import Printer
from loopless.emit.unprintable import Unprintable
from loopless.facts.evidence import FLOATS
from loopless.ir import tree
from loopless.ir.poly import Atom, Axis, Poly, Symbol, poly
from loopless.ir.value import (
    Apply,
    At,
    Int,
    Pick,
    Previous,
    Read,
    Reduce,
    Ref,
    Scan,
    Value,
    axes_of,
    reads_of,
    sub_axes,
    walk,
)
from loopless.lift.piece import Append, Define, Kept, Piece, Write, free_axes, with_atoms
from loopless.lift.restrict import forwards, restricted, restricted_reductions
from loopless.lift.subscript import kin_of
from loopless.lift.types import type_of

_INTEGERS = frozenset({"bool", "uint8", "int8", "int16", "int32", "int64"})


def statements(pieces: Sequence[Piece], setting: Setting, draft: Draft, depth: int = 0) -> None:
    """Print pieces one after the other."""
    for piece in pieces:
        match piece:
            case Write():
                either_way(lambda s, p=piece: _write(p, s, draft, depth), setting, draft)
            case Define():
                either_way(lambda s, p=piece: _define(p, s, draft, depth), setting, draft)
            case Kept():
                _kept(piece, setting, draft, depth)
            case Append():
                raise Unprintable("append", f"`{piece.root}` is used as a list")


def _define(piece: Define, setting: Setting, draft: Draft, depth: int) -> None:
    printer = printer_for(setting, piece.axes, draft)
    code = printer.code(restricted_reductions(piece.value, setting.lifting))
    text = code.text
    if isinstance(piece.value, Read):
        text = f"{code.primary}.clone()"
    if code.behind:
        text = f"{code.primary}.movedim(-1, 0)"
    draft.temp_layouts[piece.name] = code.axes
    if needs_trips(printer, setting, may_be_empty(piece.axes, printer, setting), []):
        raise Unprintable("zero-trips", f"`{piece.name}` has no value where the loop does not run")
    add_guarded(f"{piece.name} = {text}", piece.axes, printer, setting, draft, depth)
    learn(printer, draft)


def _write(piece: Write, setting: Setting, draft: Draft, depth: int) -> None:
    if not piece.subs:
        _cell(piece, setting, draft, depth)
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
        add_line(f"if {code.text}:", setting, draft, depth)
        known = (*setting.known, *constraints(test))
        _write(replace(piece, when=rest), replace(setting, known=known), draft, depth + 1)
        return
    if _scans_backwards(piece):
        raise Unprintable("scan", "a running fold from the back")
    piece = restricted(piece, setting.lifting)
    turned = forwards(piece)
    assert isinstance(turned, Write)
    piece = replace(turned, value=restricted_reductions(turned.value, setting.lifting))
    if piece.op is not None and _is_scattered(piece, setting, draft):
        _scatter(piece, setting, draft, depth)
        return
    _store(piece, setting, draft, depth)


def _is_scattered(piece: Write, setting: Setting, draft: Draft) -> bool:
    """Whether the places of an update are looked up or computed, so that two of them may be one."""
    printer = printer_for(setting, _order(piece, setting), draft)
    return "index" in plans_of(piece.root, piece.subs, printer)


def _scans_backwards(piece: Write) -> bool:
    for value in walk(piece.value):
        if isinstance(value, Scan | Previous):
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
    places = [str(code.axes.index(axis)) for axis in flips if axis in code.axes]
    return code.but(f"{code.primary}.flip({', '.join(places)})") if places else code


def _target(piece: Write, printer: Printer) -> tuple[str, tuple[Axis, ...], int | None, list[Axis]]:
    """The text of the target, its axes, the rank behind them, and the axes that run backwards."""
    subs, got, flips = subscripts(piece.root, piece.subs, printer)
    if piece.when is not None:
        _refuse_places_outside(piece, printer)
    axes = [axis for axis in got if axis is not None]
    if None in got and got.index(None) < len(axes):
        raise Unprintable("layout", "a store with a slice before the loop's axes")
    rank = type_of(Read(piece.root, piece.subs), printer.scope).rank
    in_place = piece.op is not None and piece.augmented and piece.when is None
    whole = piece.root if in_place else f"{piece.root}[:]"
    text = f"{piece.root}[{', '.join(subs)}]" if subs else whole
    return text, tuple(axes), rank, flips


def _refuse_places_outside(piece: Write, printer: Printer) -> None:
    """A masked store writes back what it does not change: every place must be there."""
    known = [*printer.known, *bounds(printer.layout)]
    for at, sub in enumerate(piece.subs):
        if isinstance(sub, At) and sub.poly.axes() - printer.loops.keys():
            p = sub.poly
            if p.atom in p.axes():
                continue
            size = printer.scope.size(piece.root, at)
            if not proves(p, known) or not proves(size - 1 - p, known):
                raise Unprintable(
                    "masked-store", f"a predicate keeps stores inside of `{piece.root}`"
                )
        if isinstance(sub, Pick):
            raise Unprintable(
                "masked-store", "a store to places looked up in data under a predicate"
            )


def _order(piece: Write, setting: Setting) -> list[Axis]:
    """The layout that the target asks for: its axes in the order of its dimensions."""
    loops = {axis for axis, _ in setting.loops}
    order: list[Axis] = []
    for sub in piece.subs:
        found = sub.poly.axes() if isinstance(sub, At) else sub_axes((sub,))
        for axis in sorted(found, key=lambda a: piece.axes.index(a) if a in piece.axes else -1):
            if axis not in order and axis not in loops:
                order.append(axis)
    order += [axis for axis in piece.axes if axis not in order and axis not in loops]
    return order


def _store(piece: Write, setting: Setting, draft: Draft, depth: int) -> None:
    layout = _order(piece, setting)
    loops = {axis for axis, _ in setting.loops}
    missing = [a for a in piece.axes if a not in sub_axes(piece.subs) and a not in loops]
    if missing:
        raise Unprintable("store", "several iterations write the same place")
    printer = printer_for(setting, layout, draft)
    text, axes, rank, flips = _target(piece, printer)
    printer.layout = [*axes, *[a for a in printer.layout if a not in axes]]
    if setting.behind and len(axes) > 1:
        raise Unprintable("unknown-rank", "several axes of operands of unknown rank")
    if piece.when is not None and _indexed(piece, printer):
        # Writing back what a predicate leaves out could undo what another place writes.
        raise Unprintable("masked-store", "a store to computed places under a predicate")
    symbol, shown = _assigned(piece, setting)
    own = type_of(Read(piece.root, piece.subs), setting.scope).dtype
    if own in _INTEGERS and not piece.augmented and _folds_fractions(shown, setting):
        raise Unprintable("dtype", f"`{piece.root}` holds integers and cuts each sum off")
    if symbol == "=" and text == piece.root:
        text = f"{text}[:]"
    printer.most = rank
    printer.target = Read(piece.root, piece.subs)
    printer.stored = True
    printer.wide = type_of(Read(piece.root, piece.subs), setting.scope).dtype == "float64"
    code = printer.code(shown)
    line = printer.lined_up(code, axes, rank)
    if flips:
        line = _flipped(line, flips)
    _check_fit(line, axes, rank)
    if (
        rank is not None
        and code.rank is not None
        and code.rank < rank
        and _presumed_rank(shown, setting)
    ):
        raise Unprintable("unknown-rank", "items of unknown rank are stored into larger ones")
    if setting.behind and line.axes and rank != 0:
        # Items of any rank fill the target's items from the right, as in the loop.
        if _indexed(piece, printer):
            raise Unprintable(
                "unknown-rank", "numbers are stored through indices into items of unknown rank"
            )
        text = f"{text.removesuffix('[:]')}.movedim(0, -1)[...]"
    elif line.axes and not setting.clean and not _same_rank(line, rank, piece, setting):
        raise Unprintable(
            "unknown-rank", "items are stored into items of another rank, which is not known"
        )
    body = _stored(line, shown, piece, printer, setting) if symbol == "=" else line.text
    add_guarded(f"{text} {symbol} {body}", piece.axes, printer, setting, draft, depth)
    learn(printer, draft)


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
        case Apply("neg", (inner,)) if op == "+":
            symbol, value = "-=", inner
        case _:
            pass
    plain = Apply("-" if symbol == "-=" else op, (old, value))
    if not piece.augmented and not _keeps_dtype(piece, value, setting):
        # `x[i] = x[i] + v` casts the sum to x's dtype, `x[i] += v` may refuse to (T3).
        own = type_of(old, setting.scope).dtype
        if own in _INTEGERS and any(isinstance(v, Reduce) for v in walk(value)):
            raise Unprintable("dtype", f"`{piece.root}` holds integers and cuts each sum off")
        return "=", plain
    # A view of the target on the right would change while it is added.
    return ("=", plain) if _overlaps(value, piece, setting) else (symbol, value)


def _stored(line: Code, value: Value, piece: Write, printer: Printer, setting: Setting) -> str:
    """The text behind `=`."""
    if _overlaps(value, piece, setting):
        return f"{line.primary}.clone()"
    if not line.number and _indexed(piece, printer):
        # A store through index tensors does not cast (T4).
        own = type_of(Read(piece.root, piece.subs), setting.scope).dtype
        if own is None or type_of(value, setting.scope).dtype != own:
            return f"{line.primary}.to({piece.root}.dtype)"
    return line.text


def _indexed(piece: Write, printer: Printer) -> bool:
    return "index" in plans_of(piece.root, piece.subs, printer)


def _folds_fractions(value: Value, setting: Setting) -> bool:
    """Whether a fold in a value may have fractions that stores in between would cut off."""
    return any(
        isinstance(v, Reduce | Scan) and type_of(v, setting.scope).dtype not in _INTEGERS
        for v in walk(value)
    )


def _same_rank(code: Code, rank: int | None, piece: Write, setting: Setting) -> bool:
    """Whether a value is known to have the rank of the items that it is stored into."""
    if code.rank is not None and rank is not None:
        return True
    if code.rank is None and rank is None:
        return bool(kin_of(Read(piece.root, piece.subs), setting.scope) & code.kin)
    # Along several axes, what is not known is presumed to be a number (P4).
    return len(code.axes) > 1


def _presumed_rank(value: Value, setting: Setting) -> bool:
    """Whether the rank of a tensor in the value is only presumed."""
    return any(read.subs and setting.scope.shown(read.root) is None for read in reads_of(value))


def _keeps_dtype(piece: Write, value: Value, setting: Setting) -> bool:
    """Whether adding in place gives the dtype that storing the sum gives."""
    own = type_of(Read(piece.root, piece.subs), setting.scope).dtype
    other = type_of(value, setting.scope)
    if own in FLOATS:
        return True
    return other.kind == "int" or (other.dtype is not None and other.dtype == own)


def _check_fit(code: Code, axes: tuple[Axis, ...], rank: int | None) -> None:
    """A value must not have axes that its target lacks, nor more dimensions behind them."""
    if any(a not in axes for a in code.axes):
        raise Unprintable("store", "a value varies along an axis that its target does not have")
    if code.rank is not None and rank is not None and code.rank > rank:
        raise Unprintable("rank", "a value with more dimensions than its target")


def _overlaps(value: Value, piece: Write, setting: Setting) -> bool:
    """Whether the value is a view of the memory that is written (T24)."""
    match value:
        case Read(root):
            return root == piece.root or setting.scope.may_alias(root, piece.root)
        case _:
            return False


def _scatter(piece: Write, setting: Setting, draft: Draft, depth: int) -> None:
    """An update of places looked up in data: duplicates add up."""
    if piece.op != "+":
        raise Unprintable("scatter", f"no tensor form of `{piece.op}=` at places looked up in data")
    layout = _order(piece, setting)
    printer = printer_for(setting, layout, draft)
    rank = type_of(Read(piece.root, piece.subs), printer.scope).rank
    value = piece.value
    indices: list[Code] = []
    if piece.when is not None:
        printer.guards.append(piece.when)
    for sub in piece.subs:
        match sub:
            case At(p):
                indices.append(_clamped_place(p, piece, len(indices), printer))
            case Pick(inner):
                indices.append(_index(inner, piece, len(indices), printer))
            case _:
                raise Unprintable("scatter", "a slice beside a place looked up in data")
    if piece.when is not None:
        printer.guards.pop()
        value = Apply("where", (piece.when, value, Int(poly(0))))
    code = printer.code(value)
    axes = printer.sorted(a for c in (*indices, code) for a in c.axes)
    texts = [_as_index(printer.lined_up(c, axes, 0), printer) for c in indices]
    own = type_of(Read(piece.root, piece.subs), setting.scope).dtype
    kind = type_of(value, setting.scope)
    if code.number:
        source = f"{piece.root}.new_tensor({code.text})"
    else:
        lined = printer.lined_up(code, axes, rank)
        if lined.behind:
            lined = replace(lined.but(f"{lined.primary}.movedim(-1, 0)"), behind=False)
        same = own is not None and kind.dtype == own
        if same and _overlaps(value, piece, setting):
            lined = lined.but(f"{lined.primary}.clone()")
        source = lined.text if same else f"{lined.primary}.to({piece.root}.dtype)"
        if not same and not (own in FLOATS or own is None or own.startswith("of:")):
            raise Unprintable("scatter", "floats are added to integers")
    if any(a not in printer.sorted(x for c in indices for x in c.axes) for a in code.axes):
        raise Unprintable("scatter", "a value varies along an axis that its place does not")
    places = ", ".join(texts) + ("," if len(texts) == 1 else "")
    printer.grade_at_least("E1")
    line = f"{piece.root}.index_put_(({places}), {source}, accumulate=True)"
    add_guarded(line, piece.axes, printer, setting, draft, depth)
    learn(printer, draft)


def _clamped_place(p: Poly, piece: Write, at: int, printer: Printer) -> Code:
    code = printer.integer(p)
    size = printer.scope.size(piece.root, at)
    if not printer.guards or not code.axes:
        return code
    known = [*printer.known, *bounds(printer.layout)]
    if proves(p, known) and proves(size - p - 1, known):
        return code
    low = poly(0) if proves(p, printer.all_known()) else -size
    return code.but(
        f"{code.primary}.clamp({printer.size(low).text}, {printer.size(size - 1).text})"
    )


def _index(value: Value, piece: Write, at: int, printer: Printer) -> Code:
    code = printer.code(value)
    if printer.guards and code.axes:
        size = printer.scope.size(piece.root, at)
        return code.but(
            f"{code.primary}.clamp({printer.size(-size).text}, {printer.size(size - 1).text})"
        )
    return code


def _as_index(code: Code, printer: Printer) -> str:
    if code.axes:
        return code.text
    return f"{printer.function('torch.tensor')}({code.text})" if code.number else code.text


def _cell(piece: Write, setting: Setting, draft: Draft, depth: int) -> None:
    """A name gets a value."""
    printer = printer_for(setting, (), draft)
    value = restricted_reductions(piece.value, setting.lifting)
    line = assignment(piece.root, value, printer, in_place=piece.root in setting.augmented)
    if piece.when is not None:
        test = printer.code(piece.when)
        add_line(f"if {test.text}:", setting, draft, depth)
        depth += 1
    if line is not None:
        add_guarded(line, (), printer, setting, draft, depth)
    learn(printer, draft)


def assignment(name: str, value: Value, printer: Printer, *, in_place: bool) -> str | None:
    """`name = value`, or `name += …` where that says the same."""
    match value:
        case Read(root, ()) if root == name:
            return None
        case Ref(text) if text == name:
            return None
        case Apply("+" | "*" as op, (first, rest)) if first in (Ref(name), Read(name, ())) and (
            in_place or type_of(first, printer.scope).kind in {"int", "float", "bool"}
        ):
            match rest:
                case Apply("neg", (inner,)) if op == "+":
                    return f"{name} -= {_no_axes(printer.code(inner)).text}"
                case _:
                    return f"{name} {op}= {_no_axes(printer.code(rest)).text}"
        case _:
            return f"{name} = {_no_axes(printer.code(value)).text}"


def _no_axes(code: Code) -> Code:
    if code.axes:
        raise Unprintable("store", "a number that varies along an axis")
    return code


def _kept(piece: Kept, setting: Setting, draft: Draft, depth: int) -> None:
    """A level that stays a loop, with its body on the inner axes."""
    loop = piece.loop
    if not isinstance(loop.target, tree.Name):
        raise Unprintable("kept-loop", "a loop that stays takes its target apart")
    name = loop.target.id
    header = setting.headers.get(loop.span.start)
    if header is None:
        raise Unprintable("kept-loop", "a loop that stays has no text of its own")
    index = piece.index
    slope = index.coefficient(piece.axis).constant
    if slope is None or piece.axis not in index.axes():
        raise Unprintable("kept-loop", "a loop that stays does not count")
    if not _counts(loop):
        raise Unprintable("kept-loop", "a loop that stays runs over a tensor")
    start = index.without(piece.axis)
    symbol = poly(Symbol(name))
    atoms = _counter(piece, start, slope, symbol)
    add_line(header, setting, draft, depth)
    known = list(setting.known)
    if abs(slope) == 1:
        ordinal = symbol - start if slope == 1 else start - symbol
        known += [Constraint(ordinal), Constraint(piece.axis.extent - 1 - ordinal)]
    elif slope > 0:
        known += [Constraint(symbol - start)]
    inner = replace(setting, loops=(*setting.loops, (piece.axis, name)), known=tuple(known))
    draft.kept += 1
    before = len(draft.lines)
    moved = [_at_counter(p, piece.axis, atoms) for p in piece.pieces]
    statements(moved, inner, draft, depth + 1)
    if len(draft.lines) == before:
        raise Unprintable("kept-loop", "nothing is left in a loop that stays")


def _counts(loop: tree.For) -> bool:
    match loop.iterable:
        case tree.Call(tree.Name("range")):
            return True
        case tree.Call(tree.Name("reversed"), (tree.Call(tree.Name("range")),)):
            return True
        case _:
            return False


def _counter(piece: Kept, start: Poly, slope: int, symbol: Poly) -> dict[Atom, Poly]:
    if abs(slope) == 1:
        return {piece.axis: (symbol - start) * slope}
    return {}


def _at_counter(piece: Piece, axis: Axis, atoms: dict[Atom, Poly]) -> Piece:
    """The piece in terms of the user's loop variable."""
    if not atoms:
        raise Unprintable("kept-loop", "a loop that stays has a step")
    moved = with_atoms(piece, atoms)
    if axis in free_axes(moved):
        raise Unprintable(
            "kept-loop", "a value inside a loop that stays depends on its place otherwise"
        )
    return moved


def expression(value: Value, setting: Setting, draft: Draft) -> str:
    """The text of a value without axes, in parentheses where it is put into other text."""
    found: list[str] = []

    def show(chosen: Setting) -> None:
        printer = printer_for(chosen, (), draft)
        code = _no_axes(printer.code(restricted_reductions(value, setting.lifting)))
        if printer.ends or printer.places:
            raise Unprintable(
                "zero-trips", "where the loop does not run, the tensor form would fail"
            )
        learn(printer, draft)
        found.append(code.at(ATOM))

    either_way(show, setting, draft)
    return found[-1]


def live_final(name: str, value: Value, setting: Setting, draft: Draft, axis: Axis | None) -> None:
    """The value of a name after the loop, printed as a statement."""
    either_way(lambda s: _live_final(name, value, s, draft, axis), setting, draft)


def _live_final(name: str, value: Value, setting: Setting, draft: Draft, axis: Axis | None) -> None:
    printer = printer_for(setting, (), draft)
    value = restricted_reductions(value, setting.lifting)
    match value:
        case Apply("where", (test, then, Ref(text) | Read(text, ()))) if text == name and (
            printer.on_host(test)
        ):
            # Else the name stays what it is, bound or not.
            add_line(f"if {printer.code(test).text}:", setting, draft, 0)
            line = f"{name} = {_no_axes(printer.code(then)).text}"
            learn(printer, draft)
            add_line(line, setting, draft, 1)
            return
        case _:
            pass
    line = assignment(name, value, printer, in_place=name in setting.augmented)
    learn(printer, draft)
    if line is None:
        return
    open_axes = [] if axis is None or proves(axis.extent - 1, []) else [axis]
    inner = [a for a in printer.layout if a != axis]
    if needs_trips(printer, setting, open_axes, inner):
        assert axis is not None
        code = printer.size(axis.extent)
        add_line(f"if {positive(axis.extent, printer, code)}:", setting, draft, 0)
        add_line(line, setting, draft, 1)
        return
    add_line(line, setting, draft, 0)
