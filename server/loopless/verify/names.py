"""Which names statements bind, read, and read before they are certain to be bound."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable, Iterator, Sequence

# What Python gives, and what the worker gives beside it.
BUILTINS = frozenset(dir(builtins)) | {"__pick__", "__Unreached__"}

_Function = ast.FunctionDef | ast.AsyncFunctionDef
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


def bound(nodes: Iterable[ast.AST]) -> set[str]:
    """Names that the nodes bind in their own scope."""
    return {name for node in nodes for name in _bound(node)}


def exposed(statements: Sequence[ast.stmt]) -> set[str]:
    """Names that the statements may read before they have bound them themselves."""
    reads: set[str] = set()
    _block(statements, set(), reads)
    return reads


def free(node: ast.AST) -> set[str]:
    """Names that a single expression or statement may read from outside."""
    reads: set[str] = set()
    if isinstance(node, ast.stmt):
        _statement(node, set(), reads)
    else:
        _expression(node, set(), reads)
    return reads


def own_nodes(nodes: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """Every node below, without the bodies of functions, classes and lambdas."""
    stack = list(nodes)
    while stack:
        node = stack.pop()
        yield node
        if not isinstance(node, _SCOPES):
            stack.extend(ast.iter_child_nodes(node))


def blocks(statement: ast.AST) -> list[list[ast.stmt]]:
    """The statement lists directly inside a compound statement."""
    found: list[list[ast.stmt]] = []
    for field in ("body", "orelse", "finalbody"):
        value = getattr(statement, field, None)
        if isinstance(value, list) and value:
            found.append(value)  # pyright: ignore[reportUnknownArgumentType]
    for part in [*getattr(statement, "handlers", []), *getattr(statement, "cases", [])]:
        found.append(part.body)
    return found


def ends_here(statements: Sequence[ast.stmt]) -> bool:
    """Whether control never reaches what follows the statements."""
    if not statements:
        return False
    last = statements[-1]
    if isinstance(last, ast.If):
        return ends_here(last.body) and ends_here(last.orelse)
    return isinstance(last, ast.Return | ast.Raise | ast.Continue | ast.Break)


def parameters(arguments: ast.arguments) -> list[ast.arg]:
    """All parameters of a function, in order."""
    rest = [a for a in (arguments.vararg, arguments.kwarg) if a]
    return [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, *rest]


def _bound(node: ast.AST) -> Iterator[str]:
    for part in own_nodes([node]):
        match part:
            case ast.Name(id=name, ctx=ast.Store()):
                yield name
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                yield part.name
            case ast.Import() | ast.ImportFrom():
                yield from ((a.asname or a.name).split(".")[0] for a in part.names)
            case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)):
                yield name
            case ast.MatchStar(name=str(name)) | ast.MatchMapping(rest=str(name)):
                yield name
            case _:
                pass


def _comprehension_targets(node: ast.AST) -> set[str]:
    return bound(g.target for g in getattr(node, "generators", []))


def _block(statements: Sequence[ast.stmt], defined: set[str], reads: set[str]) -> set[str]:
    for statement in statements:
        defined = _statement(statement, defined, reads)
    return defined


def _joined(branches: Sequence[tuple[Sequence[ast.stmt], set[str]]]) -> set[str] | None:
    reaching = [names for statements, names in branches if not ends_here(statements)]
    if not reaching:
        return None
    common = set(reaching[0])
    return common.intersection(*reaching[1:])


def _statement(node: ast.stmt, defined: set[str], reads: set[str]) -> set[str]:
    """Note what `node` reads and give what is certain to be bound after it."""
    match node:
        case ast.Assign() | ast.AnnAssign() | ast.AugAssign():
            return _assignment(node, defined, reads)
        case ast.For() | ast.AsyncFor() | ast.While():
            return _loop(node, defined, reads)
        case ast.If() | ast.Match():
            return _choice(node, defined, reads)
        case ast.With() | ast.AsyncWith():
            for item in node.items:
                _expression(item.context_expr, defined, reads)
                if item.optional_vars:
                    defined = defined | bound([item.optional_vars])
            return _block(node.body, set(defined), reads)
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            _function(node, defined, reads)
            return defined | {node.name}
        case ast.ClassDef():
            for part in [*node.bases, *(k.value for k in node.keywords), *node.decorator_list]:
                _expression(part, defined, reads)
            _block(node.body, set(defined), reads)
            return defined | {node.name}
        case ast.Import() | ast.ImportFrom():
            return defined | bound([node])
        case _:
            pass
    if nested := blocks(node):
        for block in nested:
            _block(block, set(defined), reads)
        return defined
    _expression(node, defined, reads)
    return defined | _walrus(node)


def _assignment(
    node: ast.Assign | ast.AnnAssign | ast.AugAssign, defined: set[str], reads: set[str]
) -> set[str]:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    for part in [*([node.value] if node.value else []), *targets]:
        _expression(part, defined, reads)
    if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
        reads |= {node.target.id} - defined
    return defined | bound(targets) if node.value else defined


def _loop(node: ast.For | ast.AsyncFor | ast.While, defined: set[str], reads: set[str]) -> set[str]:
    """A loop may run no iteration, so that nothing is certain after it."""
    inside = set(defined)
    if isinstance(node, ast.While):
        _expression(node.test, defined, reads)
    else:
        _expression(node.iter, defined, reads)
        inside |= bound([node.target])
    _block(node.body, inside, reads)
    _block(node.orelse, set(defined), reads)
    return defined


def _choice(node: ast.If | ast.Match, defined: set[str], reads: set[str]) -> set[str]:
    if isinstance(node, ast.Match):
        _expression(node.subject, defined, reads)
        for case in node.cases:
            start = defined | bound([case.pattern])
            if case.guard:
                _expression(case.guard, start, reads)
            _block(case.body, start, reads)
        return defined
    _expression(node.test, defined, reads)
    start = defined | _walrus(node.test)
    after = [(part, _block(part, set(start), reads)) for part in (node.body, node.orelse)]
    joined = _joined(after)
    return start | bound(node.body) | bound(node.orelse) if joined is None else joined


def _walrus(node: ast.AST) -> set[str]:
    return bound(n.target for n in ast.walk(node) if isinstance(n, ast.NamedExpr))


def _function(node: _Function | ast.Lambda, defined: set[str], reads: set[str]) -> None:
    defaults = [*node.args.defaults, *(d for d in node.args.kw_defaults if d)]
    for part in [*defaults, *getattr(node, "decorator_list", [])]:
        _expression(part, defined, reads)
    own = {a.arg for a in parameters(node.args)}
    inner: set[str] = set()
    if isinstance(node, ast.Lambda):
        _expression(node.body, own, inner)
    else:
        own |= bound(node.body) - _declared_elsewhere(node)
        _block(node.body, set(own), inner)
    reads |= inner - defined - {getattr(node, "name", "")}


def _declared_elsewhere(node: _Function) -> set[str]:
    kinds = (ast.Global, ast.Nonlocal)
    return {n for part in own_nodes(node.body) if isinstance(part, kinds) for n in part.names}


def _expression(node: ast.AST, defined: set[str], reads: set[str]) -> None:
    match node:
        case ast.Name(id=name, ctx=ast.Load() | ast.Del()):
            if name not in defined:
                reads.add(name)
        case ast.Lambda():
            _function(node, defined, reads)
        case ast.NamedExpr(value=value):
            _expression(value, defined, reads)
        case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
            _expression(node.generators[0].iter, defined, reads)
            inner = defined | _comprehension_targets(node)
            for k, generator in enumerate(node.generators):
                if k:
                    _expression(generator.iter, inner, reads)
                for test in generator.ifs:
                    _expression(test, inner, reads)
            parts = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
            for part in parts:
                _expression(part, inner, reads)
        case _:
            for child in ast.iter_child_nodes(node):
                if isinstance(child, ast.stmt):
                    _statement(child, defined, reads)
                else:
                    _expression(child, defined, reads)
