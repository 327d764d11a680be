"""What may have happened to a module since it was made: another mode, another part."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from loopless.facts.fact import Fact
from loopless.facts.infer import dotted
from loopless.facts.scope import Scope
from loopless.finding import Span
from loopless.ir import tree
from loopless.ir.walk import every_statement, own_expressions, parts

Same = Callable[[tree.Expr], bool]

# Methods that change neither the parts of a module nor its mode.
_HARMLESS = frozenset(
    "parameters named_parameters buffers state_dict load_state_dict zero_grad to cuda cpu float double half "
    "bfloat16 requires_grad_".split()
)


def note_modes(statement: tree.Stmt, scope: Scope) -> None:
    """Take into the scope what a statement does to the modules that have names."""
    match statement:
        case tree.Evaluate(tree.Call(tree.Field(tree.Name(name)))) if mode := mode_of(
            statement, name
        ):
            _change(name, scope, evaluated=mode == "eval")
            return
        case _:
            pass
    for name, fact in list(scope.names.items()):
        if fact.kind != "module" or _gives_weights(statement, name, fact, scope):
            continue
        if touches(statement, _named(name)):
            _change(name, scope, evaluated=False, touched=True)


def _gives_weights(statement: tree.Stmt, name: str, fact: Fact, scope: Scope) -> bool:
    """`layer.weight = nn.Parameter(w)`: a layer of torch's own stays what it is, with other numbers in it."""
    match statement:
        case tree.Assign(tree.Field(tree.Name(found), _), tree.Call(func, args, keywords)) if (
            found == name and fact.instance.startswith("torch.nn.")
        ):
            given = (*args, *(value for _, value in keywords))
            kept = not any(_hands_on(arg, _named(name)) for arg in given)
            return kept and dotted(func, scope) in _PARAMETERS
        case _:
            return False


_PARAMETERS = frozenset({"torch.nn.Parameter", "torch.nn.parameter.Parameter"})


def mode_of(statement: tree.Stmt, name: str) -> str | None:
    """The mode into which a statement puts the module of this name, "eval" or "train", if that is all it does."""
    match statement:
        case tree.Evaluate(
            tree.Call(tree.Field(tree.Name(found), "eval" | "train" as mode), (), ())
        ) if found == name:
            return mode
        case _:
            return None


def touches(statement: tree.Stmt, same: Same) -> bool:
    """Whether a statement may do more with a module than call it and read its parameters."""
    return any(touches_itself(inner, same) for inner in every_statement((statement,)))


def touches_itself(statement: tree.Stmt, same: Same) -> bool:
    """The same of a statement without those inside of it."""
    match statement:
        case tree.Define(_, _, _, reads) | tree.Other("Delete", reads):
            if _reads(reads, statement.span, same):
                return True
        case tree.Assign(target) | tree.Augment(target) if not same(target):
            if _is_part(target, same):
                return True
        case _:
            pass
    bare = statement.target if isinstance(statement, tree.Assign) else None
    return any(
        not (expr is bare and same(expr)) and _hands_on(expr, same)
        for expr in own_expressions(statement)
    )


def _named(name: str) -> Same:
    return lambda expr: isinstance(expr, tree.Name) and expr.id == name


def _change(name: str, scope: Scope, *, evaluated: bool, touched: bool = False) -> None:
    fact = scope.fact(name)
    if fact.kind == "module" and fact.made is not None:
        made = replace(fact.made, evaluated=evaluated, touched=touched or fact.made.touched)
        scope.names[name] = fact.but(made=made)


def _hands_on(expr: tree.Expr, same: Same) -> bool:
    """Whether an expression gives a module, or a part of it, to anything but a call of it."""
    match expr:
        case _ if same(expr):
            return True
        case tree.Opaque(_, reads):
            return _reads(reads, expr.span, same)
        case tree.Call(func, args, keywords):
            given = (*args, *(value for _, value in keywords))
            if same(func):
                return any(_hands_on(arg, same) for arg in given)
            match func:
                case tree.Field(of, method) if _is_part(of, same):
                    own = method not in _HARMLESS
                case _:
                    own = _hands_on(func, same)
            return own or any(_hands_on(arg, same) for arg in given)
        case tree.Field(of) if _is_part(of, same):
            return False
        case _:
            return any(_hands_on(part, same) for part in parts(expr))


def _is_part(expr: tree.Expr, same: Same) -> bool:
    """Whether an expression is the module or something that it holds."""
    while not same(expr):
        match expr:
            case tree.Field(of) | tree.Item(of):
                expr = of
            case _:
                return False
    return True


def _reads(names: frozenset[str], span: Span, same: Same) -> bool:
    """Whether names that are read out of sight hold the module."""
    return any(same(tree.Name(name, span)) for name in names)
