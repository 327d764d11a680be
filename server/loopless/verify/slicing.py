"""The region as two functions of the same names, with what they need from the file."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass

from loopless.finding import Action, Finding
from loopless.verify.names import BUILTINS, bound, exposed, free, own_nodes
from loopless.verify.objects import class_of, methods_of, reduced_class
from loopless.verify.places import Located, Place, apply_edits, hull, locate, moved
from loopless.verify.prelude import Prelude, definitions, gather, is_main_guard, trimmed_import
from loopless.verify.program_text import program_text
from loopless.verify.setup import Function, Setup, backward, fresh_names

_STANDARD: dict[str, ast.stmt] = {
    name: ast.parse(text).body[0]
    for name, text in {
        "torch": "import torch",
        "math": "import math",
        "nn": "from torch import nn",
        "F": "import torch.nn.functional as F",
        "np": "import numpy as np",
        "Tensor": "from torch import Tensor",
    }.items()
}
_GRAD_OFF = ("no_grad", "inference_mode")


@dataclass(frozen=True, slots=True)
class Slice:
    """Both versions of a region, ready to run, and the statements that samples are inferred from.

    `program` defines `__setup__(roots…)`, `__old__(live…)` and `__new__(live…)`.
    """

    program: str
    roots: tuple[str, ...]
    live: tuple[str, ...]
    outputs: tuple[str, ...]
    classes: tuple[tuple[str, str], ...]
    grad_off: bool
    fresh: tuple[str, ...]
    unread: tuple[str, ...]
    statements: tuple[ast.stmt, ...]
    region: tuple[ast.stmt, ...]
    path: tuple[Place, ...]
    module: ast.Module
    loose: tuple[str, ...]
    made: tuple[tuple[str, ast.expr], ...]
    old_text: str
    new_text: str


@dataclass(frozen=True, slots=True)
class NotSliced:
    """Why the region cannot be run by itself, and what the user can do."""

    reason: str


def slice_region(
    text: str, finding: Finding, action: Action, *, with_setup: bool = True
) -> Slice | NotSliced:
    """Cut the region of an action out of a text, before and after the action."""
    span = hull(finding, action)
    new_text = apply_edits(text, action.edits)
    try:
        old_tree, new_tree = ast.parse(text), ast.parse(new_text)
    except (SyntaxError, ValueError, RecursionError) as error:
        return NotSliced(f"the file does not parse: {error}")
    old = locate(old_tree, text, span)
    new = locate(new_tree, new_text, moved(span, action.edits))
    if old is None or new is None or not old.statements:
        return NotSliced("no whole statement stands where the rewrite is")
    if reason := _unsliceable([*old.statements, *new.statements]):
        return NotSliced(reason)
    wanted = _reads(old_tree, old, new) & _local_names(old_tree, old)
    setup = Setup((), tuple(wanted), frozenset())
    if with_setup:
        setup = backward(old.path, wanted, definitions(old_tree.body))
    return _assembled((old_tree, new_tree), old, new, finding, setup)


def _assembled(
    trees: tuple[ast.Module, ast.Module], old: Located, new: Located, finding: Finding, setup: Setup
) -> Slice:
    old_tree, new_tree = trees
    reads = _reads(old_tree, old, new)
    before = old.path[0].index if _at_top(old) else None
    needs = reads - _local_names(old_tree, old)
    needs |= setup.outside | (exposed(setup.statements) - set(setup.roots))
    needs -= bound(setup.statements) | (BUILTINS - bound(old_tree.body))
    prelude = Prelude()
    gather(old_tree.body, needs, before, prelude)
    given = [_STANDARD[n] for n in sorted(prelude.unknown & set(_STANDARD))]
    prelude.unknown -= set(_STANDARD)
    added = given + _added_imports(new_tree, new, needs | exposed(new.statements), old_tree)
    roots = sorted((set(setup.roots) | prelude.unknown) - bound(added))
    live = sorted(reads & (_local_names(old_tree, old) | prelude.unknown))
    classes, chosen = _classes(old, setup, roots, old_tree, prelude)
    source = [trimmed_import(s, _all_names(old_tree, old, setup, new)) for s in chosen]
    versions = (old.statements, new.statements)
    return Slice(
        program=program_text([*source, *added], setup.statements, roots, live, versions),
        roots=tuple(roots),
        live=tuple(live),
        outputs=_outputs(old_tree, old, new, finding),
        classes=classes,
        grad_off=_grad_off(old.path),
        fresh=fresh_names(setup.statements),
        unread=tuple(
            name
            for name in fresh_names(setup.statements)
            if not _at_top(old) and name not in _read_after(old_tree, old.path, len(old.statements))
        ),
        statements=setup.statements,
        region=old.statements,
        path=old.path,
        module=old_tree,
        loose=tuple(f"{n} (from {m})" for n, m in prelude.local_imports.items()),
        made=setup.made,
        old_text=_unparse(old.statements),
        new_text=_unparse(new.statements),
    )


def _at_top(located: Located) -> bool:
    return not any(isinstance(p.owner, Function) for p in located.path)


def _reads(tree: ast.Module, old: Located, new: Located) -> set[str]:
    """Names that either version may read before it binds them, as far as the file binds them."""
    in_file = bound(tree.body) | _function_names(old.path)
    added = {n for n in exposed(new.statements) if n in in_file and n not in BUILTINS}
    return (exposed(old.statements) | added) - {"__class__"}


def _local_names(tree: ast.Module, old: Located) -> set[str]:
    if _at_top(old):
        return _variables(tree.body, old.path[0].index)
    return _function_names(old.path)


def _unparse(statements: Sequence[ast.stmt]) -> str:
    return "\n".join(ast.unparse(s) for s in statements)


def _function_names(path: Sequence[Place]) -> set[str]:
    names: set[str] = set()
    for place in path:
        if isinstance(place.owner, Function):
            arguments = place.owner.args
            every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
            names |= {a.arg for a in every} | bound(place.owner.body)
            names |= {a.arg for a in (arguments.vararg, arguments.kwarg) if a}
    return names


def _variables(body: Sequence[ast.stmt], before: int) -> set[str]:
    """Names that module statements before the region bind, imports and definitions aside."""
    timeless = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef, ast.Try)
    return bound(s for s in body[: before + 1] if not isinstance(s, timeless))


def _unsliceable(statements: Sequence[ast.stmt]) -> str:
    for part in own_nodes(statements):
        if isinstance(part, ast.Await | ast.AsyncFor | ast.AsyncWith):
            return "the region awaits, and verify runs it outside an event loop"
        if isinstance(part, ast.Yield | ast.YieldFrom):
            return "the region yields to its caller; move the loop into a function of its own"
        if (
            isinstance(part, ast.Call)
            and isinstance(part.func, ast.Name)
            and part.func.id == "super"
        ):
            return (
                "the region calls super(), which needs its class; put the result in a name before"
            )
    return ""


def _added_imports(
    new_tree: ast.Module, new: Located, names: set[str], old_tree: ast.Module
) -> list[ast.stmt]:
    present = {ast.dump(s) for s in old_tree.body}
    kinds = (ast.Import, ast.ImportFrom)
    return [
        s
        for s in new_tree.body
        if isinstance(s, kinds)
        and ast.dump(s) not in present
        and s not in new.statements
        and bound([s]) & names
    ]


def _all_names(tree: ast.Module, old: Located, setup: Setup, new: Located) -> set[str]:
    nodes = [*tree.body, *old.statements, *setup.statements, *new.statements]
    return {n.id for node in nodes for n in ast.walk(node) if isinstance(n, ast.Name)}


def _classes(
    old: Located, setup: Setup, roots: Sequence[str], tree: ast.Module, prelude: Prelude
) -> tuple[tuple[tuple[str, str], ...], list[ast.stmt]]:
    """Classes of roots like `self` whose methods the slice calls, and the chosen statements."""
    owner = class_of(old.path)
    statements = [*setup.statements, *old.statements]
    classes: list[tuple[str, str]] = []
    extra: list[ast.stmt] = []
    if owner is not None:
        for root in roots:
            if methods := methods_of(owner, statements, root):
                classes.append((root, owner.name))
                reduced = reduced_class(owner, methods)
                gather(tree.body, exposed([reduced]) - BUILTINS, None, prelude)
                extra.append(reduced)
                break
    chosen = [
        tree.body[k] for k in sorted(prelude.chosen) if tree.body[k] is not owner or not extra
    ]
    return tuple(classes), [*chosen, *extra]


def _outputs(tree: ast.Module, old: Located, new: Located, finding: Finding) -> tuple[str, ...]:
    """The names whose values are results: those that somebody reads afterwards.

    What both versions bind is all there is to compare where nobody reads a name, and nothing is changed or returned.
    """
    given = bound(old.statements) | (bound(new.statements) & exposed(old.statements))
    names = given & (_read_after(tree, old.path, len(old.statements)) | set(finding.outputs))
    returns = any(isinstance(s, ast.Return) for s in old.statements)
    if not (names or finding.changed or returns):
        # What stands as it stood is not what the rewrite gives.
        kept = {ast.dump(s) for s in old.statements}
        names = given & bound(s for s in new.statements if ast.dump(s) not in kept)
    return tuple(sorted(names))


def _read_after(tree: ast.Module, path: Sequence[Place], count: int) -> set[str]:
    reads: set[str] = set()
    for depth in range(len(path) - 1, -1, -1):
        place = path[depth]
        skip = count if depth == len(path) - 1 else 1
        for statement in place.block[place.index + skip :]:
            reads |= free(statement) | _closure_reads(statement)
        if isinstance(place.owner, ast.For | ast.While):
            reads |= free(place.owner)
        if isinstance(place.owner, Function):
            kinds = (ast.Nonlocal, ast.Global)
            declared = [n for n in own_nodes(place.owner.body) if isinstance(n, kinds)]
            reads |= {name for node in declared for name in node.names}
            return reads
    functions = [n for n in ast.walk(tree) if isinstance(n, Function)]
    return reads.union(*(free(f) for f in functions)) if functions else reads


def _closure_reads(statement: ast.stmt) -> set[str]:
    return (
        {
            n.id
            for n in ast.walk(statement)
            if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)
        }
        if is_main_guard(statement)
        else set()
    )


def _grad_off(path: Sequence[Place]) -> bool:
    for place in path:
        expressions: list[ast.expr] = []
        if isinstance(place.owner, Function):
            expressions = place.owner.decorator_list
        elif isinstance(place.owner, ast.With):
            expressions = [item.context_expr for item in place.owner.items]
        if any(word in ast.unparse(e) for e in expressions for word in _GRAD_OFF):
            return True
    return False
