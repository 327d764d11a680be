"""What the new lines spell twice, or spell too long: computed once, under the user's own name where there is one."""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from loopless.emit.occurrences import (
    Occurrence,
    does_work,
    is_repeatable,
    occurrences,
    values_in,
    written,
)

# How many values one rewrite may give names to.
_MOST = 12


@dataclass(frozen=True, slots=True)
class Naming:
    """What naming needs to know of the file.

    `told` holds the user's names of values by their text; `free` names may be used again, `taken` ones may not.
    """

    told: Mapping[str, str]
    free: frozenset[str]
    taken: Callable[[str], bool]
    may_alias: Callable[[str, str], bool]
    tensors: frozenset[str]
    is_library: Callable[[str], bool]
    room: int


def shared(lines: list[str], later: list[str], naming: Naming) -> tuple[list[str], list[str]]:
    """The lines, with one name for what they say more than once, and for parts of what is too long.

    `later` are texts elsewhere that are evaluated once after the lines, on every way that control takes.
    """
    for _ in range(_MOST):
        found = _next(lines, later, naming)
        if found is None:
            break
        choice, name = found
        every = _with_name([*lines, *later], choice, name)
        lines, later = every[: len(lines) + 1], every[len(lines) + 1 :]
        told = {_replaced(text, choice.text, name): of for text, of in naming.told.items()}
        naming = replace(naming, told=told, tensors=naming.tensors | {name})
    return lines, later


def without_unused(lines: list[str], temps: Collection[str], elsewhere: Sequence[str]) -> list[str]:
    """The lines without temporaries that no other text reads."""
    for at, line in enumerate(lines):
        given = re.match(r"\s*(\w+) = ", line)
        if given is None or given[1] not in temps:
            continue
        word = re.compile(rf"\b{re.escape(given[1])}\b")
        opens_block = at > 0 and lines[at - 1].endswith(":")
        if opens_block or any(
            word.search(other) for other in (*lines[:at], *lines[at + 1 :], *elsewhere)
        ):
            continue
        return without_unused([*lines[:at], *lines[at + 1 :]], temps, elsewhere)
    return lines


@dataclass(frozen=True, slots=True)
class _Choice:
    """An expression to name: where its line goes, and the lines in which it stands.

    What is said twice comes first, then what has a name of its own, then what is longest.
    """

    text: str
    first: int
    last: int
    gain: tuple[bool, bool, int]
    node: ast.expr


def _next(lines: list[str], later: list[str], naming: Naming) -> tuple[_Choice, str] | None:
    lines = [*lines, *later]
    choices = [c for block in _blocks(lines) for c in _choices(lines, block, naming)]
    for choice in sorted(choices, key=lambda c: c.gain, reverse=True):
        name = _name_for(choice, lines, naming)
        if name is not None:
            return choice, name
    return None


def _blocks(lines: list[str]) -> Iterator[range]:
    """Runs of lines that are executed one after the other."""
    start = 0
    for at, line in enumerate([*lines, ""]):
        ends = at == len(lines) or _margin(line) != _margin(lines[start]) or line.endswith(":")
        if ends:
            if at > start:
                yield range(start, at)
            start = at + 1 if line.endswith(":") else at


def _margin(line: str) -> int:
    return len(line) - len(line.lstrip())


def _choices(lines: list[str], block: range, naming: Naming) -> Iterator[_Choice]:
    statements: dict[int, ast.stmt] = {}
    for at in block:
        try:
            statements[at] = ast.parse(lines[at].strip()).body[0]
        except (SyntaxError, IndexError):
            return
    groups: dict[str, list[Occurrence]] = {}
    for at, statement in statements.items():
        for found in occurrences(statement, at):
            if isinstance(
                found.node, ast.BinOp | ast.Compare | ast.Call | ast.UnaryOp | ast.Subscript
            ):
                text = ast.get_source_segment(lines[at].strip(), found.node)
                if text is not None:
                    groups.setdefault(text, []).append(found)
    for text, places in groups.items():
        choice = _choice(text, places, statements, lines, naming)
        if choice is not None:
            yield choice


def _choice(
    text: str,
    places: list[Occurrence],
    statements: Mapping[int, ast.stmt],
    lines: list[str],
    naming: Naming,
) -> _Choice | None:
    node = places[0].node
    if any(place.kept for place in places) or not _is_worth_it(node, naming):
        return None
    first = places[0].at
    last = _last_use(values_in(node), first, statements, naming)
    places = [place for place in places if place.at <= last]
    if all(place.lazy for place in places):
        return None
    if len(places) > 1:
        gain = len(text) * (len(places) - 1)
        long = len(text) > 9 or text in naming.told
        return _Choice(text, first, places[-1].at, (True, True, gain), node) if long else None
    too_long = len(lines[first]) > naming.room
    is_all = node is getattr(statements[first], "value", None)
    if too_long and text in naming.told and len(text) > 15 and not is_all:
        unused = naming.told[text] not in _names(lines)
        return _Choice(text, first, first, (False, unused, len(text)), node)
    return None


