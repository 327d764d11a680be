"""What a slice needs from the module around it: imports, helpers, classes and constants."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from loopless.verify.names import BUILTINS, blocks, bound, exposed, free
from loopless.verify.purity import runs_quietly


@dataclass(slots=True)
class Prelude:
    """Module statements chosen so far, and the names that no statement gives."""

    chosen: set[int] = field(default_factory=set[int])
    unknown: set[str] = field(default_factory=set[str])
    local_imports: dict[str, str] = field(default_factory=dict[str, str])


def definitions(statements: Sequence[ast.stmt]) -> dict[str, ast.stmt]:
    """The last module-level statement that binds each name, through `if` and `try`."""
    return {name: s for s in _flat(statements) for name in bound([s])}


def is_main_guard(statement: ast.stmt) -> bool:
    """Whether the statement is `if __name__ == "__main__":`."""
    return isinstance(statement, ast.If) and "__name__" in free(statement.test)


def gather(
    module: Sequence[ast.stmt], names: Iterable[str], before: int | None, prelude: Prelude
) -> None:
    """Choose the module statements that `names` need, and what those need in turn.

    Variables count only where they stand before the region (`before`), if that is at module level.
    """
    known = definitions(module)
    todo, seen = list(names), set[str]()
    while todo:
        name = todo.pop()
        if name in seen or name in prelude.local_imports:
            continue
        seen.add(name)
        found = [k for k, s in enumerate(module) if _gives(s, name, k, before)]
        if not found:
            if name not in BUILTINS:
                prelude.unknown.add(name)
            continue
        if module_name := _relative(module[found[-1]], name):
            prelude.local_imports[name] = module_name
            prelude.unknown.add(name)
            continue
        if not all(_usable(module[k], known) for k in found):
            prelude.unknown.add(name)
            continue
        for k in found:
            if k not in prelude.chosen:
                prelude.chosen.add(k)
                todo.extend(_needs(module[k]))


def trimmed_import(statement: ast.stmt, wanted: set[str]) -> ast.stmt:
    """An import without the names that the slice does not use."""
    if not isinstance(statement, ast.Import | ast.ImportFrom):
        return statement
    if isinstance(statement, ast.ImportFrom) and statement.names[0].name == "*":
        return statement
    kept = [a for a in statement.names if (a.asname or a.name.split(".")[0]) in wanted]
    if isinstance(statement, ast.Import):
        return ast.Import(names=kept or statement.names)
    return ast.ImportFrom(module=statement.module, names=kept or statement.names, level=0)


def _flat(statements: Sequence[ast.stmt]) -> Iterable[ast.stmt]:
    for statement in statements:
        if is_main_guard(statement):
            continue
        if isinstance(statement, ast.If | ast.Try):
            for block in blocks(statement):
                yield from _flat(block)
        else:
            yield statement


def _gives(statement: ast.stmt, name: str, index: int, before: int | None) -> bool:
    if is_main_guard(statement):
        return False
    if isinstance(statement, ast.ImportFrom) and statement.names[0].name == "*":
        return False
    if name not in bound([statement]):
        return False
    timeless = isinstance(statement, ast.FunctionDef | ast.ClassDef | ast.Import | ast.ImportFrom)
    return timeless or before is None or index < before


def _relative(statement: ast.stmt, name: str) -> str:
    if isinstance(statement, ast.ImportFrom) and statement.level:
        return "." * statement.level + (statement.module or "")
    return ""


def _usable(statement: ast.stmt, known: dict[str, ast.stmt]) -> bool:
    match statement:
        case ast.Import() | ast.ImportFrom() | ast.FunctionDef() | ast.ClassDef():
            return True
        case ast.AsyncFunctionDef():
            return False
        case ast.If() | ast.Try():
            return all(
                _usable(s, known) or isinstance(s, ast.Pass)
                for block in blocks(statement)
                for s in block
            )
        case ast.For() | ast.While() | ast.With():
            return False
        case _:
            return runs_quietly(statement, known)


def _needs(statement: ast.stmt) -> set[str]:
    return exposed([statement])
