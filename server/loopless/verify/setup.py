"""The statements before the region that make its names, back to names that only samples can give."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from loopless.verify.names import BUILTINS, bound, ends_here, exposed, free, own_nodes, parameters
from loopless.verify.places import Place
from loopless.verify.purity import Definitions, runs_quietly

CONSTRUCTORS = frozenset(
    "rand randn zeros ones empty full randint arange linspace eye randperm tensor".split()
)
# Those that make room, whose numbers say nothing.
_ROOM = frozenset("zeros ones empty full".split())
_CASTS = frozenset("bool float double long int half to cuda cpu requires_grad_".split())

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class Setup:
    """Statements to run before the region, the names that samples give, and names left over.

    `made` holds the expressions that the file itself gives for some of the roots.
    """

    statements: tuple[ast.stmt, ...]
    roots: tuple[str, ...]
    outside: frozenset[str]
    made: tuple[tuple[str, ast.expr], ...] = ()


def backward(path: Sequence[Place], names: set[str], known: Definitions) -> Setup:
    """Walk from the region outwards and collect what defines `names` without effects."""
    want, roots, kept = set(names), set[str](), list[ast.stmt]()
    made: dict[str, ast.expr] = {}
    steps = list(_steps(path))
    top = len(path) == 1
    for step in steps:
        if isinstance(step, Function):
            own = {a.arg for a in parameters(step.args)}
            roots |= want & own
            want -= own
            continue
        if top and isinstance(step, ast.Import | ast.ImportFrom | Function | ast.ClassDef):
            continue
        touched = (bound([step]) | _changed(step)) & want
        if not touched:
            continue
        value = made_by(step) if top else None
        if value is not None and not _allocates_for(value, path[0].block):
            name = next(iter(touched))
            made[name] = value
            roots |= touched
            want -= touched
            want |= {n for n in free(value) if n in bound(path[0].block) and n not in roots}
            continue
        if not runs_quietly(step, known) or _leaves(step):
            given = bound([step]) & want
            roots |= given
            want -= given
            continue
        kept.append(step)
        if isinstance(step, ast.Assign | ast.AnnAssign | ast.FunctionDef | ast.ClassDef):
            want -= bound([step])
        want |= exposed([step]) - roots - BUILTINS
    available = roots | want | bound(kept) | BUILTINS | set(known)
    statements = [s for step in reversed(steps) for s in _placed(step, kept, available, known)]
    return Setup(tuple(statements), tuple(sorted(roots)), frozenset(want), tuple(made.items()))


def made_by(step: ast.stmt) -> ast.expr | None:
    """The value of `name = torch.rand(8, 4)` or `name = 8`: a sample that the file shows."""
    if not isinstance(step, ast.Assign) or len(step.targets) != 1:
        return None
    value = step.value
    if not isinstance(step.targets[0], ast.Name):
        return None
    if isinstance(value, ast.Constant) and isinstance(value.value, int | float | str):
        return value
    return value if constructs(value) else None


def _allocates_for(value: ast.expr, block: Sequence[ast.stmt]) -> bool:
    """Whether room is made for as many results as there are data: `torch.zeros(len(x))`, of no other size."""
    calls = [n for n in ast.walk(value) if isinstance(n, ast.Call)]
    if not any(isinstance(c.func, ast.Attribute) and c.func.attr in _ROOM for c in calls):
        return False
    sizes = free(value) & bound(s for s in block if not isinstance(s, ast.Import | ast.ImportFrom))
    return any(not _written_out(name, block) for name in sizes)


def _written_out(name: str, block: Sequence[ast.stmt], depth: int = 4) -> bool:
    """Whether a name stands for numbers that the file writes out, and what is computed of them."""
    given = [s for s in block if name in bound([s])]
    plain = (
        ast.Constant,
        ast.Name,
        ast.BinOp,
        ast.UnaryOp,
        ast.Tuple,
        ast.operator,
        ast.unaryop,
        ast.expr_context,
    )
    return depth > 0 and all(
        isinstance(s, ast.Assign)
        and all(isinstance(n, plain) for n in ast.walk(s.value))
        and all(_written_out(other, block, depth - 1) for other in free(s.value))
        for s in given
    )


def constructs(value: ast.expr) -> bool:
    """Whether the expression makes a tensor out of literals and names, methods on it and arithmetic aside."""
    match value:
        case ast.Compare(left=left, comparators=[right]) | ast.BinOp(left=left, right=right):
            sides = (left, right)
            return any(map(constructs, sides)) and all(
                isinstance(side, ast.Constant) or constructs(side) for side in sides
            )
        case ast.UnaryOp(operand=operand):
            return constructs(operand)
        case _:
            return _calls_constructor(value)


def _calls_constructor(value: ast.expr) -> bool:
    while isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute):
        inner = value.func.value
        if isinstance(inner, ast.Name):
            return inner.id == "torch" and value.func.attr in CONSTRUCTORS
        if not isinstance(inner, ast.Call) or value.func.attr not in _CASTS:
            return False
        value = inner
    return False


def fresh_names(statements: Sequence[ast.stmt]) -> tuple[str, ...]:
    """Names that hold something newly made which no other name can reach."""
    made = {name: s for s in statements for name in _newly(s)}
    return tuple(
        name
        for name, own in made.items()
        if not any(name in free(s) for s in statements if s is not own)
    )


def _newly(step: ast.stmt) -> tuple[str, ...]:
    """The names to which a statement gives something new: `rows = []`, `rows, sums = [], []`."""
    match step:
        case ast.Assign(targets=[ast.Name(id=name)]) if _makes(step):
            return (name,)
        case ast.Assign(targets=[ast.Tuple(elts=names)], value=ast.Tuple(elts=values)) if all(
            isinstance(value, ast.List) and not value.elts for value in values
        ):
            return tuple(name.id for name in names if isinstance(name, ast.Name))
        case _:
            return ()


def _makes(step: ast.stmt) -> bool:
    match step:
        case ast.Assign(targets=[ast.Name()], value=ast.Constant() | ast.List(elts=[])):
            return True
        case ast.Assign(targets=[ast.Name()], value=ast.Call(func=ast.Attribute(attr=attr))):
            return attr in CONSTRUCTORS or attr.endswith("_like") or attr.startswith("new_")
        case _:
            return False


def pick(target: ast.expr, iterable: ast.expr) -> ast.stmt:
    """`target = __pick__(iterable)`: one round of a loop around the region."""
    call = ast.Call(ast.Name("__pick__", ast.Load()), [iterable], [])
    return ast.Assign(targets=[target], value=call, lineno=iterable.lineno)


def _steps(path: Sequence[Place]) -> Iterator[ast.stmt]:
    """Statements before the region, nearest first, with one made for each level passed."""
    for depth in range(len(path) - 1, -1, -1):
        place = path[depth]
        if isinstance(place.owner, ast.ClassDef):
            continue
        if not isinstance(place.owner, ast.Module) or depth == len(path) - 1 or _at_top(path):
            yield from reversed(place.block[: place.index])
        yield from _entering(place)


def _at_top(path: Sequence[Place]) -> bool:
    return not any(isinstance(p.owner, Function) for p in path)


def _entering(place: Place) -> Iterator[ast.stmt]:
    match place.owner:
        case ast.FunctionDef() | ast.AsyncFunctionDef() as function:
            yield function
        case ast.For(target=target, iter=iterable) if place.block is place.owner.body:
            yield pick(target, iterable)
        case ast.If(test=test):
            inside = place.block is place.owner.body
            guard = ast.UnaryOp(ast.Not(), test) if inside else test
            yield ast.If(test=guard, body=[ast.Raise()], orelse=[])
        case ast.With(items=items):
            for item in reversed(items):
                if item.optional_vars:
                    value = item.context_expr
                    yield ast.Assign(targets=[item.optional_vars], value=value, lineno=1)
        case _:
            pass


def _placed(
    step: ast.stmt, kept: list[ast.stmt], available: set[str], known: Definitions
) -> Iterator[ast.stmt]:
    if isinstance(step, Function) and step not in kept:
        return
    if step in kept or (_guards(step) and free(step) <= available and runs_quietly(step, known)):
        yield step


def _guards(step: ast.stmt) -> bool:
    if isinstance(step, ast.Assert):
        return True
    return isinstance(step, ast.If) and not step.orelse and ends_here(step.body)


def _leaves(step: ast.stmt) -> bool:
    kinds = (ast.Return, ast.Break, ast.Continue)
    if isinstance(step, ast.For | ast.While):
        kinds = (ast.Return,)
    if isinstance(step, Function):
        return False
    return any(isinstance(part, kinds) for part in own_nodes([step]))


def _changed(step: ast.stmt) -> set[str]:
    """Names whose values a statement changes in place: stores into them, calls of methods."""
    found: set[str] = set()
    for part in own_nodes([step]):
        match part:
            case ast.Subscript(ctx=ast.Store()) | ast.Attribute(ctx=ast.Store()):
                found |= _root(part)
            case ast.Expr(value=ast.Call(func=ast.Attribute(value=value))):
                found |= _root(value)
            case _:
                pass
    return found


def _root(node: ast.expr) -> set[str]:
    while isinstance(node, ast.Subscript | ast.Attribute):
        node = node.value
    return {node.id} if isinstance(node, ast.Name) else set()


class _Guards(ast.NodeTransformer):
    """Leaving early before the region means that this sample does not reach it."""

    def visit(self, node: ast.AST) -> ast.AST:
        """The node with its early exits replaced; functions inside keep theirs."""
        match node:
            case ast.FunctionDef() | ast.Lambda():
                return node
            case ast.Return() | ast.Raise():
                return _unreached()
            case ast.If(body=body, orelse=[]) if ends_here(body):
                node.body = [_unreached()]
                return node
            case _:
                return self.generic_visit(node)


def guarded(statements: Sequence[ast.stmt]) -> list[ast.stmt]:
    """Copies of the statements in which every early exit raises `__Unreached__`."""
    visited = [_Guards().visit(copy.deepcopy(s)) for s in statements]
    return [s for s in visited if isinstance(s, ast.stmt)]


def _unreached() -> ast.stmt:
    return ast.Raise(exc=ast.Name("__Unreached__", ast.Load()))
