"""One loop with the statements that belong to it -> a finding with its edits, or every reason why not."""

from __future__ import annotations

from dataclasses import replace

from loopless.emit.allocations import allocations
from loopless.emit.collect import Collector, collected, find_collector
from loopless.emit.containers import for_lists_too
from loopless.emit.counts import name_counts
from loopless.emit.dead_arrays import dead_arrays, without_stores
from loopless.emit.draft import Draft, Setting
from loopless.emit.finals import finals
from loopless.emit.gains import gains_nothing, repeats_itself, searches_numbers
from loopless.emit.inputs import inputs_of
from loopless.emit.learned import first_pass
from loopless.emit.leaving import leave
from loopless.emit.place import Place, augmented, changed, setting_of
from loopless.emit.report import Rewrite, all_pieces, finding
from loopless.emit.stages import facts_of, stages_of
from loopless.emit.statements import statements
from loopless.emit.unprintable import Unprintable
from loopless.facts.reached import before_rounds
from loopless.facts.scope import Scope, names_bound
from loopless.finding import Edit, Finding, Missed, Refusal, Stages
from loopless.ir import tree
from loopless.ir.value import Read, Ref, Value, reads_of, walk
from loopless.lift.context import Frame, Lifting, Unbound
from loopless.lift.counters import counters
from loopless.lift.execute import Executor
from loopless.lift.flat import flat_forms, refuse_parts
from loopless.lift.handed import settle_carried, share_handed_on
from loopless.lift.piece import Append, Piece, Write
from loopless.lift.saved import own_names, shared
from loopless.lift.spliced import spliced
from loopless.lift.stop import NOWHERE, StopLifting
from loopless.lift.unused import without_unused

# What is printed only where ranks are not known.
_ANY_RANK = (".movedim(", ".flatten(", ".vmap(")


def region(loop: tree.For, place: Place, scope: Scope, text: str) -> Finding | Refusal:
    """Lift one loop and print it, with what the functions do that it calls for their effect."""
    whole = spliced(loop, scope)
    if whole == loop:
        return _flat_or_not(loop, place, scope, text)
    found = _flat_or_not(whole, replace(place, spliced=True), scope, text)
    if isinstance(found, Finding):
        return replace(found, inputs=inputs_of(loop, scope))
    other = _flat_or_not(loop, place, scope, text)
    stays = any(missed.code == "kept-loop" for missed in found.reasons)
    return other if stays or isinstance(other, Finding) else found


def _flat_or_not(loop: tree.For, place: Place, scope: Scope, text: str) -> Finding | Refusal:
    """Lift one loop and print it, over flat tensors where it is a walk of all elements."""
    for flat in flat_forms(loop, scope):
        found = _either(flat.loop, replace(place, whole=flat.whole), flat.scope, text)
        if isinstance(found, Finding):
            return replace(found, inputs=inputs_of(loop, scope))
    return _either(loop, place, scope, text)


def _either(loop: tree.For, place: Place, scope: Scope, text: str) -> Finding | Refusal:
    """Lift one loop and print it; where ranks decide, also as it reads if they are assumed."""
    found, clumsy = _attempt(loop, place, scope, text)
    if _unsure(found):
        rows, also = _attempt(loop, place, scope, text, rows=True)
        found, clumsy = (found, clumsy) if isinstance(rows, Refusal) else (rows, also)
    unsure = _unsure(found)
    exact = isinstance(found, Finding) and any(
        word in e.text for e in found.actions[0].edits for word in _ANY_RANK
    )
    clean = False
    if unsure or exact:
        other, _ = _attempt(loop, place, scope, text, clean=True)
        clean = isinstance(other, Finding) and bool(other.actions[0].assumptions)
        if isinstance(found, Refusal):
            return other if clean else found
    if isinstance(found, Refusal) or not (clean or clumsy):
        return found
    other, _ = _attempt(loop, place, scope, text, clean=clean, loose=True)
    if isinstance(other, Refusal) or not other.actions[0].assumptions:
        return found
    known = {action.edits for action in found.actions}
    more = (action for action in other.actions if action.edits not in known)
    return replace(found, actions=(*found.actions, *more))


def _unsure(found: Finding | Refusal) -> bool:
    return isinstance(found, Refusal) and any(m.code == "unknown-rank" for m in found.reasons)


def _attempt(
    loop: tree.For,
    place: Place,
    scope: Scope,
    text: str,
    *,
    rows: bool = False,
    clean: bool = False,
    loose: bool = False,
) -> tuple[Finding | Refusal, bool]:
    """What becomes of the loop, and whether its text would read better under assumptions."""
    draft = Draft()
    try:
        return _region(
            loop, place, scope, text, draft, rows=rows, clean=clean, loose=loose
        ), draft.clumsy
    except StopLifting as stopped:
        missed = _placed(stopped.missed, loop)
        return Refusal(loop.span, loop.header, (missed,), _known(loop, place, scope)), False
    except Unprintable as gave_up:
        if gave_up.code == "unknown-kind":
            place = replace(place, unsure=gave_up.reason)
            return _attempt(loop, place, scope, text, rows=rows, clean=clean, loose=loose)
        missed = Missed(gave_up.code, gave_up.reason, loop.header)
        return Refusal(loop.span, loop.header, (missed,), _known(loop, place, scope)), False


def _known(loop: tree.For, place: Place, scope: Scope) -> Stages:
    """What is known before a loop that cannot be lifted."""
    return Stages(facts=facts_of(loop, scope)) if place.stages else Stages()


