"""Near-twins of the cases: a loop with one or two small changes, most of which change what it means.

An offset moved, an operator or a bound changed, `=` for `+=`, a read of what is written, a guard, a skip, another
start value or dtype. The twin is judged against itself, so any change is fair.
"""

from __future__ import annotations

import ast
import hashlib
import random
from collections.abc import Callable, Iterable
from typing import Any

from tests.fuzz.writer import Program
from tests.harness.case import Case, cases

Mutation = Callable[[ast.FunctionDef, random.Random], bool]


def mutant(seed: int) -> Program:
    """The twin of this seed. Another case in the files changes few twins: those of the seeds that draw it."""
    fitting = sorted((c for c in cases() if c.line), key=lambda c: _draw(seed, c))
    for case in fitting[:50]:
        text = _mutated(case, random.Random(_draw(seed, case)))
        if text is not None:
            return Program(text, case.line, seed)
    return Program(fitting[0].before, fitting[0].line, seed)


def _draw(seed: int, case: Case) -> bytes:
    return hashlib.sha256(f"{seed} {case.name}".encode()).digest()


def _mutated(case: Case, rng: random.Random) -> str | None:
    tree = ast.parse(case.before)
    loop = next((s for s in tree.body if isinstance(s, ast.FunctionDef) and s.name == "loop"), None)
    if loop is None:
        return None
    changed = False
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        mutation = rng.choice(MUTATIONS)
        changed |= mutation(loop, rng)
    if not changed:
        return None
    text = ast.unparse(ast.fix_missing_locations(tree)) + "\n"
    return None if text == ast.unparse(ast.parse(case.before)) + "\n" else text


def _loops(loop: ast.FunctionDef) -> list[ast.For]:
    return [n for n in ast.walk(loop) if isinstance(n, ast.For)]


def _variables(loop: ast.FunctionDef) -> list[str]:
    return [n.target.id for n in _loops(loop) if isinstance(n.target, ast.Name)]


def _subscripts(loop: ast.FunctionDef) -> list[ast.Subscript]:
    return [n for f in _loops(loop) for n in ast.walk(f) if isinstance(n, ast.Subscript)]


def _pick(rng: random.Random, items: list[Any]) -> Any:
    return rng.choice(items) if items else None


def _offset(loop: ast.FunctionDef, rng: random.Random) -> bool:
    """`x[i]` as `x[i - 1]`, `x[i + 1]` or `x[-i - 1]`; an offset taken away."""
    node = _pick(rng, _subscripts(loop))
    if node is None:
        return False
    parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    at = rng.randrange(len(parts))
    old = parts[at]
    if isinstance(old, ast.BinOp) and isinstance(old.right, ast.Constant):
        new = old.left
    elif isinstance(old, ast.Name):
        form = rng.choice(("{} - 1", "{} - 1", "{} + 1", "-{} - 1", "{} // 2", "2 * {}", "0"))
        new = ast.parse(form.format(old.id), mode="eval").body
    else:
        return False
    _set_part(node, at, new)
    return True


def _set_part(node: ast.Subscript, at: int, new: ast.expr) -> None:
    if isinstance(node.slice, ast.Tuple):
        node.slice.elts[at] = new
    else:
        node.slice = new


def _swap(loop: ast.FunctionDef, rng: random.Random) -> bool:
    """`x[i, j]` as `x[j, i]`."""
    node = _pick(rng, [n for n in _subscripts(loop) if isinstance(n.slice, ast.Tuple)])
    if node is None:
        return False
    node.slice.elts.reverse()
    return True


def _other_index(loop: ast.FunctionDef, rng: random.Random) -> bool:
    """Another loop's variable in one subscript."""
    names = _variables(loop)
    nodes = [n for s in _subscripts(loop) for n in ast.walk(s.slice) if isinstance(n, ast.Name)]
    node = _pick(rng, [n for n in nodes if n.id in names])
    if node is None or len(set(names)) < 2:
        return False
    node.id = rng.choice([n for n in names if n != node.id])
    return True


def _other_array(loop: ast.FunctionDef, rng: random.Random) -> bool:
    """A read from another tensor of the loop, perhaps one that it writes."""
    nodes = [s.value for s in _subscripts(loop) if isinstance(s.value, ast.Name)]
    names = sorted({n.id for n in nodes})
    node = _pick(rng, nodes)
    if node is None or len(names) < 2:
        return False
    node.id = rng.choice([n for n in names if n != node.id])
    return True


