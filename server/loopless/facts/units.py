"""The methods of a class, each with all that its findings follow from: a key in one leaves those of the others true."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from loopless.facts.attributes import attributes_of
from loopless.facts.fact import Fact
from loopless.facts.file import Context, Digest, functions_of, may_loop
from loopless.facts.liveness import reads_of_block
from loopless.facts.scope import World
from loopless.ir import tree
from loopless.ir.walk import every_statement
from loopless.source.recent import recent

_WORD = re.compile(r"\w+")


@recent
def _words(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(text))


@dataclass(frozen=True, slots=True)
class Seen:
    """What the findings of a unit follow from: two units that see the same have the same findings.

    `near` holds the texts of what it names of its own chunk, and of what those name; `beyond` the other chunks.
    """

    text: str
    near: tuple[str, ...]
    attributes: frozenset[tuple[str, Fact]]
    beyond: Context


@dataclass(frozen=True, slots=True)
class Unit:
    """The functions of a chunk that are looked at together; `start` is where their text starts in it."""

    start: int
    functions: tuple[tree.Function, ...]
    seen: Seen


def units(part: Digest, context: Context, world: World) -> Iterator[Unit]:
    """The units of a chunk with loops: the methods of a class one by one, else all functions of the chunk together."""
    beyond = replace(context, parts=tuple(p for p in context.parts if p is not part))
    match part.module.body:
        case (tree.Define(name, None, owner),) if owner is not None and owner.methods:
            yield from _methods(name, owner, part, beyond, world)
        case _:
            seen = Seen(part.text, (), frozenset(), beyond)
            yield Unit(0, tuple(functions_of(part.module.body)), seen)


def _methods(
    name: str, owner: tree.Class, part: Digest, beyond: Context, world: World
) -> Iterator[Unit]:
    starts = [_line_start(method, part.text) for method in owner.methods]
    ends = [*starts[1:], len(part.text)]
    texts = [part.text[start:end] for start, end in zip(starts, ends, strict=True)]
    siblings: dict[str, str] = {}
    reading: set[str] = set()
    for method, text in zip(owner.methods, texts, strict=True):
        siblings[method.name] = siblings.get(method.name, "") + text
        if name in reads_of_block(method.body):
            reading.add(method.name)
    attributes = frozenset(attributes_of(name, world).items())
    for method, start, text in zip(owner.methods, starts, texts, strict=True):
        functions = (method, *functions_of(method.body))
        if not any(may_loop(s) for f in functions for s in every_statement(f.body)):
            continue
        near = _near(text, siblings)
        # What makes objects of the class may see all of it.
        whole = reading & {method.name, *near}
        told = (part.text,) if whole else tuple(siblings[other] for other in sorted(near))
        seen = Seen(text, told, attributes, beyond)
        yield Unit(start, functions, seen)


def _line_start(method: tree.Function, text: str) -> int:
    """Where the first line of a method starts, its decorators included."""
    first = min((method.span.start, *(d.span.start for d in method.decorators)))
    return text.rfind("\n", 0, first) + 1


def _near(text: str, siblings: dict[str, str]) -> frozenset[str]:
    """The methods that a text names, and those that they name."""
    found: set[str] = set()
    waiting = [text]
    while waiting:
        named = _words(waiting.pop()) & siblings.keys() - found
        found |= named
        waiting += (siblings[name] for name in named)
    return frozenset(found)
