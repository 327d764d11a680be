"""Strongly connected components in an order that respects the edges and, among equals, the text."""

from __future__ import annotations

from collections.abc import Mapping, Set


def components(count: int, edges: Mapping[int, Set[int]]) -> list[list[int]]:
    """Components of nodes 0 … count - 1, sources first; ties go to the lowest node (Tarjan 1972)."""
    index: dict[int, int] = {}
    low: dict[int, int] = {}
    stack: list[int] = []
    found: list[list[int]] = []

    def visit(node: int) -> None:
        index[node] = low[node] = len(index)
        stack.append(node)
        for after in sorted(edges.get(node, ())):
            if after not in index:
                visit(after)
                low[node] = min(low[node], low[after])
            elif after in stack:
                low[node] = min(low[node], index[after])
        if low[node] == index[node]:
            component: list[int] = []
            while True:
                member = stack.pop()
                component.append(member)
                if member == node:
                    break
            found.append(sorted(component))

    for node in range(count):
        if node not in index:
            visit(node)
    return _ordered(found, edges)


def _ordered(groups: list[list[int]], edges: Mapping[int, Set[int]]) -> list[list[int]]:
    """The groups topologically sorted, the one with the lowest member first wherever there is a choice."""
    home = {node: at for at, group in enumerate(groups) for node in group}
    waiting = {at: set[int]() for at in range(len(groups))}
    for source, targets in edges.items():
        for target in targets:
            if home[source] != home[target]:
                waiting[home[target]].add(home[source])
    order: list[list[int]] = []
    left = set(waiting)
    while left:
        ready = min((at for at in left if not (waiting[at] & left)), key=lambda at: groups[at][0])
        left.remove(ready)
        order.append(groups[ready])
    return order
