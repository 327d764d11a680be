"""Classes of programs beside the plain nests: what real loops do and a nest of stores does not."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import partial

from tests.fuzz.classes import (
    callees,
    compaction,
    containers,
    dtypes,
    exits,
    lists,
    scatters,
    searches,
    whiles,
    windows,
)
from tests.fuzz.writer import Program, Writer, finished

CLASSES: dict[str, Callable[[Writer], None]] = {
    "windows": windows.write,
    "containers": containers.write,
    "whiles": whiles.write,
    "exits": exits.write,
    "compaction": compaction.write,
    "scatters": scatters.write,
    "helpers": callees.write,
    "lists": lists.write,
    "searches": searches.write,
    "dtypes": dtypes.write,
}


def source(names: str) -> Callable[[int], Program]:
    """Programs of these classes, by their names with commas between; "all" takes one after the other."""
    chosen = tuple(CLASSES) if names == "all" else tuple(names.split(","))
    return partial(_program, chosen)


def _program(names: tuple[str, ...], seed: int) -> Program:
    name = names[seed % len(names)]
    w = Writer(random.Random(f"{name} {seed}"))
    w.tame = w.maybe(0.7)
    CLASSES[name](w)
    return finished(w, seed)
