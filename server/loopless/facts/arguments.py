"""What is known of the arguments of one call that stands outside of the loop."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from loopless.facts.fact import Fact
from loopless.facts.scope import Scope
from loopless.ir.poly import Poly


@dataclass(frozen=True, slots=True)
class Arguments:
    """The facts of a call's arguments, integers with their polynomials.

    `names` holds the name of each positional argument that is no more than a name. `starred` ones are not counted.
    """

    facts: tuple[Fact, ...]
    keywords: Mapping[str, Fact]
    names: tuple[str | None, ...]
    starred: bool

    @property
    def first(self) -> Fact:
        """The first positional argument; nothing is known of one that is not there."""
        return self.facts[0] if self.facts else Fact("unknown")

    @property
    def dtype(self) -> str | None:
        """The dtype that the call asks for: "" where it asks for none, None where it cannot be told."""
        asked = self.keywords.get("dtype")
        return "" if asked is None else asked.text or None


def shape_of(facts: tuple[Fact, ...], scope: Scope) -> tuple[Poly | None, ...] | None:
    """The dimensions that sizes name, one by one or as one tuple, list or shape; None where their number is open."""
    if len(facts) != 1:
        return tuple(fact.poly for fact in facts)
    fact = facts[0]
    match fact.kind:
        case "tuple" | "list":
            return None if fact.items is None else tuple(item.poly for item in fact.items)
        case "size" if fact.dims is not None:
            return fact.dims
        case "size":
            rank = None if fact.like is None else scope.rank(fact.like)
            if rank is None or fact.like is None or fact.literal is not None:
                return None
            return tuple(scope.size(fact.like, k) for k in range(rank))
        case _:
            return (fact.poly,)
