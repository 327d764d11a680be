"""Values on named axes -> tensor code. Axes are lined up by name and printed by position."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from loopless.dependence.conditions import constraints
from loopless.dependence.feasible import Constraint, bounds
from loopless.emit.access import access
from loopless.emit.align import reordered
from loopless.emit.arithmetic import calculated, hosted, truncated
from loopless.emit.calls import called
from loopless.emit.code import ATOM, LEVELS, UNARY, Axes, Code
from loopless.emit.combs import comb
from loopless.emit.conditions import compare, logic, said, truth, where
from loopless.emit.doubles import truths_as_numbers
from loopless.emit.folds import best, previous, reduction, scan
from loopless.emit.integers import integer
from loopless.emit.items import on_item
from loopless.emit.mapped import mapped
from loopless.emit.operators import infix, prefix
from loopless.emit.orientation import as_asked
from loopless.emit.refused import refuse_dtypes
from loopless.emit.rows import rows
from loopless.emit.sizes import size_text
from loopless.emit.unprintable import Unprintable
from loopless.facts.scope import Scope
from loopless.finding import Grade
from loopless.ir.poly import Axis, Poly
from loopless.ir.value import (
    Apply,
    Best,
    Comb,
    Const,
    Int,
    OnItem,
    Previous,
    Read,
    Reduce,
    Ref,
    Rows,
    Scan,
    Temp,
    Tuple,
    Value,
    axes_of,
)
from loopless.lift.bounds import data_in
from loopless.lift.types import COMPARISONS, LOGIC, Type, type_of


class Printer:
    """Prints the values of one rewrite. `loops` names the axes that stay Python loops."""

    def __init__(
        self,
        scope: Scope,
        names: dict[Poly, str],
        layout: Sequence[Axis],
        loops: dict[Axis, str] | None = None,
    ) -> None:
        self.scope = scope
        self.names = names
        self.layout = list(layout)
        self.loops = loops or {}
        self.guards: list[Value] = []
        self.ends: list[Poly] = []
        self.places: list[Poly] = []
        self.assumptions: list[str] = []
        self.needs_torch = False
        self.asks_for_items = False
        self.grade: Grade = "E0"
        self.wide = False
        self.behind = False
        self.target: Read | None = None
        self.ranges: dict[str, str] = {}
        self.parts: dict[str, str] = {}
        self.hints: dict[Value, str] = {}
        self.stored = False
        self.whole: frozenset[Value] = frozenset()
        self.clean = False
        self.most: int | None = None
        self.temp_layouts: dict[str, Axes] = {}
        self.temp_ends: dict[str, tuple[Poly, ...]] = {}
        self.known: list[Constraint] = []
        self.device_root: str | None = None
        self.mapped = False
        self.strict = False
        self.beaten = False
        # What a sum of no iterations starts from.
        self.nothing = "0"
        self.augmented: frozenset[str] = frozenset()
        # What is stored goes into items of unknown rank: operands may well be items of that rank.
        self.any_rank = False
        # What an operation on items is done to has dimensions, so that a mask beside it needs as many.
        self.has_dimensions = False
        self.items: dict[str, str] = {}
        self.calls: dict[Value, Value] = {}
        self.fold_into: tuple[Value, str] | None = None

    def size(self, p: Poly) -> Code:
        """The text of an integer without axes."""
        if data_in(p):
            return integer(p, self)
        return size_text(p, self.names, self.loops)

    def function(self, canonical: str) -> str:
        """The file's own spelling of a torch function, by its imports."""
        best: tuple[int, str] | None = None
        for local, whole in self.scope.world.imports.items():
            if local in self.scope.locals:
                continue
            if canonical == whole:
                return local
            if canonical.startswith(f"{whole}.") and (best is None or len(whole) > best[0]):
                best = len(whole), f"{local}{canonical[len(whole) :]}"
        if best is None:
            self.needs_torch = True
            return canonical
        return best[1]

    def place(self, axis: Axis) -> int:
        """Where an axis stands in the layout; new ones go to the end."""
        if axis not in self.layout:
            if axis.extent.axes() - self.loops.keys():
                raise Unprintable("ragged-extent", "a range of another length in each iteration")
            self.layout.append(axis)
        return self.layout.index(axis)

    def sorted(self, axes: Iterable[Axis]) -> Axes:
        """Axes in layout order, each once."""
        return tuple(sorted(set(axes), key=self.place))

    def grade_at_least(self, grade: Grade) -> None:
        """Note that the code is no closer to the loop than `grade`."""
        self.grade = max(self.grade, grade)

    def code(self, value: Value) -> Code:
        """The text of a value, with the axes that it depends on in layout order."""
        code = self._code(value)
        if code.axes and isinstance(value, Apply | OnItem | Reduce | Scan) and value in self.hints:
            # Should it be spelled again, it gets the name that the user gave it.
            self.parts.setdefault(code.text, self.hints[value])
        return code

    def _code(self, value: Value) -> Code:
        match value:
            case Apply() | OnItem() if self.mapped and axes_of(value) - self.loops.keys():
                return mapped(value, self)
            case Const(known):
                return self.constant(known)
            case Int(p):
                return integer(p, self)
            case Ref():
                return self.name(value)
            case Read(root, ()):
                kind = type_of(value, self.scope)
                return Code(root, ATOM, (), kind.rank if kind.is_tensor else 0, not kind.is_tensor)
            case Read():
                return self.read(value)
            case Temp(name, axes):
                self.ends.extend(self.temp_ends.get(name, ()))
                return self.saved_behind(name, axes) if self.behind else self.saved(value)
            case Apply():
                return self.apply(value)
            case OnItem():
                return self.operation(value)
            case Reduce() | Rows():
                return rows(value, self) if isinstance(value, Rows) else reduction(value, self)
            case Scan() | Comb():
                return comb(value, self) if isinstance(value, Comb) else scan(value, self)
            case Previous():
                self.in_front("a value of the iteration before")
                return previous(value, self)
            case Best():
                self.in_front("a fold by comparison")
                return best(value, self)
            case Tuple():
                raise Unprintable("tuple", "a tuple of values of the loop")

    def name(self, value: Ref) -> Code:
        """A name of the file, as it stands."""
        text = value.text
        kind = type_of(value, self.scope)
        if (
            self._asks_rank()
            and text in self.scope.locals
            and self.scope.fact(text).kind == "unknown"
        ):
            # A number, or a tensor with dimensions before which the axis would come.
            raise Unprintable("unknown-rank", f"`{text}` may have dimensions")
        kin = (
            frozenset({f"{self.scope.shape_root(text)}/0"})
            if kind.is_tensor and kind.rank is None
            else frozenset[str]()
        )
        return Code(text, ATOM, (), kind.rank if kind.is_tensor else 0, not kind.is_tensor, kin)

    def _asks_rank(self) -> bool:
        """Whether it matters what has dimensions: along several axes what is not shown is a number (P4)."""
        if self.strict:
            return True
        axes = {axis for axis in self.layout if axis not in self.loops}
        return len(axes) == 1 and not (self.stored or self.mapped or self.clean or self.behind)

    def saved(self, value: Temp) -> Code:
        """A saved value, its axes in layout order."""
        name, axes = value.name, value.axes
        kind = type_of(value, self.scope)
        stored = self.temp_layouts.get(name, axes)
        got: list[Axis | None] = [*stored, *([None] * (kind.rank or 0))]
        live = [a for a in stored if a not in self.loops]
        if len(live) != len(stored):
            raise Unprintable("kept-temp", f"`{name}` is used inside a loop that stays")
        return reordered(Code(name, ATOM, stored, kind.rank if kind.is_tensor else 0), got, self)

    def saved_behind(self, name: str, axes: Axes) -> Code:
        """A saved value with its axis last."""
        stored = self.temp_layouts.get(name, axes)
        if len(stored) != 1 or stored[0] in self.loops:
            raise Unprintable("unknown-rank", "a saved value beside operands of unknown rank")
        rank = type_of(Temp(name, axes), self.scope).rank
        if rank == 0:
            return Code(name, ATOM, stored, 0)
        return Code(
            f"{name}.movedim(0, -1)", ATOM, stored, None, kin=frozenset({f"{name}/1"}), behind=True
        )

    def operation(self, value: OnItem) -> Code:
        """An operation on items: their own dimensions are counted with the axes in front."""
        behind, most, within = self.behind, self.most, self.has_dimensions
        # What is stored shows nothing of what was folded before.
        self.behind, self.most, self.has_dimensions = False, None, True
        try:
            code = on_item(value, self)
        finally:
            self.behind, self.most, self.has_dimensions = behind, most, within
        return as_asked(code, self)

    def in_front(self, what: str) -> None:
        """Some code needs its axes in front."""
        if self.behind:
            raise Unprintable("unknown-rank", f"{what} beside operands of unknown rank")

    def constant(self, known: object) -> Code:
        """A Python constant."""
        if isinstance(known, float) and (known != known or known in (float("inf"), float("-inf"))):
            return Code(f'float("{known}")', number=True)
        if (
            isinstance(known, int | float)
            and not isinstance(known, bool)
            and (known < 0 or repr(known).startswith("-"))
        ):
            return Code(repr(known), UNARY, number=True)
        return Code(repr(known), number=True)

    def typed(self, value: Value) -> Type:
        """The type of a value."""
        return type_of(value, self.scope)

    def apply(self, value: Apply) -> Code:
        """A pointwise operation."""
        op, args = value.op, value.args
        refuse_dtypes(op, args, self)
        if op == "where":
            return where(args[0], args[1], args[2], self)
        if op in LOGIC:
            return logic(value, self)
        if op in COMPARISONS:
            return compare(op, args[0], args[1], self)
        if op == "bool":
            return said(truth(args[0], self), args[0], self)
        if op in {"+", "-", "*", "**", "/", "//", "%"}:
            return calculated(op, args, self)
        if op in LEVELS:
            return infix(op, self.code(args[0]), self.code(args[1]), self)
        match op:
            case "neg":
                code = truths_as_numbers(self.code(args[0]), args[0], (), op, self)
                return prefix("-", code, self)
            case "pos":
                return self.code(args[0])
            case "~":
                return prefix("~", self.code(args[0]), self)
            case "abs":
                code = truths_as_numbers(self.code(args[0]), args[0], (), op, self)
                return code.but(f"abs({code.text})")
            case "item" | "float":
                return hosted(op, args[0], self)
            case "int":
                return truncated(args[0], self)
            case _:
                return called(value, self)

    def read(self, read: Read) -> Code:
        """An access as a slice, a gather or both, its axes first and in layout order."""
        return access(read, self)

    def all_known(self) -> list[Constraint]:
        """What holds wherever the code runs: the bounds of all axes, and the predicates of the arms around."""
        known = [*self.known, *bounds(self.layout)]
        for guard in self.guards[-1:]:
            known += constraints(guard)
        return known
