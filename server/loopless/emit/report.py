"""A printed rewrite -> the finding, with its edits, its title and what may change in its numbers."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from loopless.catalog import slug_of
from loopless.emit.collect import Collector
from loopless.emit.comments import at_the_end, comments_of, replacement
from loopless.emit.draft import Draft, Setting
from loopless.emit.inputs import inputs_of
from loopless.emit.layout import laid_out
from loopless.emit.leftovers import leftovers
from loopless.emit.lines import (
    import_torch,
    line_width,
    margin,
)
from loopless.emit.place import Place
from loopless.emit.shadows import refuse_shadowed
from loopless.emit.sharing import Naming, shared, without_unused
from loopless.emit.stages import stages_of
from loopless.emit.widths import within_width
from loopless.facts.scope import Scope, names_bound
from loopless.finding import Action, Edit, Finding, Span, Stages
from loopless.ir import tree
from loopless.lift.context import Lifting
from loopless.lift.piece import Append, Kept, Piece, Write

_GIVEN = re.compile(r"\s*(\w+) = ")


def all_pieces(pieces: list[Piece] | tuple[Piece, ...]) -> list[Piece]:
    """Pieces with those of the loops that stay."""
    found: list[Piece] = []
    for piece in pieces:
        found.append(piece)
        if isinstance(piece, Kept):
            found += all_pieces(piece.pieces)
    return found


@dataclass(frozen=True, slots=True)
class Rewrite:
    """A loop in its place, with the pieces that it came to and the lists that collect them."""

    loop: tree.For
    place: Place
    text: str
    pieces: list[Piece]
    setting: Setting
    collectors: list[tuple[Append, Collector]]


def finding(rewrite: Rewrite, draft: Draft, edits: list[Edit], lifting: Lifting) -> Finding:
    """The finding for a loop whose lines take its place."""
    loop, place, text, setting = rewrite.loop, rewrite.place, rewrite.text, rewrite.setting
    comments = comments_of(text[loop.span.start : loop.span.end])
    free = names_bound((loop,)) - place.live
    draft.elsewhere += [edit.text for edit in edits]
    temps = draft.temp_layouts.keys() - place.live
    named = without_unused(_named_ranges(draft, free), temps, draft.elsewhere)
    room = line_width(text) - len(margin(text, loop.span.start))
    naming = naming_of(loop, place, draft, named, setting.scope, room)
    named, edits = _shared(named, edits, loop.span.end, naming)
    lines = [*comments, *named]
    edits = [*leftovers(loop, place, draft, setting.scope, text), *edits]
    column, width, unit = len(margin(text, loop.span.start)), line_width(text), setting.indent
    lines = [part for line in lines for part in laid_out(line, width, column, unit)]
    edits += [replacement(text, loop.span, lines), *at_the_end(text, loop.span)]
    return finished(rewrite, draft, edits, lifting)


def finished(rewrite: Rewrite, draft: Draft, edits: list[Edit], lifting: Lifting) -> Finding:
    """The finding, once all edits are there."""
    loop, place, text, setting = rewrite.loop, rewrite.place, rewrite.text, rewrite.setting
    pieces = rewrite.pieces
    if draft.needs_torch:
        edits.append(import_torch(text))
    edits = within_width(edits, text, line_width(text), setting.indent)
    edits = sorted(dict.fromkeys(edits), key=lambda edit: edit.span)
    refuse_shadowed((edit.text for edit in edits), setting.scope)
    assumptions = tuple(dict.fromkeys([*lifting.assumptions, *draft.assumptions]))
    slug, message = slug_of(pieces, rewrite.collectors, setting.scope)
    shown = draft.lines[-1] if draft.lines else next((e.text for e in edits if e.text), "")
    title = _title(shown, assumptions, bool(draft.kept))
    action = Action(
        title,
        tuple(edits),
        "unsafe" if assumptions else "safe",
        draft.grade,
        assumptions,
        preferred=not assumptions,
    )
    region_span = Span(
        min(e.span.start for e in edits if e.text or e.span.end > e.span.start),
        max(e.span.end for e in edits),
    )
    changed = tuple(sorted({p.root for p in all_pieces(pieces) if isinstance(p, Write) and p.subs}))
    outputs = tuple(sorted({*changed, *(n for n in names_bound((loop,)) if n in place.live)}))
    numerics = _numerics(draft.grade)
    return Finding(
        slug, message, loop.span, loop.header, region_span, (action,),
        reasons=tuple(m.reason for m in lifting.misses), numerics=numerics,
        inputs=inputs_of(loop, setting.scope), outputs=outputs, changed=changed,
        stages=stages_of(loop, lifting, pieces) if place.stages else Stages(),
    )  # fmt: skip


def naming_of(
    loop: tree.For, place: Place, draft: Draft, lines: list[str], scope: Scope, room: int
) -> Naming:
    """Which names the lines of a rewrite may use for parts of what they compute."""
    world = scope.world
    texts = (*lines, *draft.elsewhere)
    given = {name for text in texts for name in re.findall(r"^\s*(\w+) = ", text)}
    words = {name for text in texts for name in re.findall(r"\w+", text)}
    return Naming(
        told=draft.parts,
        free=names_bound((loop,)) - place.live,
        taken=lambda name: (
            name in scope.locals
            or name in world.imports
            or name in world.functions
            or name in world.classes
            or name in world.constants
        ),
        may_alias=scope.may_alias,
        tensors=frozenset(name for name in words if name in given or scope.fact(name).is_tensor),
        is_library=lambda name: (
            name not in scope.locals
            and world.imports.get(name, name).partition(".")[0] in {"torch", "math"}
        ),
        room=room,
    )


def _shared(
    lines: list[str], edits: list[Edit], end: int, naming: Naming
) -> tuple[list[str], list[Edit]]:
    """The lines and the edits, those behind the loop with the names that the lines give."""
    behind = [at for at, edit in enumerate(edits) if edit.span.start >= end and edit.text]
    lines, texts = shared(lines, [edits[at].text for at in behind], naming)
    edits = list(edits)
    for at, text in zip(behind, texts, strict=True):
        edits[at] = replace(edits[at], text=text)
    return lines, edits


def _named_ranges(draft: Draft, free: frozenset[str]) -> list[str]:
    """The lines of a draft; a range that they spell more than once gets the name of its loop variable."""
    lines = list(draft.lines)
    if draft.kept:
        return lines
    for text, name in draft.ranges.items():
        word = re.compile(rf"\b{re.escape(name)}\b")
        using = [at for at, line in enumerate(lines) if text in line]
        count = sum(line.count(text) for line in lines)
        taken = any(word.search(line) for line in lines)
        if count < 2 or name not in free or taken:
            continue
        at = _first_place(text, lines, using[0])
        if at is not None:
            lines = [line.replace(text, name) for line in lines]
            lines.insert(at, f"{name} = {text}")
    return lines


def _first_place(text: str, lines: list[str], used: int) -> int | None:
    """Where a range may get its name: in front, or behind the lines that give values to the names it asks for."""
    words = set(re.findall(r"\w+", text))
    given = [at for at, line in enumerate(lines) if (m := _GIVEN.match(line)) and m[1] in words]
    if not given:
        return 0
    sound = max(given) < used and not any(lines[at].startswith((" ", "\t")) for at in given)
    return max(given) + 1 if sound else None


def _numerics(grade: str) -> tuple[str, ...]:
    return {
        "E0": ("the same bits",),
        "E1": ("sums or kernels run in another order: the last bits may differ",),
        "E2": ("sums are more accurate than the loop's",),
    }.get(grade, ())


def _title(line: str, assumptions: tuple[str, ...], partial: bool) -> str:
    text = line.strip()
    if len(text) > 60:
        text = text[:57] + "…"
    head = "Vectorize the inner loops" if partial else "Vectorize"
    tail = f" (assumes {'; '.join(assumptions)})" if assumptions else ""
    return f"{head}: {text}{tail}"
