"""Which statements before the region may be run to make its inputs: those without effects."""

from __future__ import annotations

import ast
from collections.abc import Mapping

_SAFE_ROOTS = frozenset(
    "torch math numpy np F nn functional einops itertools functools operator copy T tnn Tensor "
    "collections typing dataclasses types".split()
)
_SAFE_BUILTINS = frozenset(
    "abs all any bool dict divmod enumerate float getattr hasattr int isinstance issubclass iter "
    "len list map max min next pow range reversed round set slice sorted str sum super tuple type "
    "zip frozenset filter repr complex ValueError TypeError RuntimeError AssertionError IndexError "
    "NotImplementedError KeyError callable __pick__".split()
)
_EFFECTS = frozenset(
    "load save backward step zero_grad write writelines read readline readlines open send recv "
    "commit execute fetchall post connect system popen run call check_output spawn remove unlink "
    "mkdir makedirs rename load_state_dict info warning debug error exception log_scalar "
    "add_scalar set_postfix update_progress input load_url hub download manual_seed "
    "set_default_dtype set_default_device set_num_threads fork_rng wait acquire".split()
)

Definitions = Mapping[str, ast.stmt]


def runs_quietly(node: ast.AST, definitions: Definitions, depth: int = 3) -> bool:
    """Whether running the node has no effect beyond binding and changing its own values."""
    return all(_quiet(part, definitions, depth) for part in ast.walk(node))


def _quiet(part: ast.AST, definitions: Definitions, depth: int) -> bool:
    if isinstance(part, ast.Await | ast.Yield | ast.YieldFrom | ast.Global | ast.Nonlocal):
        return False
    if not isinstance(part, ast.Call):
        return True
    match part.func:
        case ast.Name(id=name):
            return name in _SAFE_BUILTINS or _known(name, definitions, depth)
        case ast.Attribute(attr=attr, value=value):
            return attr not in _EFFECTS and _quiet_owner(value, attr, definitions, depth)
        case _:
            return False


def _known(name: str, definitions: Definitions, depth: int) -> bool:
    found = definitions.get(name)
    if isinstance(found, ast.ImportFrom):
        return (found.module or "").split(".")[0] in _SAFE_ROOTS and not found.level
    if not isinstance(found, ast.FunctionDef | ast.ClassDef):
        return False
    return depth > 0 and runs_quietly(found, definitions, depth - 1)


def _quiet_owner(value: ast.expr, attr: str, definitions: Definitions, depth: int) -> bool:
    root = value
    while isinstance(root, ast.Attribute):
        root = root.value
    if not isinstance(root, ast.Name):
        return True
    if root.id == "self":
        return False
    if isinstance(definitions.get(root.id), ast.Import):
        return root.id in _SAFE_ROOTS or _alias(definitions[root.id], root.id) in _SAFE_ROOTS
    return True


def _alias(statement: ast.stmt, name: str) -> str:
    for alias in getattr(statement, "names", []):
        if (alias.asname or alias.name.split(".")[0]) == name:
            return alias.name.split(".")[0]
    return ""
