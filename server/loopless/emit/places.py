"""Where an expression stands in Python text: as an expression of its own, not as a run of the same characters.

`r - 0.5` stands in `abs(r - 0.5)`, but neither in `-r - 0.5` nor in `a * r - 0.5`.
"""

from __future__ import annotations

import ast

Place = tuple[int, int]


def places_of(part: str, text: str) -> list[Place]:
    """Where `part` stands in a line or a statement of code, from front to back; nowhere in what does not parse."""
    source = text.strip()
    if part not in source:
        return []
    try:
        tree = ast.parse(f"{source} pass" if source.endswith(":") else source)
    except SyntaxError:
        return []
    lines = source.encode().splitlines(keepends=True)
    starts = [sum(map(len, lines[:at])) for at in range(len(lines) + 1)]
    content, wanted = source.encode(), part.encode()
    found: set[Place] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.expr) and node.end_lineno and node.end_col_offset is not None:
            start = starts[node.lineno - 1] + node.col_offset
            end = starts[node.end_lineno - 1] + node.end_col_offset
            if content[start:end] == wanted:
                found.add((len(content[:start].decode()), len(content[:end].decode())))
    lead = text.index(source)
    return sorted((lead + start, lead + end) for start, end in found)


def replaced_in(text: str, part: str, name: str) -> str:
    """The text with `name` wherever `part` stands."""
    for start, end in reversed(places_of(part, text)):
        text = text[:start] + name + text[end:]
    return text
