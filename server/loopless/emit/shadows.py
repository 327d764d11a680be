"""Names that a rewrite uses in Python's meaning, where the file gives them another."""

from __future__ import annotations

import re
from collections.abc import Iterable

from loopless.emit.unprintable import Unprintable
from loopless.facts.scope import Scope

_USED = re.compile(r"(?<![\w.])(?:(max|min|len|abs|float|int|bool|range)\(|(torch)\.)")


def refuse_shadowed(texts: Iterable[str], scope: Scope) -> None:
    """Stop where new text calls a function of Python, or reads `torch`, by a name that means something else here."""
    for text in texts:
        for found in _USED.finditer(text):
            name = found.group(1) or found.group(2)
            if name in scope.locals or (name != "torch" and _given_by_the_file(name, scope)):
                raise Unprintable("shadowed", f"`{name}` has another meaning here")


def _given_by_the_file(name: str, scope: Scope) -> bool:
    world = scope.world
    return any(
        name in names for names in (world.functions, world.classes, world.constants, world.imports)
    )
