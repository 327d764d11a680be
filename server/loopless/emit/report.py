"""A printed rewrite -> the finding, with its edits, its title and what may change in its numbers."""

from __future__ import annotations

import re

from loopless.catalog import slug_of
from loopless.emit.collect import Collector
from loopless.emit.comments import comments_of
from loopless.emit.counting import dead_counter
from loopless.emit.draft import Draft, Setting
from loopless.emit.inputs import inputs_of
from loopless.emit.lines import (
    import_torch,
    margin,
    whole_lines,
)
from loopless.emit.naming import with_parts_named
from loopless.emit.place import Place
from loopless.emit.shadows import refuse_shadowed
from loopless.emit.stages import stages_of
from loopless.facts.liveness import reads_of_block
from loopless.facts.scope import (
    names_bound,
)
from loopless.finding import Action, Edit, Finding, Span, Stages
from loopless.ir import tree
from loopless.lift.context import Lifting
from loopless.lift.piece import Append, Kept, Piece, Write


def all_pieces(pieces: list[Piece] | tuple[Piece, ...]) -> list[Piece]:
    """Pieces with those of the loops that stay."""
    found: list[Piece] = []
    for piece in pieces:
        found.append(piece)
        if isinstance(piece, Kept):
            found += all_pieces(piece.pieces)
    return found


def finding(
    loop: tree.For,
    place: Place,
    text: str,
    pieces: list[Piece],
    draft: Draft,
    edits: list[Edit],
    lifting: Lifting,
    setting: Setting,
    collectors: list[tuple[Append, Collector]],
) -> Finding:
    """The finding for a loop whose lines take its place."""
    comments = comments_of(text[loop.span.start : loop.span.end])
    free = names_bound((loop,)) - place.live
    named = _named_ranges(draft, free)
    named, edits = with_parts_named(named, edits, draft.parts, free, text, lifting.changed)
    lines = [*comments, *named]
    counter = dead_counter(loop, place.block[: place.at], place.live, lines, text)
    edits = [*_dead_starts(loop, place, draft, text), *counter, *edits]
    if lines:
        newline = "\r\n" if "\r\n" in text else "\n"
        indent = margin(text, loop.span.start)
        edits.append(Edit(loop.span, (newline + indent).join(lines)))
    else:
        edits.append(Edit(whole_lines(text, loop.span), ""))
    return finished(loop, place, text, pieces, draft, edits, lifting, setting, collectors)


def finished(
    loop: tree.For,
    place: Place,
    text: str,
    pieces: list[Piece],
    draft: Draft,
    edits: list[Edit],
    lifting: Lifting,
    setting: Setting,
    collectors: list[tuple[Append, Collector]],
) -> Finding:
    """The finding, once all edits are there."""
    if draft.needs_torch:
        edits.append(import_torch(text))
    edits = sorted(dict.fromkeys(edits), key=lambda edit: edit.span)
    refuse_shadowed((edit.text for edit in edits), setting.scope)
    assumptions = tuple(dict.fromkeys([*lifting.assumptions, *draft.assumptions]))
    slug, message = slug_of(pieces, collectors, setting.scope)
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


def _named_ranges(draft: Draft, free: frozenset[str]) -> list[str]:
    """The lines of a draft; a range that they spell more than once gets the name of its loop variable."""
    lines = list(draft.lines)
    if draft.kept:
        return lines
    first: list[str] = []
    for text, name in draft.ranges.items():
        word = re.compile(rf"\b{re.escape(name)}\b")
        count = sum(line.count(text) for line in lines)
        taken = any(word.search(line) for line in (*lines, *first))
        if count < 2 or name not in free or taken:
            continue
        first.append(f"{name} = {text}")
        lines = [line.replace(text, name) for line in lines]
    return [*first, *lines]


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


def _dead_starts(loop: tree.For, place: Place, draft: Draft, text: str) -> list[Edit]:
    """`total = 0` before the loop, where the rewrite gives `total` its value without it."""
    edits: list[Edit] = []
    for name in sorted(names_bound((loop,))):
        given = [line for line in draft.lines if line.startswith(f"{name} = ")]
        if len(given) != 1 or draft.kept:
            continue
        at = place.at - 1
        while at >= 0:
            statement = place.block[at]
            match statement:
                case tree.Assign(tree.Name(bound), tree.Literal()) if bound == name:
                    if not _reads_name(name, place.block[at + 1 : place.at], draft):
                        edits.append(Edit(whole_lines(text, statement.span), ""))
                    break
                case tree.Assign(tree.Name(), _):
                    at -= 1
                case _:
                    break
    return edits


def _reads_name(name: str, between: tuple[tree.Stmt, ...], draft: Draft) -> bool:
    if name in reads_of_block(between):
        return True
    word = re.compile(rf"\b{re.escape(name)}\b")
    return any(
        len(word.findall(line)) > (1 if line.startswith(f"{name} = ") else 0)
        for line in draft.lines
    )
