"""How often a loop over several tensors at once runs: the length of the shortest, which is named where it is long."""

from __future__ import annotations

from dataclasses import replace

from loopless.emit.draft import Draft, Setting, printer_for
from loopless.finding import Edit


def name_counts(draft: Draft, edits: list[Edit], setting: Setting) -> list[Edit]:
    """The edits, with a name for each count that they or the lines of the draft spell more than once."""
    if draft.kept:
        return edits
    for extent in setting.lifting.shortest:
        text = printer_for(setting, (), Draft()).size(extent).text
        spelled = sum(t.count(text) for t in (*draft.lines, *(edit.text for edit in edits)))
        if spelled < 2:
            continue
        name = _fresh("count", setting)
        draft.lines = [f"{name} = {text}", *(line.replace(text, name) for line in draft.lines)]
        edits = [replace(edit, text=edit.text.replace(text, name)) for edit in edits]
    return edits


def _fresh(wanted: str, setting: Setting) -> str:
    scope = setting.scope
    name, number = wanted, 2
    while name in scope.locals or name in scope.names or name in scope.world.imports:
        name, number = f"{wanted}_{number}", number + 1
    return setting.lifting.temp(name)
