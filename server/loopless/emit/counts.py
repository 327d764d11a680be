"""How often a loop over several tensors at once runs: the length of the shortest, which is named where it is long."""

from __future__ import annotations

import re
from dataclasses import replace

from loopless.emit.draft import Draft, Setting, printer_for
from loopless.finding import Edit


def name_counts(draft: Draft, edits: list[Edit], setting: Setting) -> list[Edit]:
    """The edits, with a name for each count that they or the lines of the draft spell more than once."""
    if draft.kept:
        return edits
    for extent in setting.lifting.shortest:
        text = printer_for(setting, (), Draft()).size(extent).text
        # Not inside of a longer name: `n` is no part of `arange`. What is a name needs no other.
        word = re.compile(rf"(?<![\w.]){re.escape(text)}(?!\w)")
        spelled = sum(len(word.findall(t)) for t in (*draft.lines, *(e.text for e in edits)))
        if spelled < 2 or text.isidentifier():
            continue
        name = _fresh("count", setting)
        draft.lines = [f"{name} = {text}", *(word.sub(name, line) for line in draft.lines)]
        edits = [replace(edit, text=word.sub(name, edit.text)) for edit in edits]
    return edits


def _fresh(wanted: str, setting: Setting) -> str:
    scope = setting.scope
    name, number = wanted, 2
    while name in scope.locals or name in scope.names or name in scope.world.imports:
        name, number = f"{wanted}_{number}", number + 1
    return setting.lifting.temp(name)
