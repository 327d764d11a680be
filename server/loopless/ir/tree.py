"""The loop language: what is left of Python's syntax after lowering. Frozen, with spans into the text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from loopless.finding import Span


@dataclass(frozen=True, slots=True)
class Literal:
    """A number, truth value, string or None."""

    value: int | float | complex | bool | str | bytes | None
    span: Span


@dataclass(frozen=True, slots=True)
class Name:
    """A variable."""

    id: str
    span: Span


@dataclass(frozen=True, slots=True)
class Field:
    """`of.name`."""

    of: Expr
    name: str
    span: Span


@dataclass(frozen=True, slots=True)
class Item:
    """`of[subscripts]`, tuples taken apart."""

    of: Expr
    subscripts: tuple[Expr, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Range:
    """A slice inside of a subscript."""

    start: Expr | None
    stop: Expr | None
    step: Expr | None
    span: Span


@dataclass(frozen=True, slots=True)
class Rest:
    """The ellipsis."""

    span: Span


@dataclass(frozen=True, slots=True)
class Operator:
    """An arithmetic, bitwise or comparison operator, `not`, or unary minus, by its spelling."""

    op: str
    operands: tuple[Expr, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Junction:
    """`and` or `or` over two operands or more."""

    op: str
    operands: tuple[Expr, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Choice:
    """`then if test else otherwise`."""

    test: Expr
    then: Expr
    otherwise: Expr
    span: Span


@dataclass(frozen=True, slots=True)
class Call:
    """A call; starred arguments are `Spread`."""

    func: Expr
    args: tuple[Expr, ...]
    keywords: tuple[tuple[str, Expr], ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Spread:
    """`*of` in a call or a display."""

    of: Expr
    span: Span


@dataclass(frozen=True, slots=True)
class Display:
    """A tuple, list or set written out."""

    kind: str
    items: tuple[Expr, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Comprehension:
    """`[item for …]`; kind is "list", "generator" or "set"."""

    kind: str
    item: Expr
    clauses: tuple[Clause, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Clause:
    """One `for target in iterable if tests…` of a comprehension."""

    target: Expr
    iterable: Expr
    tests: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Opaque:
    """An expression that the engine has no word for, with the names it reads."""

    kind: str
    reads: frozenset[str]
    span: Span


Expr: TypeAlias = (
    Literal | Name | Field | Item | Range | Rest | Operator | Junction | Choice | Call | Spread
    | Display | Comprehension | Opaque
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Assign:
    """`target = value`; a chain `a = b = value` is several."""

    target: Expr
    value: Expr
    span: Span
    annotation: Expr | None = None


@dataclass(frozen=True, slots=True)
class Augment:
    """`target op= value`."""

    target: Expr
    op: str
    value: Expr
    span: Span


@dataclass(frozen=True, slots=True)
class For:
    """`for target in iterable: body`."""

    target: Expr
    iterable: Expr
    body: tuple[Stmt, ...]
    orelse: tuple[Stmt, ...]
    span: Span
    header: Span


@dataclass(frozen=True, slots=True)
class While:
    """`while test: body`."""

    test: Expr
    body: tuple[Stmt, ...]
    orelse: tuple[Stmt, ...]
    span: Span
    header: Span


@dataclass(frozen=True, slots=True)
class If:
    """`if test: then else: otherwise`."""

    test: Expr
    then: tuple[Stmt, ...]
    otherwise: tuple[Stmt, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Evaluate:
    """An expression as a statement."""

    value: Expr
    span: Span


@dataclass(frozen=True, slots=True)
class Return:
    """`return value`."""

    value: Expr | None
    span: Span


@dataclass(frozen=True, slots=True)
class Jump:
    """`break`, `continue` or `pass`."""

    kind: str
    span: Span


@dataclass(frozen=True, slots=True)
class Other:
    """A statement that the engine has no word for: what it reads and binds, and the statements inside it.

    `test` is what an `assert` says.
    """

    kind: str
    reads: frozenset[str]
    binds: frozenset[str]
    blocks: tuple[tuple[Stmt, ...], ...]
    span: Span
    test: Expr | None = None


@dataclass(frozen=True, slots=True)
class Define:
    """A function or class defined in the middle of a block."""

    name: str
    function: Function | None
    owner: Class | None
    reads: frozenset[str]
    span: Span


Stmt: TypeAlias = Assign | Augment | For | While | If | Evaluate | Return | Jump | Other | Define


@dataclass(frozen=True, slots=True)
class Param:
    """A parameter of a function, with its annotation and default."""

    name: str
    annotation: Expr | None
    default: Expr | None


@dataclass(frozen=True, slots=True)
class Function:
    """A function of the file, also a lambda that has a name. `owner` is the class it is a method of."""

    name: str
    params: tuple[Param, ...]
    variadic: bool
    body: tuple[Stmt, ...]
    decorators: tuple[Expr, ...]
    owner: str
    global_names: frozenset[str]
    is_async: bool
    is_generator: bool
    span: Span
    is_lambda: bool = False


@dataclass(frozen=True, slots=True)
class Class:
    """A class of the file."""

    name: str
    methods: tuple[Function, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Module:
    """What a file shows: its top-level statements, functions, classes and imports (local name -> dotted name)."""

    body: tuple[Stmt, ...]
    functions: tuple[Function, ...]
    classes: tuple[Class, ...]
    imports: tuple[tuple[str, str], ...]
