"""Values on named axes -> tensor code. Axes are lined up by name and printed by position."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from loopless.dependence.conditions import conjunction, constraints, integer_of, negated
from loopless.dependence.feasible import Constraint, bounds, proves
from loopless.emit.access import access
from loopless.emit.code import ATOM, CHOICE, LEVELS, NOT, TERM, UNARY, Code, binary
from loopless.emit.folds import best, previous, reduction, scan
from loopless.emit.items import on_item
from loopless.emit.sizes import atom_text, size_text
from loopless.emit.unprintable import Unprintable
from loopless.facts.evidence import FLOATS
from loopless.facts.operations import lookup
from loopless.facts.scope import Scope
from loopless.finding import Grade
from loopless.ir.poly import Atom, Axis, Monomial, Poly, Quotient, Remainder, poly
from loopless.ir.value import (
    Apply,
    Best,
    Const,
    Int,
    OnItem,
    Previous,
    Read,
    Reduce,
    Ref,
    Scan,
    Temp,
    Tuple,
    Value,
    axes_of,
    reads_of,
    walk,
)
from loopless.lift.types import COMPARISONS, LOGIC, Type, type_of

Axes = tuple[Axis, ...]

# Operations whose value or gradient is not finite, or which raise, at places that a predicate keeps out (T30, T31).
_PARTIAL = frozenset(
    "sqrt log log2 log10 log1p rsqrt acos asin acosh atanh pow reciprocal div true_divide "
    "float_power logit lgamma digamma erfinv".split()
)


# Pointwise functions whose scalar and vector kernels give the same bits.
_SAME_BITS = frozenset(
    "abs absolute relu clamp clip maximum minimum sign floor ceil trunc round neg clone square add sub mul where "
    "logical_not logical_and logical_or isnan isinf isfinite eq ne lt le gt ge fmod remainder".split()
)


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
        self.grade: Grade = "E0"
        self.wide = False
        self.behind = False
        self.target: Read | None = None
        self.ranges: dict[str, str] = {}
        self.stored = False
        self.clean = False
        self.most: int | None = None
        self.temp_layouts: dict[str, Axes] = {}
        self.known: list[Constraint] = []
        self.device_root: str | None = None

    # --- names

    def size(self, p: Poly) -> Code:
        """The text of an integer without axes."""
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
            self.layout.append(axis)
        return self.layout.index(axis)

    def sorted(self, axes: Iterable[Axis]) -> Axes:
        """Axes in layout order, each once."""
        return tuple(sorted(set(axes), key=self.place))

    def grade_at_least(self, grade: Grade) -> None:
        """Note that the code is no closer to the loop than `grade`."""
        self.grade = max(self.grade, grade)

    # --- lining up

    def aligned(self, code: Code, axes: Axes, rank: int | None) -> str:
        """The text of `code` so that it broadcasts against something of `axes` and `rank`."""
        return self.lined_up(code, axes, rank).text

    def lined_up(self, code: Code, axes: Axes, rank: int | None) -> Code:
        """`code` so that it broadcasts against something of `axes` and `rank`.

        With the axis `behind`, items of any rank line up from the right as they do in the loop.
        """
        if self.behind:
            if not code.axes and axes and not code.number and code.rank != 0:
                return code.but(f"{code.primary}[..., None]")
            return code
        if not code.axes:
            return code
        gap = self.gap(code, rank)
        subs = [":" if axis in code.axes else "None" for axis in axes]
        while subs and subs[0] == "None":
            subs.pop(0)
        subs += ["None"] * gap
        if "None" not in subs:
            return code
        while subs and subs[-1] == ":":
            subs.pop()
        return code.but(f"{code.primary}[{', '.join(subs)}]")

    def gap(self, code: Code, rank: int | None) -> int:
        """How many dimensions of size one go between the axes of `code` and its own dimensions."""
        if rank == code.rank or (rank or 0) == (code.rank or 0):
            return 0
        # An item of unknown rank that meets others is presumed to be a number (P4).
        return (rank or 0) - (code.rank or 0)

    def common(self, codes: Sequence[Code]) -> tuple[Axes, int | None]:
        """The axes and the rank that several codes broadcast to."""
        axes = self.sorted(axis for code in codes for axis in code.axes)
        tensors = [code for code in codes if not code.number]
        unknown = [code for code in tensors if code.rank is None]
        known = [code.rank for code in tensors if code.rank is not None]
        if self.behind:
            if len(axes) > 1:
                raise Unprintable("unknown-rank", "several axes beside operands of unknown rank")
            return axes, None if unknown or any(known) else 0
        if not unknown or not axes:
            return axes, None if unknown else max(known, default=0)
        if (
            all(not code.axes for code in unknown)
            and self.most is not None
            and max(known, default=-1) == self.most
        ):
            # A store into items of this rank shows that whole tensors have no more dimensions than they.
            return axes, self.most
        kin = frozenset[str].intersection(*(code.kin for code in unknown))
        if kin and not any(code.axes for code in tensors if code.rank == 0) and not any(known):
            return axes, None
        self.presume(unknown, axes)
        if not any(known):
            return axes, None
        return axes, max(known, default=0)

    def is_open(self, code: Code) -> bool:
        """Whether the file shows that there may be any number of further dimensions."""
        return any(self.scope.least_rank.get(kin.partition("/")[0], 0) < 0 for kin in code.kin)

    def presume(self, unknown: Sequence[Code], axes: Axes) -> None:
        """Operands of unknown rank meet others: their axis goes behind, or their rank is assumed.

        Along several axes an item by one subscript beside others is presumed to be a number (P4).
        """
        if len(axes) > 1 and all(code.axes and not self.is_open(code) for code in unknown):
            return
        if not self.clean:
            raise Unprintable("unknown-rank", "operands of unknown rank meet")
        for code in unknown:
            for kin in sorted(code.kin):
                root, _, places = kin.partition("/")
                if places.isdigit():
                    count = max(1, int(places))
                    sentence = f"`{root}` has {count} {'axis' if count == 1 else 'axes'}"
                    if sentence not in self.assumptions:
                        self.assumptions.append(sentence)

    def kin_of(self, codes: Sequence[Code]) -> frozenset[str]:
        """How the operands of unknown rank were subscripted."""
        return frozenset(k for code in codes if code.rank is None for k in code.kin)

    def reordered(self, code: Code, got: Sequence[Axis | None]) -> Code:
        """`code` whose dimensions are `got` (None: of the item) with its axes first, in layout order."""
        axes = [axis for axis in got if axis is not None]
        want = list(self.sorted(axes))
        rank = code.rank
        target: list[Axis | None] = [*want, *[None for axis in got if axis is None]]
        if list(got) == target:
            return Code(code.text, code.level, tuple(want), rank, kin=code.kin)
        if len(got) == 2 and (rank == len(got) - len(axes)):
            return Code(f"{code.primary}.T", ATOM, tuple(want), rank, kin=code.kin)
        if rank is not None and rank == len(got) - len(axes):
            trailing = [at for at, axis in enumerate(got) if axis is None]
            order = [list(got).index(axis) for axis in want] + trailing
            moved = [at for at, source in enumerate(order) if at != source]
            if len(moved) == 2:
                return Code(
                    f"{code.primary}.transpose({moved[0]}, {moved[1]})",
                    ATOM,
                    tuple(want),
                    rank,
                    kin=code.kin,
                )
            text = f"{code.primary}.permute({', '.join(map(str, order))})"
            return Code(text, ATOM, tuple(want), rank, kin=code.kin)
        sources = [list(got).index(axis) for axis in want]
        if len(sources) == 1:
            return Code(
                f"{code.primary}.movedim({sources[0]}, 0)", ATOM, tuple(want), rank, kin=code.kin
            )
        first = ", ".join(map(str, sources))
        second = ", ".join(map(str, range(len(sources))))
        return Code(
            f"{code.primary}.movedim(({first}), ({second}))", ATOM, tuple(want), rank, kin=code.kin
        )

    # --- values

    def code(self, value: Value) -> Code:
        """The text of a value, with the axes that it depends on in layout order."""
        match value:
            case Const(known):
                return self.constant(known)
            case Int(p):
                return self.integer(p)
            case Ref():
                return self.name(value)
            case Read(root, ()):
                kind = type_of(value, self.scope)
                return Code(root, ATOM, (), kind.rank if kind.is_tensor else 0, not kind.is_tensor)
            case Read():
                return self.read(value)
            case Temp(name, axes):
                return self.saved_behind(name, axes) if self.behind else self.saved(value)
            case Apply():
                return self.apply(value)
            case OnItem():
                self.in_front("an operation on items")
                return on_item(value, self)
            case Reduce():
                return reduction(value, self)
            case Scan():
                return scan(value, self)
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
        kin = (
            frozenset({f"{self.scope.shape_root(text)}/0"})
            if kind.is_tensor and kind.rank is None
            else frozenset[str]()
        )
        return Code(text, ATOM, (), kind.rank if kind.is_tensor else 0, not kind.is_tensor, kin)

    def saved(self, value: Temp) -> Code:
        """A saved value, its axes in layout order."""
        name, axes = value.name, value.axes
        kind = type_of(value, self.scope)
        stored = self.temp_layouts.get(name, axes)
        got: list[Axis | None] = [*stored, *([None] * (kind.rank or 0))]
        live = [a for a in stored if a not in self.loops]
        if len(live) != len(stored):
            raise Unprintable("kept-temp", f"`{name}` is used inside a loop that stays")
        return self.reordered(Code(name, ATOM, stored, kind.rank if kind.is_tensor else 0), got)

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

    def in_front(self, what: str) -> None:
        """Some code needs its axes in front."""
        if self.behind:
            raise Unprintable("unknown-rank", f"{what} beside operands of unknown rank")

    def constant(self, known: object) -> Code:
        """A Python constant."""
        if (
            isinstance(known, int | float)
            and not isinstance(known, bool)
            and (known < 0 or repr(known).startswith("-"))
        ):
            return Code(repr(known), UNARY, number=True)
        if isinstance(known, float) and (known != known or known in (float("inf"), float("-inf"))):
            return Code(f'float("{known}")', number=True)
        return Code(repr(known), number=True)

    def typed(self, value: Value) -> Type:
        """The type of a value."""
        return type_of(value, self.scope)

    # --- integers

    def device(self) -> str:
        """`, device=x.device` where the rewrite works on tensors that may be anywhere."""
        return "" if self.device_root is None else f", device={self.device_root}.device"

    def arange(self, axis: Axis, start: Poly, step: int, dtype: str = "") -> str:
        """The values start, start + step, … along an axis."""
        torch = self.function("torch.arange")
        extent = axis.extent
        stop = start + extent * step
        tail = self.device() + dtype
        if not proves(extent, self.known):
            # torch.arange(5, 3) raises where range(5, 3) is empty.
            self.ends.append(extent)
        if step == 1 and not start.terms:
            text = f"{torch}({self.size(extent).text}{tail})"
            if not dtype and proves(extent, []):
                self.ranges[text] = axis.name
            return text
        pieces = [self.size(start).text, self.size(stop).text]
        if step != 1:
            pieces.append(str(step))
        return f"{torch}({', '.join(pieces)}{tail})"

    def integer(self, p: Poly, dtype: str = "") -> Code:
        """A Python integer as a number, or as an integer tensor over its axes."""
        axes = [a for a in self.sorted(p.axes()) if a not in self.loops]
        if not axes:
            return self.size(p)
        groups: dict[Axis, int] = {}
        rest: dict[Monomial, int] = {}
        for monomial, factor in p.terms:
            inside = [a for a in monomial if isinstance(a, Axis) and a in axes]
            if len(monomial) == 1 and len(inside) == 1 and not dtype:
                groups[inside[0]] = factor
            else:
                rest[monomial] = factor
        left = Poly(tuple(rest.items()))
        if left.axes() & set(axes):
            return self.general(p)
        codes: list[Code] = []
        ordered = sorted(groups, key=self.place)
        for at, axis in enumerate(ordered):
            start = left if at == 0 else poly(0)
            codes.append(Code(self.arange(axis, start, groups[axis]), ATOM, (axis,)))
        return self.sum_of(codes)

    def sum_of(self, codes: Sequence[Code]) -> Code:
        """The codes, added up from the left."""
        total = codes[0]
        for code in codes[1:]:
            total = self.infix("+", total, code)
        return total

    def general(self, p: Poly) -> Code:
        """A polynomial term by term: products of axes, quotients, remainders."""
        total: Code | None = None
        for monomial, factor in sorted(p.terms, key=lambda term: not term[0]):
            product: Code | None = None
            for atom in monomial:
                code = self.atom(atom)
                product = code if product is None else self.infix("*", product, code)
            if product is None:
                product = Code(str(abs(factor)), number=True)
            elif abs(factor) != 1:
                product = self.infix("*", Code(str(abs(factor)), number=True), product)
            if total is None:
                total = product if factor > 0 else self.prefix("-", product)
            else:
                total = self.infix("+" if factor > 0 else "-", total, product)
        assert total is not None
        return total

    def atom(self, atom: Atom) -> Code:
        """One atom of a polynomial, as a tensor where it varies."""
        match atom:
            case Axis() if atom not in self.loops:
                return Code(self.arange(atom, poly(0), 1), ATOM, (atom,))
            case Quotient(over, under) if over.axes() or under.axes():
                return self.infix("//", self.integer(over), self.integer(under))
            case Remainder(over, under) if over.axes() or under.axes():
                return self.infix("%", self.integer(over), self.integer(under))
            case _:
                if any(a not in self.loops for a in poly(atom).axes()):
                    raise Unprintable("extreme", "a minimum or maximum of loop variables")
                text = atom_text(atom, self.names, self.loops)
                return Code(text, TERM if " " in text else ATOM, number=True)

    # --- operators

    def infix(self, op: str, left: Code, right: Code) -> Code:
        """`left op right`, lined up."""
        axes, rank = self.common((left, right))
        one, other = self.lined_up(left, axes, rank), self.lined_up(right, axes, rank)
        text, level = binary(op, one.text, one.level, other.text, other.level)
        behind = left.behind or right.behind
        return Code(
            text,
            level,
            axes,
            rank,
            left.number and right.number,
            self.kin_of((left, right)),
            behind,
        )

    def prefix(self, op: str, code: Code) -> Code:
        """`op code`."""
        text = f"{op}{code.at(UNARY)}" if op != "not " else f"not {code.at(NOT)}"
        return code.but(text, NOT if op == "not " else UNARY)

    def on_host(self, value: Value) -> bool:
        """Whether a condition is plain Python: sizes and numbers only, the same for all axes."""
        return not (axes_of(value) - self.loops.keys()) and not any(
            type_of(inner, self.scope).is_tensor
            for inner in walk(value)
            if not isinstance(inner, Tuple)
        )

    def apply(self, value: Apply) -> Code:
        """A pointwise operation."""
        op, args = value.op, value.args
        if op == "where":
            return self.where(args[0], args[1], args[2])
        if op in LOGIC:
            return self.logic(value)
        if op in COMPARISONS:
            return self.compare(op, args[0], args[1])
        if op == "bool":
            return self.truth(args[0])
        if op in {"+", "-", "*", "**", "/", "//", "%"}:
            return self.arithmetic(op, args)
        if op in LEVELS:
            return self.infix(op, self.code(args[0]), self.code(args[1]))
        match op:
            case "neg":
                return self.prefix("-", self.code(args[0]))
            case "pos":
                return self.code(args[0])
            case "~":
                return self.prefix("~", self.code(args[0]))
            case "abs":
                code = self.code(args[0])
                return code.but(f"abs({code.text})")
            case "item" | "float":
                return self.hosted(op, args[0])
            case "int":
                return self.truncated(args[0])
            case _:
                return self.called(value)

    def arithmetic(self, op: str, args: tuple[Value, ...]) -> Code:
        """An operation of Python's arithmetic on two values."""
        if op == "+":
            match args[1]:
                case Apply("neg", (inner,)):
                    return self.infix("-", self.code(args[0]), self.code(inner))
                case Int(p) if p.constant is not None and p.constant < 0:
                    return self.infix("-", self.code(args[0]), Code(str(-p.constant), number=True))
                case _:
                    pass
        if op in {"/", "//", "%"}:
            return self.division(op, args[0], args[1])
        doubled = self.in_double(op, args)
        if doubled is not None:
            return doubled
        if op == "**":
            if integer_of(args[1]) != poly(2):
                self.grade_at_least("E1")
            return self.infix(op, self.in_domain(args[0], args[1]), self.floating(args[1], args[0]))
        if op == "+" and args[0] == Const(0.0) and self.absorbs_zero(args[1]):
            return self.code(args[1])
        left, right = self.floating(args[0], args[1]), self.floating(args[1], args[0])
        return self.infix(op, left, right)

    def in_double(self, op: str, args: tuple[Value, ...]) -> Code | None:
        """Python arithmetic of a number and an integer that varies, in double precision (T7)."""
        kinds = [self.typed(arg) for arg in args]
        if any(k.is_tensor for k in kinds) or all(k.kind == "int" for k in kinds):
            return None
        codes = [self.code(arg) for arg in args]
        if not any(code.axes for code in codes):
            return None
        codes = [
            self.double(c) if k.kind == "int" else c for c, k in zip(codes, kinds, strict=True)
        ]
        return self.infix(op, codes[0], codes[1])

    def absorbs_zero(self, value: Value) -> bool:
        """Whether `0.0 + value` has the value's own dtype; unshown dtypes added to floats are floating (P5)."""
        kind = self.typed(value)
        return kind.is_floating or (
            self.stored and kind.is_tensor and (kind.dtype is None or kind.dtype.startswith("of:"))
        )

    def floating(self, value: Value, beside: Value) -> Code:
        """An operand; Python floats that vary are brought to the dtype of the tensor beside them (T7)."""
        code = self.code(value)
        if not code.axes or code.number:
            return code
        kind, other = self.typed(value), self.typed(beside)
        if kind.kind == "float" and other.is_tensor:
            if other.dtype in FLOATS:
                return self.cast(code, other.dtype)
            if other.dtype is not None and other.dtype.startswith("of:"):
                root = other.dtype[3:]
                if any(read.root == root for read in reads_of(beside)):
                    # An integer tensor would make the loop's result the default float.
                    result = f"{self.function('torch.result_type')}({root}, 1.0)"
                    return code.but(f"{code.primary}.to({result})")
        return code

    def cast(self, code: Code, dtype: str) -> Code:
        """A double in the dtype of the tensor beside it."""
        if dtype == "float64":
            return code
        return code.but(f"{code.primary}.to({self.function('torch.' + dtype)})")

    def hosted(self, op: str, value: Value) -> Code:
        """`.item()` and `float(…)`: Python numbers are doubles."""
        code = self.code(value)
        kind = self.typed(value)
        if not kind.is_tensor:
            if code.axes and kind.kind == "int":
                return code.but(f"{code.primary}.double()") if op == "float" else code
            if op == "float" and code.number:
                return code.but(f"float({code.text})")
            return code
        if not code.axes and code.rank == 0:
            return Code(
                f"{code.primary}.item()" if op == "item" else f"float({code.text})", number=True
            )
        if kind.dtype in {"int64", "int32", "bool"} and op == "item":
            return code
        # A Python number has no gradient.
        if kind.dtype == "float64":
            return code.but(f"{code.primary}.detach()")
        return code.but(f"{code.primary}.detach().double()")

    def truncated(self, value: Value) -> Code:
        """`int(…)`: towards zero."""
        code = self.code(value)
        kind = self.typed(value)
        if kind.kind == "int" or kind.dtype == "int64":
            return code
        if not code.axes:
            return Code(f"int({code.text})", number=True)
        return code.but(f"{code.primary}.long()")

    def division(self, op: str, left: Value, right: Value) -> Code:
        """`left op right` of a division, whose divisor a predicate may keep from zero."""
        over = self.code(left)
        below = right
        if self.guards and axes_of(right) and not isinstance(right, Const):
            below = Apply("where", (self.guards[-1], right, Int(poly(1))))
            under = self.unguarded(below)
        else:
            under = self.code(right)
        if over.number and under.number and not isinstance(right, Const | Int):
            # Python divides once, before any iteration: by zero only if the loop runs.
            self.places.append(poly(0))
        if op == "/":
            kinds = self.typed(left), self.typed(right)
            if not any(k.is_tensor for k in kinds) and (over.axes or under.axes):
                # Python divides integers in double precision.
                over, under = (
                    self.double(c) if k.kind == "int" else c
                    for c, k in zip((over, under), kinds, strict=True)
                )
        return self.infix(op, over, under)

    def double(self, code: Code) -> Code:
        """What varies, in double precision."""
        return code if code.number or not code.axes else code.but(f"{code.primary}.double()")

    def unguarded(self, value: Value) -> Code:
        """A value outside of the predicates of the arms around."""
        guards, self.guards = self.guards, []
        try:
            return self.code(value)
        finally:
            self.guards = guards

    def in_domain(self, base: Value, power: Value) -> Code:
        """The base of a power, kept off the places that a predicate excludes unless the power is harmless."""
        harmless = (
            isinstance(power, Int | Const)
            and isinstance(p := (integer_of(power) or power), Poly)
            and (p.constant is not None and p.constant >= 0)
        )
        if self.guards and axes_of(base) and not harmless:
            return self.unguarded(Apply("where", (self.guards[-1], base, Int(poly(1)))))
        return self.code(base)

    def compare(self, op: str, left: Value, right: Value) -> Code:
        """A comparison."""
        match right:
            case Apply("item", (inner,)) if (
                self.typed(inner).dtype == self.typed(left).dtype and self.typed(left).is_tensor
            ):
                return self.compare(op, left, inner)
            case _:
                pass
        # i < n - k reads better than arange(n) < n - k with both sides moved, so sides stay as they are.
        return self.infix(op, self.code(left), self.code(right))

    def truth(self, value: Value) -> Code:
        """A value as a mask."""
        code = self.code(value)
        kind = self.typed(value)
        if kind.dtype == "bool" or (code.number and not code.axes):
            return code
        return code.but(f"{code.primary}.bool()")

    def logic(self, value: Apply) -> Code:
        """`and`, `or` and `not`, on masks where they vary."""
        if self.on_host(value) or not (axes_of(value) - self.loops.keys()):
            return self.host_logic(value)
        if value.op == "not":
            code = self.mask(value.args[0])
            return self.prefix("~", code)
        symbol = "&" if value.op == "and" else "|"
        codes: list[Code] = []
        before: Value | None = None
        for arg in value.args:
            # Python asks for the next operand only where the ones before leave it open.
            codes.append(self.mask(arg) if before is None else self.mask_under(before, arg))
            before = conjunction(before, arg if value.op == "and" else negated(arg))
        codes.sort(key=lambda c: not c.axes)
        total = codes[0]
        for code in codes[1:]:
            total = self.infix(symbol, total, code)
        return total

    def mask_under(self, test: Value, value: Value) -> Code:
        """A mask that is asked for only where `test` holds."""
        self.guards.append(conjunction(self.guards[-1] if self.guards else None, test) or test)
        try:
            return self.mask(value)
        finally:
            self.guards.pop()

    def mask(self, value: Value) -> Code:
        """A condition as a mask."""
        match value:
            case Apply(op) if op in COMPARISONS or op in LOGIC or op == "bool":
                return self.code(value)
            case _:
                return self.truth(value)

    def host_logic(self, value: Apply) -> Code:
        """`and`, `or` and `not` as Python has them."""
        codes = [self.code(arg) for arg in value.args]
        if value.op == "not":
            return Code(f"not {codes[0].at(NOT)}", NOT, number=True)
        level = LEVELS[value.op]
        text = f" {value.op} ".join(c.at(level + 1 if c.level == level else level) for c in codes)
        return Code(text, level, number=True)

    def where(self, test: Value, then: Value, otherwise: Value) -> Code:
        """A choice: a conditional expression where the test is the same for all axes."""
        if not (axes_of(test) - self.loops.keys()):
            one, other = self.code(then), self.code(otherwise)
            condition = self.code(test)
            axes, rank = self.common((one, other))
            if (one.axes or other.axes) and (one.axes != other.axes):
                raise Unprintable("shape", "the arms of a choice have different axes")
            text = f"{one.at(CHOICE + 1)} if {condition.at(CHOICE + 1)} else {other.at(CHOICE)}"
            return Code(text, CHOICE, axes, rank, one.number and other.number)
        condition = self.mask(test)
        one = self.guarded(test, then)
        other = self.guarded(negated(test), otherwise)
        one, other = (
            self.floating_arm(one, then, otherwise),
            self.floating_arm(other, otherwise, then),
        )
        axes, rank = self.common((condition, one, other))
        texts = [self.aligned(code, axes, rank) for code in (condition, one, other)]
        kin = self.kin_of((condition, one, other))
        behind = condition.behind or one.behind or other.behind
        text = f"{self.function('torch.where')}({', '.join(texts)})"
        return Code(text, ATOM, axes, rank, kin=kin, behind=behind)

    def floating_arm(self, code: Code, value: Value, beside: Value) -> Code:
        """An arm of a choice in the dtype that the other arm asks for."""
        kind, other = self.typed(value), self.typed(beside)
        if code.axes and kind.kind == "float" and other.is_tensor and other.dtype in FLOATS:
            return self.cast(code, other.dtype)
        if (
            self.wide
            and code.axes
            and kind.is_tensor
            and other.kind in {"float", "number"}
            and kind.dtype != "float64"
        ):
            # A Python float goes into a tensor of doubles as it is, not by way of the other arm's dtype (T5).
            return code.but(f"{code.primary}.double()")
        return code

    def guarded(self, test: Value, value: Value) -> Code:
        """An arm of a choice: operations that are not total see harmless values elsewhere."""
        self.guards.append(conjunction(self.guards[-1] if self.guards else None, test) or test)
        try:
            return self.code(value)
        finally:
            self.guards.pop()

    def called(self, value: Apply) -> Code:
        """A pointwise function by its name."""
        op = value.op
        args = list(value.args)
        short = op.rsplit(".", 1)[-1]
        if short not in _SAME_BITS and axes_of(value):
            # Scalar and vector kernels of the same function may differ in the last bit (T36).
            self.grade_at_least("E1")
        if self.guards and args and axes_of(args[0]) and (short in _PARTIAL):
            at = 1 if short in {"div", "true_divide"} and len(args) > 1 else 0
            codes = [self.code(a) for a in args]
            codes[at] = self.unguarded(Apply("where", (self.guards[-1], args[at], Int(poly(1)))))
        else:
            codes = [self.code(a) for a in args]
        keywords = [(key, self.code(arg)) for key, arg in value.keywords]
        everything = [*codes, *(code for _, code in keywords)]
        axes, rank = self.common(everything)
        kin = self.kin_of(everything)
        behind = any(code.behind for code in everything)
        number = all(code.number for code in everything) and not axes
        if op.startswith("math."):
            return self.math(op, args, codes, axes, rank)
        lined = [self.lined_up(code, axes, rank) for code in codes]
        texts = (
            [code.text for code in lined[1:]]
            if op.startswith("Tensor.")
            else [code.text for code in lined]
        )
        texts += [f"{key}={self.aligned(code, axes, rank)}" for key, code in keywords]
        if op == "Tensor.clone":
            return codes[0].but(f"{codes[0].primary}.clone()")
        if op.startswith("Tensor."):
            return Code(
                f"{lined[0].primary}.{short}({', '.join(texts)})",
                ATOM,
                axes,
                rank,
                kin=kin,
                behind=behind,
            )
        if op.startswith("call:"):
            return Code(f"{op[5:]}({', '.join(texts)})", ATOM, axes, rank, kin=kin, behind=behind)
        if number and not any(self.typed(a).is_tensor for a in args):
            return Code(f"{self.function(op)}({', '.join(texts)})", ATOM, (), 0)
        return Code(
            f"{self.function(op)}({', '.join(texts)})", ATOM, axes, rank, kin=kin, behind=behind
        )

    def math(
        self, op: str, args: list[Value], codes: list[Code], axes: Axes, rank: int | None
    ) -> Code:
        """A function of Python's math module, in double precision where its argument varies."""
        if not axes:
            return Code(f"{self.function(op)}({', '.join(c.text for c in codes)})", number=True)
        known = lookup(op)
        if known is None or known.torch_name is None:
            raise Unprintable("math", f"no tensor form of {op}")
        doubled = [
            code if code.number or self.typed(arg).dtype == "float64" else self.double(code)
            for arg, code in zip(args, codes, strict=True)
        ]
        texts = [self.aligned(code, axes, rank) for code in doubled]
        text = f"{self.function(known.torch_name)}({', '.join(texts)})"
        code = Code(text, ATOM, axes, rank)
        if op in {"math.floor", "math.ceil", "math.trunc"}:
            return code.but(f"{text}.long()")
        return code

    # --- reads

    def read(self, read: Read) -> Code:
        """An access as a slice, a gather or both, its axes first and in layout order."""
        return access(read, self)

    def all_known(self) -> list[Constraint]:
        """What holds wherever the code runs: the bounds of all axes, and the predicates of the arms around."""
        known = [*self.known, *bounds(self.layout)]
        for guard in self.guards[-1:]:
            known += constraints(guard)
        return known
