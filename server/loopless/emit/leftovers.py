"""What a rewrite leaves without a reader before the loop: allocations, starts of sums, names of sizes."""

from __future__ import annotations

import re
from collections.abc import Iterable

from loopless.emit.allocations import is_plain
from loopless.emit.counting import dead_counter
from loopless.emit.draft import Draft
from loopless.emit.lines import margin, whole_lines
from loopless.emit.place import Place
from loopless.facts.infer import infer
from loopless.facts.liveness import reads_of_block
from loopless.facts.scope import Scope, names_bound, names_changed, target_names
from loopless.finding import Edit, Span
from loopless.ir import tree
from loopless.ir.walk import walk_expr


def leftovers(loop: tree.For, place: Place, draft: Draft, scope: Scope, text: str) -> list[Edit]:
    """The edits that take away what only the loop, or what goes with it, has read."""
    gone = {allocation.span for allocation in draft.absorbed}
    gone |= _dead_starts(loop, place, draft)
    gone |= dead_counter(loop, place.block[: place.at], place.live, draft.lines)
    gone = {span for span in gone if _is_whole(span, place, draft)}
    if not place.is_module:
        gone |= _dead_names(loop, place, draft, scope, gone)
    return _removals(gone, loop, text)


def _dead_starts(loop: tree.For, place: Place, draft: Draft) -> set[Span]:
    """`total = 0` before the loop, where the rewrite gives `total` its value without it."""
    found: set[Span] = set()
    for name in names_bound((loop,)):
        given = [line for line in draft.lines if line.startswith(f"{name} = ")]
        if len(given) != 1 or draft.kept:
            continue
        for at in range(place.at - 1, -1, -1):
            match place.block[at]:
                case tree.Assign(tree.Name(bound), tree.Literal()) as start if bound == name:
                    read = name in reads_of_block(place.block[at + 1 : place.at])
                    alone = sum(s.span == start.span for s in place.block[: place.at]) == 1
                    if alone and not read and not _is_read(name, draft):
                        # Of `u, best = -1, inf` the other name may still be asked for.
                        found.add(start.span)
                    break
                case tree.Assign(tree.Name(), _):
                    pass
                case _:
                    break
    return found


def _is_whole(span: Span, place: Place, draft: Draft) -> bool:
    """Whether all names of a statement go, of `best, at = x[0], 0` both."""
    together = [s for s in place.block[: place.at] if s.span == span]
    if len(together) < 2:
        return True
    names = {n for s in together if isinstance(s, tree.Assign) for n in target_names(s.target)}
    later = reads_of_block([s for s in place.block[: place.at] if s.span > span])
    given = {n for n in names if any(line.startswith(f"{n} = ") for line in draft.lines)}
    return not any(
        n in later or _is_read(n, draft) or (n in place.live and n not in given) for n in names
    )


def _is_read(name: str, draft: Draft) -> bool:
    """Whether the new lines use a name, other than to give it a value."""
    word = re.compile(rf"\b{re.escape(name)}\b")
    return any(
        len(word.findall(line)) > (1 if line.startswith(f"{name} = ") else 0)
        for line in (*draft.lines, *draft.elsewhere)
    )


def _dead_names(
    loop: tree.For, place: Place, draft: Draft, scope: Scope, gone: set[Span]
) -> set[Span]:
    """Sizes and starts that were read before, and are read by nothing that stays."""
    dead: set[Span] = set()
    while True:
        removed = gone | dead
        kept = [s for s in place.block[: place.at] if s.span not in removed]
        lost = reads_of_block([loop, *(s for s in place.block[: place.at] if s.span in removed)])
        lost |= names_bound((loop,))
        more: set[Span] = set()
        for at, statement in enumerate(kept):
            if not isinstance(statement, tree.Assign) or not _is_cheap(statement, scope):
                continue
            together = [s for s in kept if s.span == statement.span]
            names = {
                n for s in together if isinstance(s, tree.Assign) for n in target_names(s.target)
            }
            rest = [s for s in kept[at + 1 :] if s.span != statement.span]
            if (
                names & lost
                and all(isinstance(s, tree.Assign) and _is_cheap(s, scope) for s in together)
                and not any(_is_used(n, rest, place, draft) for n in names)
            ):
                more.add(statement.span)
        if not more:
            return dead
        dead |= more


def _is_used(name: str, rest: Iterable[tree.Stmt], place: Place, draft: Draft) -> bool:
    return name in place.live or name in reads_of_block(rest) or _is_read(name, draft)


def _is_cheap(statement: tree.Assign, scope: Scope) -> bool:
    """Whether nothing but a size, a shape or a number is taken, and nothing else happens."""
    names = list(target_names(statement.target))
    if not names or not is_plain(statement, scope) or names_changed((statement,)):
        return False
    match statement.target, statement.value:
        case tree.Name(), tree.Literal():
            return True
        case ((tree.Name() | tree.Display()), value) if _is_pure(value):
            return infer(value, scope).kind in {"int", "size", "tuple"}
        case _:
            return False


def _is_pure(value: tree.Expr) -> bool:
    """Whether an expression is made of names, fields, subscripts, arithmetic and calls that ask for sizes."""
    for inner in walk_expr(value):
        match inner:
            case (
                tree.Name()
                | tree.Literal()
                | tree.Field()
                | tree.Item()
                | tree.Operator()
                | tree.Display()
            ):
                pass
            case tree.Call(
                tree.Name("len" | "min" | "max") | tree.Field(_, "size" | "numel" | "dim")
            ):
                pass
            case _:
                return False
    return True


# --- text


def _removals(spans: set[Span], loop: tree.For, text: str) -> list[Edit]:
    """Edits that take whole statements out, with the empty lines that only they needed; comments stay."""
    edits: list[Edit] = []
    run: Span | None = None
    for span in sorted(spans):
        whole = _lines_of(span, text)
        if whole is None:
            continue
        comment = _comment_behind(span, text)
        if comment:
            newline = "\r\n" if text[: whole.end].endswith("\r\n") else "\n"
            edits.append(Edit(whole, f"{margin(text, span.start)}{comment}{newline}"))
            continue
        if run is not None and run.end == whole.start:
            run = Span(run.start, whole.end)
            continue
        if run is not None:
            edits.append(Edit(_with_blank(run, text), ""))
        run = whole
    if run is not None:
        edits.append(Edit(_with_blank(run, text), ""))
    return edits


def _lines_of(span: Span, text: str) -> Span | None:
    """The whole lines of a statement, None where another shares them."""
    whole = whole_lines(text, span)
    if whole != span:
        return whole
    end = text.find("\n", span.end)
    end = len(text) if end < 0 else end + 1
    start = text.rfind("\n", 0, span.start) + 1
    alone = not text[start : span.start].strip() and _comment_behind(span, text)
    return Span(start, end) if alone else None


def _comment_behind(span: Span, text: str) -> str:
    end = text.find("\n", span.end)
    rest = text[span.end : len(text) if end < 0 else end].strip()
    return rest if rest.startswith("#") else ""


def _with_blank(whole: Span, text: str) -> Span:
    """The lines with the empty ones behind them, where those would follow an empty line or open a block."""
    before = text[: whole.start].rstrip(" \t").splitlines()
    opens = not before or not before[-1].strip() or before[-1].rstrip().endswith(":")
    blank = re.compile(r"(?:[ \t]*\r?\n)*").match(text, whole.end)
    return Span(whole.start, blank.end()) if opens and blank is not None else whole