def _is_worth_it(node: ast.expr, naming: Naming) -> bool:
    if not does_work(node) or not is_repeatable(node, naming.is_library):
        return False
    return any(name in naming.tensors or naming.is_library(name) for name in values_in(node))


def _last_use(
    names: set[str], first: int, statements: Mapping[int, ast.stmt], naming: Naming
) -> int:
    """The last statement that sees the value which an expression of `names` has before the first one."""
    for at in range(first, max(statements) + 1):
        for changed in written(statements[at]):
            if changed in names or any(naming.may_alias(changed, name) for name in names):
                return at
    return max(statements)


def _with_name(lines: list[str], choice: _Choice, name: str) -> list[str]:
    """The lines with one more in front of the first use."""
    result = list(lines)
    for at in range(choice.first, choice.last + 1):
        result[at] = _replaced(result[at], choice.text, name)
    lead = lines[choice.first][: _margin(lines[choice.first])]
    result.insert(choice.first, f"{lead}{name} = {choice.text}")
    return result


def _replaced(line: str, text: str, name: str) -> str:
    """The line with a name in the place of every expression of that text; parentheses that only it needed go."""
    lead = line[: _margin(line)]
    body = line.strip()
    spans: list[tuple[int, int]] = []
    for found in occurrences(ast.parse(body).body[0], 0):
        if ast.get_source_segment(body, found.node) == text:
            start = len(body.encode()[: found.node.col_offset].decode())
            spans.append((start, start + len(text)))
    for start, end in sorted(set(spans), reverse=True):
        before, after = body[:start], body[end:]
        if before.endswith("(") and after.startswith(")") and not _is_call(before[:-1]):
            before, after = before[:-1], after[1:]
        body = f"{before}{name}{after}"
    return lead + body


def _is_call(before: str) -> bool:
    return bool(re.search(r"[\w\])]$", before)) and not re.search(
        r"\b(?:if|else|and|or|not|in|return)$", before
    )


# --- names

_WORDS: dict[type[ast.AST], str] = {
    ast.Sub: "diff", ast.Add: "sums", ast.Mult: "product", ast.Div: "ratio", ast.Pow: "power",
    ast.MatMult: "product", ast.BitAnd: "mask", ast.BitOr: "mask",
}  # fmt: skip


def _name_for(choice: _Choice, lines: list[str], naming: Naming) -> str | None:
    used = _names(lines)
    told = naming.told.get(choice.text)
    if told is not None and told in naming.free and told not in used:
        return told
    word = told or _word(choice.node, naming.is_library)
    for candidate in (word, *(f"{word}_{k}" for k in range(2, 9))):
        if (
            candidate not in used
            and not naming.taken(candidate)
            and not hasattr(builtins, candidate)
        ):
            return candidate
    return None


def _names(lines: list[str]) -> set[str]:
    """The words of the lines that may be names."""
    return {name for line in lines for name in re.findall(r"(?<![\w.])[A-Za-z_]\w*", line)}


def _word(node: ast.expr, is_library: Callable[[str], bool]) -> str:
    """A name that says what an expression is."""
    match node:
        case ast.Compare():
            return "mask"
        case ast.BinOp(op=op):
            return _WORDS.get(type(op), "part")
        case ast.UnaryOp(op=ast.Invert()):
            return "mask"
        case ast.Call(func=ast.Attribute(attr="where")):
            return "chosen"
        case ast.Call(func=ast.Attribute(value=value, attr="double" | "float" | "long" as kind)):
            root = _root(value)
            named = root is not None and not is_library(root)
            return f"{root}_{kind}" if named else _word(value, is_library)
        case ast.Call(func=ast.Attribute(value=value, attr="bool" | "to" | "detach")):
            return _word(value, is_library)
        case ast.Call(func=ast.Attribute(attr="sum")):
            return "total"
        case ast.Call(func=ast.Attribute(attr="arange")):
            return "place"
        case ast.Call(func=ast.Attribute(value=ast.Name(id=library), attr=name)) if is_library(
            library
        ):
            return "part" if hasattr(builtins, name) else name.removesuffix("_like")
        case ast.Subscript(value=value) | ast.Attribute(value=value):
            return _word(value, is_library)
        case _:
            return "part"


def _root(node: ast.expr) -> str | None:
    """The name of the tensor that an expression is no more than a view of."""
    while isinstance(node, ast.Call | ast.Attribute | ast.Subscript):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else None
