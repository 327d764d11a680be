"""What lifting one nest carries along: facts, names and their values, predicates, assumptions."""

from __future__ import annotations

from dataclasses import dataclass, field

from loopless.dependence.feasible import Constraint, bounds
from loopless.facts.scope import Scope
from loopless.finding import Missed
from loopless.ir.poly import Axis, Poly
from loopless.ir.value import Apply, Best, OnItem, Reduce, Scan, Sub, Value
from loopless.lift.piece import Piece


@dataclass(frozen=True, slots=True)
class Leave:
    """What the region returns where `when` holds."""

    value: Value
    when: Value


@dataclass(slots=True)
class Lifting:
    """Shared by all levels of one nest."""

    scope: Scope
    uid: int = 0
    misses: list[Missed] = field(default_factory=list[Missed])
    assumptions: list[str] = field(default_factory=list[str])
    dependences: list[str] = field(default_factory=list[str])
    containers: dict[str, Missed | None] = field(default_factory=dict[str, "Missed | None"])
    items: dict[str, str] = field(default_factory=dict[str, str])
    calls: dict[Value, Value] = field(default_factory=dict["Value", "Value"])
    unsure: str = ""
    shortest: list[Poly] = field(default_factory=list[Poly])
    temps: set[str] = field(default_factory=set[str])
    private: set[str] = field(default_factory=set[str])
    saved: set[str] = field(default_factory=set[str])
    after: frozenset[str] = frozenset()
    loop_names: frozenset[str] = frozenset()
    open_axes: list[Axis] = field(default_factory=list[Axis])
    live: frozenset[str] = frozenset()
    learned: dict[str, int] = field(default_factory=dict[str, int])
    rows: bool = False
    clean: bool = False
    outermost: Axis | None = None
    augmented: frozenset[str] = frozenset()
    changed: frozenset[str] = frozenset()
    leave: Leave | None = None
    starts: dict[Axis, Poly] = field(default_factory=dict[Axis, Poly])
    trial: bool = False
    sized: set[Axis] = field(default_factory=set[Axis])
    flat_names: set[str] = field(default_factory=set[str])
    hints: dict[Value, str] = field(default_factory=dict[Value, str])
    unshared: frozenset[str] = frozenset()
    given: set[str] = field(default_factory=set[str])
    made: dict[str, int] = field(default_factory=dict[str, int])
    # Names of the body that may be one memory.
    held: dict[str, set[str]] = field(default_factory=dict[str, "set[str]"])
    seen: dict[tuple[str, tuple[Sub, ...]], set[int]] = field(
        default_factory=dict[tuple[str, tuple[Sub, ...]], set[int]]
    )
    work_arrays: set[str] = field(default_factory=set[str])
    around: tuple[Constraint, ...] = field(init=False)

    def __post_init__(self) -> None:
        """Keep what the loops around the nest say of their counters."""
        self.around = tuple(Constraint(p) for p in self.scope.given)

    def within(self) -> list[Constraint]:
        """What holds of the counters of the open levels, and of the loops around."""
        return [*bounds(self.open_axes), *self.around]

    def say(self, name: str, value: Value) -> None:
        """Remember the user's name of a value that is worth one."""
        if isinstance(value, Apply | OnItem | Reduce | Scan | Best):
            self.hints.setdefault(value, name)

    def axis(self, name: str, extent: Poly) -> Axis:
        """A new axis, named after the loop's variable."""
        self.uid += 1
        return Axis(name, self.uid, extent)

    def assume(self, sentence: str) -> None:
        """Name a fact that the file does not show."""
        if sentence not in self.assumptions:
            self.assumptions.append(sentence)

    def temp(self, name: str) -> str:
        """A name for an expanded scalar: the user's own, made unique where others use it."""
        candidate, number = name, 2
        while candidate in self.given or (
            candidate in self.temps and candidate not in self.unshared
        ):
            candidate, number = f"{name}_{number}", number + 1
        self.temps.add(candidate)
        self.given.add(candidate)
        return candidate

    def own(self, name: str) -> str:
        """The name of a scalar that no statement outside of its level reads: the user's own, once."""
        if name in self.private or name in self.given:
            return self.temp(name)
        self.private.add(name)
        self.given.add(name)
        return name


@dataclass(frozen=True, slots=True)
class Unbound:
    """A name that has no usable value here, and why."""

    reason: str


Bound = Value | Unbound


@dataclass(slots=True)
class Frame:
    """One block in execution: values of names, pieces so far, and the predicate under which it runs."""

    env: dict[str, Bound]
    pieces: list[Piece]
    when: Value | None = None

    def branch(self, when: Value | None) -> Frame:
        """A frame for one arm of an `if`: own names, shared pieces."""
        return Frame(dict(self.env), self.pieces, when)