def _operator(loop: ast.FunctionDef, rng: random.Random) -> bool:
    """Another arithmetic operator."""
    node = _pick(
        rng,
        [n for f in _loops(loop) for n in ast.walk(f) if isinstance(n, ast.BinOp | ast.AugAssign)],
    )
    if node is None:
        return False
    node.op = rng.choice(
        (ast.Add(), ast.Sub(), ast.Mult(), ast.Div(), ast.Add(), ast.FloorDiv(), ast.Mod())
    )
    return True


def _comparison(loop: ast.FunctionDef, rng: random.Random) -> bool:
    """Another comparison."""
    node = _pick(rng, [n for n in ast.walk(loop) if isinstance(n, ast.Compare)])
    if node is None:
        return False
    node.ops[0] = rng.choice((ast.Gt(), ast.GtE(), ast.Lt(), ast.LtE(), ast.Eq(), ast.NotEq()))
    return True


def _assignment(loop: ast.FunctionDef, rng: random.Random) -> bool:
    """`=` for `+=` and the other way."""
    for body in _shuffled(_bodies(loop), rng):
        for at in _shuffled(range(len(body)), rng):
            old = body[at]
            if isinstance(old, ast.AugAssign):
                body[at] = ast.Assign([old.target], old.value)
                return True
            if isinstance(old, ast.Assign) and isinstance(old.targets[0], ast.Subscript | ast.Name):
                body[at] = ast.AugAssign(
                    old.targets[0], rng.choice((ast.Add(), ast.Mult(), ast.Sub())), old.value
                )
                return True
    return False


def _bodies(loop: ast.FunctionDef) -> list[list[ast.stmt]]:
    found = []
    for outer in _loops(loop):
        for node in ast.walk(outer):
            for name in ("body", "orelse"):
                body = getattr(node, name, None)
                if (
                    isinstance(body, list)
                    and body
                    and isinstance(body[0], ast.stmt)
                    and body not in found
                ):
                    found.append(body)
    return found


def _shuffled(items: Iterable[Any], rng: random.Random) -> list[Any]:
    out = list(items)
    rng.shuffle(out)
    return out


def _order(loop: ast.FunctionDef, rng: random.Random) -> bool:
    """Two statements trade places."""
    body = _pick(rng, [b for b in _bodies(loop) if len(b) > 1])
    if body is None:
        return False
    at = rng.randrange(len(body) - 1)
    body[at], body[at + 1] = body[at + 1], body[at]
    return True


def _drop(loop: ast.FunctionDef, rng: random.Random) -> bool:
    """A statement less."""
    body = _pick(rng, [b for b in _bodies(loop) if len(b) > 1])
    if body is None:
        return False
    del body[rng.randrange(len(body))]
    return True


def _skip(loop: ast.FunctionDef, rng: random.Random) -> bool:
    """A `continue` or `break` under a test on the loop variable or an entry."""
    outer = _pick(rng, [n for n in _loops(loop) if isinstance(n.target, ast.Name)])
    if outer is None:
        return False
    reads = [ast.unparse(s) for s in _subscripts(loop) if isinstance(s.ctx, ast.Load)]
    tests = [
        f"{outer.target.id} == 1",
        f"{outer.target.id} % 2 == 0",
        *[f"{r} > 0" for r in reads[:3]],
    ]
    word = rng.choice(("continue", "continue", "continue", "break"))
    parsed: Any = ast.parse(f"for _ in ():\n    if {rng.choice(tests)}:\n        {word}")
    statement = parsed.body[0].body[0]
    outer.body.insert(rng.randrange(len(outer.body) + 1), statement)
    return True


def _guard(loop: ast.FunctionDef, rng: random.Random) -> bool:
    """A statement under a test on what it reads."""
    body = _pick(rng, _bodies(loop))
    reads = [s for s in _subscripts(loop) if isinstance(s.ctx, ast.Load)]
    if body is None or not reads:
        return False
    at = rng.randrange(len(body))
    test = ast.parse(
        f"{ast.unparse(rng.choice(reads))} {rng.choice(('> 0', '<= 1', '!= 0'))}", mode="eval"
    ).body
    body[at] = ast.If(test, [body[at]], [])
    return True