def _placed(missed: Missed, loop: tree.For) -> Missed:
    return replace(missed, span=loop.header) if missed.span == NOWHERE else missed


def _region(
    loop: tree.For,
    place: Place,
    scope: Scope,
    text: str,
    draft: Draft,
    *,
    rows: bool,
    clean: bool,
    loose: bool,
) -> Finding | Refusal:
    bound = names_bound((loop,))
    live = frozenset(name for name in bound if name in place.live)
    lifting = Lifting(
        before_rounds(scope, bound),
        loop_names=bound,
        live=live,
        augmented=augmented(loop),
        changed=changed(loop, scope),
        rows=rows,
        clean=clean,
        unsure=place.unsure,
        unshared=own_names(loop, live, scope),
    )
    lifting.temps |= set(scope.locals) | set(scope.names)
    lifting.scope.counters = counters(loop, scope)
    share_handed_on(loop, lifting.scope)
    settle_carried(loop, lifting.scope)
    ranks = first_pass(loop, lifting)
    if ranks is not None:
        lifting = ranks
    frame = Frame({}, [])
    Executor(lifting).loop(loop, frame)
    frame.pieces[:] = without_unused(
        shared(frame.pieces), _ends(live, frame, lifting), lifting.saved
    )
    # Walked as a flat tensor, a value has another shape than the tensor that it fills.
    made = {} if place.whole else allocations(loop, place.block, place.at, scope, text)
    ends = _ends(live, frame, lifting)
    dead = dead_arrays(frame.pieces, ends, made, place, loop, lifting, text)
    draft.absorbed += [made[name] for name in sorted(dead)]
    frame.pieces[:] = without_stores(frame.pieces, dead)
    pieces = list(frame.pieces)
    refuse_parts(pieces, place.whole, live, lifting.scope)
    setting = replace(setting_of(loop, lifting, text), clean=clean, loose=loose, allocations=made)
    if place.spliced:
        # What a function does belongs into a loop that stays as the call of it only.
        setting = replace(setting, headers={})
    appends = [p for p in pieces if isinstance(p, Append)]
    rest = [p for p in pieces if not isinstance(p, Append)]
    edits: list[Edit] = []
    statements(rest, setting, draft)
    if lifting.leave is not None:
        leave(lifting.leave, setting, draft)
        pieces.append(Write("return", (), None, lifting.leave.when, None, (), loop.header))
    pieces += finals(loop, live, frame, setting, draft, lifting)
    collectors: list[tuple[Append, Collector]] = []
    for append in appends:
        _refuse_later_writes(append, pieces, setting)
        collector = find_collector(append, place.block, place.at, lifting.scope)
        collectors.append((append, collector))
    for append, collector in collectors:
        edits += collected(append, collector, setting, draft, text, place.block, place.at)
    edits = name_counts(draft, edits, setting)
    if not draft.lines and not appends:
        return _refused("no-effect", "the loop computes nothing that is used", loop)
    if searches_numbers(pieces, lifting.scope):
        return _refused("not-a-tensor", "no tensor takes part in the search", loop)
    if repeats_itself(pieces, loop):
        return _refused("repeated", "every iteration does the same, as a warm-up does", loop)
    if gains_nothing(pieces, loop):
        misses = tuple(lifting.misses) or (
            Missed("carried-value", "every level has to run in order", loop.header),
        )
        stages = stages_of(loop, lifting, pieces) if place.stages else Stages()
        return Refusal(loop.span, loop.header, misses, stages)

    rewrite = Rewrite(loop, place, text, pieces, setting, collectors)

    def report(written: Draft, under: Lifting) -> Finding:
        return finding(rewrite, written, edits, under)

    return for_lists_too(report, pieces, collectors, draft, setting, place.live)


def _refused(code: str, reason: str, loop: tree.For) -> Refusal:
    return Refusal(loop.span, loop.header, (Missed(code, reason, loop.header),))


def _refuse_later_writes(append: Append, pieces: list[Piece], setting: Setting) -> None:
    """Items are computed where the list is collected: what they read must not change until then."""
    if isinstance(append.value, Read) and append.when is None:
        # A view of what it was taken from, in the list as well (trap T19).
        return
    values = [append.value] if append.when is None else [append.value, append.when]
    roots = {read.root for value in values for read in reads_of(value)}
    names = roots | {inner.text for v in values for inner in walk(v) if isinstance(inner, Ref)}
    for piece in pieces[pieces.index(append) + 1 :]:
        if isinstance(piece, Write) and not piece.subs and piece.root in names:
            raise Unprintable(
                "list-used",
                f"`{piece.root}` is another value when the items of the list are computed",
            )
    for piece in all_pieces(pieces[pieces.index(append) + 1 :]):
        if (
            isinstance(piece, Write)
            and piece.subs
            and any(piece.root == r or setting.scope.may_alias(piece.root, r) for r in roots)
        ):
            raise Unprintable(
                "list-used", f"`{piece.root}` changes after it was used for an item of the list"
            )


def _ends(live: frozenset[str], frame: Frame, lifting: Lifting) -> list[Value]:
    """The values that are asked for after the loop."""
    left = [frame.env.get(name, Unbound("")) for name in live]
    found = [value for value in left if not isinstance(value, Unbound)]
    if lifting.leave is not None:
        found += [lifting.leave.value, lifting.leave.when]
    return found
