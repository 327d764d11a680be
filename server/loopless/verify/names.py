"""Which names statements bind, read, and read before they are certain to be bound."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable, Iterator, Sequence

BUILTINS = frozenset(dir(builtins))

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


def _statement(  # noqa: C901 - one case for each kind of statement
    node: ast.stmt, defined: set[str], reads: set[str]
) -> set[str]:
    """Note what `node` reads and give what is certain to be bound after it."""
    match node:
        case ast.Assign(targets=targets, value=value):
            _expression(value, defined, reads)
            for target in targets:
                _expression(target, defined, reads)
            return defined | bound(targets)
        case ast.AnnAssign(target=target, value=value):
            _expression(target, defined, reads)
            if value is None:
                return defined
            _expression(value, defined, reads)
            return defined | bound([target])
        case ast.AugAssign(target=target, value=value):
            _expression(value, defined, reads)
            _expression(target, defined, reads)
            if isinstance(target, ast.Name) and target.id not in defined:
                reads.add(target.id)
            return defined | bound([target])
        case ast.For(target=target, iter=iterable) | ast.AsyncFor(target=target, iter=iterable):
            _expression(iterable, defined, reads)
            _block(node.body, defined | bound([target]), reads)
            _block(node.orelse, set(defined), reads)
            return defined
        case ast.While(test=test):
            _expression(test, defined, reads)
            _block(node.body, set(defined), reads)
            _block(node.orelse, set(defined), reads)
            return defined
        case ast.If(test=test, body=body, orelse=orelse):
            _expression(test, defined, reads)
            start = defined | _walrus(test)
            branches = [
                (body, _block(body, set(start), reads)),
                (orelse, _block(orelse, set(start), reads)),
            ]
            joined = _joined(branches)
            return start | bound(body) | bound(orelse) if joined is None else joined
        case ast.With(items=items) | ast.AsyncWith(items=items):
            for item in items:
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
        case ast.Match(subject=subject, cases=cases):
            _expression(subject, defined, reads)
            for case in cases:
                start = defined | bound([case.pattern])
                if case.guard:
                    _expression(case.guard, start, reads)
                _block(case.body, start, reads)
            return defined
        case _:
            pass
    if nested := blocks(node):
        for block in nested:
            _block(block, set(defined), reads)
        return defined
    _expression(node, defined, reads)
    return defined | _walrus(node)


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


def _expression(
    node: ast.AST, defined: set[str], reads: set[str]
) -> None:
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