def _bound(loop: ast.FunctionDef, rng: random.Random) -> bool:
    """Another start, stop, step or direction of a range."""
    calls = [n.iter for n in _loops(loop) if isinstance(n.iter, ast.Call)]
    ranges = [c for c in calls if isinstance(c.func, ast.Name) and c.func.id == "range"]
    call = _pick(rng, ranges)
    if call is None:
        return False
    texts = [ast.unparse(a) for a in call.args]
    start, stop = (texts[0], texts[1]) if len(texts) > 1 else ("0", texts[0])
    forms = (
        f"1, {stop}",
        f"{start}, {stop} - 1",
        f"{stop} - 1, -1, -1",
        f"{start}, {stop}, 2",
        f"{stop} - 2, 0, -1",
    )
    parsed: Any = ast.parse(f"f({rng.choice(forms)})", mode="eval")
    call.args = parsed.body.args
    return True


def _constant(loop: ast.FunctionDef, rng: random.Random) -> bool:
    """Another number: start values, factors, axes."""
    numbers = [
        n for n in ast.walk(loop) if isinstance(n, ast.Constant) and type(n.value) in (int, float)
    ]
    node = _pick(rng, numbers)
    if node is None:
        return False
    node.value = rng.choice((0, 1, 2, 0.5, 0.0, 1.0))
    return True


def _dtype(loop: ast.FunctionDef, rng: random.Random) -> bool:
    """Another dtype of an allocation."""
    makers = ("zeros", "ones", "full", "empty", "zeros_like", "full_like")
    calls = [
        n for n in ast.walk(loop) if isinstance(n, ast.Call) and isinstance(n.func, ast.Attribute)
    ]
    call = _pick(
        rng, [c for c in calls if isinstance(c.func, ast.Attribute) and c.func.attr in makers]
    )
    if call is None:
        return False
    call.keywords = [k for k in call.keywords if k.arg != "dtype"]
    name = rng.choice(("", "float64", "int64", "float16", "bool", "int32"))
    if name:
        call.keywords.append(ast.keyword("dtype", ast.parse(f"torch.{name}", mode="eval").body))
    return True


def _result(loop: ast.FunctionDef, rng: random.Random) -> bool:
    """One more name is returned, alive after the loop."""
    last = loop.body[-1]
    stored = {n.id for f in _loops(loop) for n in ast.walk(f) if isinstance(n, ast.Name)}
    names = sorted(
        n for n in stored if n not in ("torch", "range", "len", "math", "zip", "enumerate")
    )
    if not isinstance(last, ast.Return) or last.value is None or not names:
        return False
    last.value = ast.Tuple([last.value, ast.Name(rng.choice(names), ast.Load())], ast.Load())
    return True


def _alias(loop: ast.FunctionDef, rng: random.Random) -> bool:
    """A view of a parameter under a new name, used for some of its reads."""
    params = [a.arg for a in loop.args.args]
    nodes = [
        s.value for s in _subscripts(loop) if isinstance(s.value, ast.Name) and s.value.id in params
    ]
    node = _pick(rng, nodes)
    if node is None:
        return False
    view = rng.choice(("{}[:]", "{}[1:]", "{}.view_as({})", "{}.detach()", "{}.clone()", "{}.t()"))
    loop.body.insert(0, ast.parse(f"other = {view.replace('{}', node.id)}").body[0])
    node.id = "other"
    return True


def _update(loop: ast.FunctionDef, rng: random.Random) -> bool:
    """A store into something that is read, after the statement that reads it."""
    reads = [
        s
        for s in _subscripts(loop)
        if isinstance(s.ctx, ast.Load) and isinstance(s.value, ast.Name)
    ]
    read, body = _pick(rng, reads), _pick(rng, _bodies(loop))
    if read is None or body is None:
        return False
    target = ast.parse(f"{ast.unparse(read)} {rng.choice(('= 0', '+= 1', '*= 2'))}").body[0]
    body.insert(rng.randrange(len(body) + 1), target)
    return True


MUTATIONS: tuple[Mutation, ...] = (
    _offset,
    _offset,
    _swap,
    _other_index,
    _other_array,
    _operator,
    _comparison,
    _assignment,
    _order,
    _drop,
    _skip,
    _guard,
    _bound,
    _constant,
    _dtype,
    _result,
    _alias,
    _update,
)
