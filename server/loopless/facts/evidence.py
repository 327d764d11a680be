"""Which names a function shows to be tensors, and of which rank (presumption P1 of ARCHITECTURE.md)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from loopless.facts.handed import (
    asked_of_results,
    calls_of,
    copied,
    inside_functions,
    items_computed_with,
)
from loopless.facts.joint_masks import joined_masks
from loopless.facts.kept import kept_as_tensors
from loopless.facts.masks import is_mask, masks_of
from loopless.facts.namespaces import is_operation
from loopless.facts.numbers import numbers_in
from loopless.facts.operations import lookup
from loopless.facts.required import required
from loopless.facts.rows import multiplied_items, opened, row_items
from loopless.facts.scope import names_bound
from loopless.facts.sequences import walked_by_python
from loopless.ir import tree
from loopless.ir.walk import every_statement, own_expressions, walk_expr

# The least rank of a tensor that may have any number of further dimensions.
OPEN = -1000

FLOATS = frozenset({"float16", "bfloat16", "float32", "float64", "complex64", "complex128"})

_DTYPES = {
    "float": "float32", "double": "float64", "half": "float16", "long": "int64", "int": "int32",
    "short": "int16", "cfloat": "complex64", "cdouble": "complex128",
    **{name: name for name in (
        "float16", "bfloat16", "float32", "float64", "int8", "int16", "int32", "int64", "uint8",
        "bool", "complex64", "complex128",
    )},
}  # fmt: skip

CREATORS = frozenset(
    f"torch.{name}"
    for name in (
        "zeros ones empty full eye arange linspace randperm randint rand randn tensor as_tensor "
        "from_numpy normal"
    ).split()
)
LIKES = frozenset(
    f"torch.{name}"
    for name in "zeros_like ones_like empty_like full_like rand_like randn_like clone".split()
)
# Operations whose result is a tensor, whatever they are given.
TENSOR_NAMES = frozenset(f"torch.{name}" for name in "stack cat concat vstack hstack where".split())

# Attributes and methods that lists, numbers and strings do not have. NumPy's arrays have some of them too.
_TENSOR_ATTRIBUTES = frozenset(
    "shape size dim numel device dtype unsqueeze squeeze permute view expand clone detach cpu cuda "
    "to requires_grad backward grad is_cuda new_zeros new_ones new_full new_tensor zero_ fill_ "
    "masked_fill index_select scatter scatter_add gather element_size nelement float long bool "
    "double half sigmoid softmax matmul mm bmm contiguous unbind split_with_sizes flatten ndim "
    "expand_as view_as type_as relu tanh unfold topk t T mT masked_fill_ add_ mul_ sub_ div_ copy_ "
    "sum mean abs max min norm pow exp log sqrt argmax argmin tolist item any all unique nonzero".split()
)
# torch functions that also take lists, or take no tensor.
_NO_EVIDENCE = frozenset(
    "stack cat concat vstack hstack tensor as_tensor zeros ones empty full eye arange linspace "
    "rand randn randint randperm manual_seed device save load no_grad from_numpy is_tensor "
    "compile jit nn utils inference_mode enable_grad set_grad_enabled normal meshgrid".split()
)
_LIST_METHODS = frozenset(
    "append extend insert pop remove index sort items keys values get update copy join split".split()
)


# Functions whose result has the dimensions of what they are given.
_POINTWISE = frozenset(
    "abs exp log sqrt isnan isinf isfinite sign floor ceil round sin cos tan tanh sigmoid relu neg".split()
)
_OF_NUMBERS = frozenset({"builtins.int", "builtins.float", "builtins.range", "builtins.bool"})


def dtype_name(whole: str) -> str | None:
    """The canonical name of a torch dtype: "torch.long" -> "int64"."""
    return _DTYPES.get(whole.removeprefix("torch.")) if whole.startswith("torch.") else None


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a function shows of its names.

    `strong` names are shown by torch calls or tensor-only attributes; `stored` by element stores in a loop; `indexed`
    are only read by subscript in arithmetic. `ranks` are shown by use as scalars, `least` are the dimensions that
    subscripts and sizes name: a tensor of which two or more are named is presumed to have no others (P4). `integers`
    are what subscripts and ranges are computed from, `numbers` what conditions compare and functions of numbers take.
    """

    strong: frozenset[str]
    stored: frozenset[str]
    indexed: frozenset[str]
    ranks: dict[str, int]
    least: dict[str, int]
    integers: frozenset[str]
    numbers: frozenset[str]


def gather(
    body: Iterable[tree.Stmt],
    canonical: Callable[[tree.Expr], str | None],
    functions: Mapping[str, tree.Function],
) -> Evidence:
    """What the statements of one function show of the names that they use."""
    strong: set[str] = set()
    listed: set[str] = set()
    stored: set[str] = set()
    indexed: set[str] = set()
    ranks: dict[str, int] = {}
    least: dict[str, int] = {}
    masks = masks_of(body)
    # The same by subscripts alone: a size tells of a dimension, and not that there is none behind it.
    subscripted: dict[str, int] = {}
    rows: dict[str, int] = {}
    factors: dict[str, int] = {}
    for statement in every_statement(body):
        match statement:
            case tree.Augment(tree.Item(_, (tree.Range(),)), "*"):
                # A list takes that, too: it becomes twice as long.
                pass
            case tree.Assign(tree.Item(tree.Name(name))) | tree.Augment(tree.Item(tree.Name(name))):
                stored.add(name)
            case _:
                pass
        for expr in own_expressions(statement):
            for inner in walk_expr(expr):
                _shown(inner, canonical, strong, listed, indexed)
                _sliced(inner, strong, indexed)
                for argument in required(inner, canonical):
                    _name_or_item(argument, strong, indexed)
                _ranked(inner, canonical, ranks)
                _named_dims(inner, least, masks)
                if isinstance(inner, tree.Item) and (counted := _subscripted(inner)):
                    _raise(subscripted, *counted)
                for name, dims in row_items(inner, canonical):
                    _raise(rows, name, dims)
                for name, dims in multiplied_items(inner, canonical):
                    _raise(factors, name, dims)
        match statement:
            case tree.If(test) | tree.While(test):
                _truth(test, ranks)
            case _:
                pass
    strong.update(kept_as_tensors(body, canonical))
    strong.update(asked_of_results(body, _TENSOR_ATTRIBUTES))
    strong.update(joined_masks(body, _TENSOR_ATTRIBUTES, canonical))
    # What subscripts name is there: a condition on fewer of them asks a row, which may have one element.
    ranks = {name: rank for name, rank in ranks.items() if least.get(name, 0) <= rank}
    integers = _integers(body)
    indexed.update(_passed_on(body, stored, integers))
    indexed.update(copied(body))
    indexed.update(inside_functions(body, canonical))
    called: dict[str, Evidence] = {}
    for function, given in calls_of(body, functions):
        indexed.update(items_computed_with(function, given))
        within = called.get(function.name) or gather(function.body, canonical, {})
        called[function.name] = within
        for param, arg in given.items():
            if isinstance(arg, tree.Name):
                _shared(param, arg.id, within, (strong, stored, indexed), least)
        integers |= {n for p, arg in given.items() if p in within.integers for n in _summands(arg)}
    indexed.update(_looked_through(body, stored | indexed))
    indexed.difference_update(walked_by_python(body, canonical))
    # An object's methods may be any, also where they are called as those of a tensor; a subclass is no plain tensor.
    listed |= {"self", "cls"}
    least = opened(opened(least, least, rows, OPEN), subscripted, factors, OPEN)
    return Evidence(
        frozenset(strong - listed), frozenset(stored - listed), frozenset(indexed - listed),
        ranks, least, integers, numbers_in(body, canonical),
    )  # fmt: skip


def _raise(found: dict[str, int], name: str, dims: int) -> None:
    found[name] = max(found.get(name, 0), dims)


def _shared(
    param: str,
    name: str,
    within: Evidence,
    shown: tuple[set[str], set[str], set[str]],
    least: dict[str, int],
) -> None:
    """What a function shows of its parameter holds for the name that it is given."""
    for found, known in zip((within.strong, within.stored, within.indexed), shown, strict=True):
        if param in found:
            known.add(name)
    if param in within.least and least.get(name, 0) >= 0:
        named = within.least[param]
        least[name] = named if named < 0 else max(least.get(name, 0), named)


def _passed_on(
    body: Iterable[tree.Stmt], stored: set[str], integers: frozenset[str]
) -> Iterator[str]:
    """Names read by subscript for an element store, or for a place that other subscripts name."""
    made = names_bound(body)
    for statement in every_statement(body):
        match statement:
            case tree.Augment(tree.Item(), _, tree.Item(tree.Name(name))):
                yield name
            case tree.Assign(tree.Item(tree.Name(to)), tree.Item(tree.Name(name))):
                # A tensor made here may well be filled from a list of tensors.
                if to in stored and to not in made:
                    yield name
            case tree.Assign(tree.Name(to), tree.Item(tree.Name(name))) if to in integers:
                yield name
            case _:
                pass


def _looked_through(body: Iterable[tree.Stmt], used: set[str]) -> Iterator[str]:
    """Names that are stored to or read by subscript under another name, whole or in part."""
    for statement in every_statement(body):
        match statement:
            case tree.Assign(tree.Name(to), tree.Name(name)) if to in used:
                yield name
            case tree.Assign(tree.Name(to), tree.Item(tree.Name(name), (tree.Range(),))) if (
                to in used
            ):
                yield name
            case _:
                pass


def _shown(
    expr: tree.Expr,
    canonical: Callable[[tree.Expr], str | None],
    strong: set[str],
    listed: set[str],
    indexed: set[str],
) -> None:
    match expr:
        case tree.Field(tree.Name(name), attribute) if attribute in _TENSOR_ATTRIBUTES:
            if canonical(expr) is None:
                strong.add(name)
        case tree.Field(tree.Item(tree.Name(name)), "item"):
            strong.add(name)
        case tree.Item(tree.Name(name), subscripts) if any(_looked_up(s) for s in subscripts):
            indexed.update(n for s in subscripts if (n := _looked_up(s)))
            if len(subscripts) > 1:
                strong.add(name)
        case tree.Field(tree.Name(name), attribute) if attribute in _LIST_METHODS:
            listed.add(name)
        case tree.Item(tree.Name(name), subscripts) if len(subscripts) > 1:
            strong.add(name)
        case tree.Operator("@", operands):
            strong.update(name for o in operands if (name := _multiplied(o)) is not None)
        case tree.Operator(_, operands):
            for operand in operands:
                match operand:
                    case tree.Item(tree.Name(name)) | tree.Item(tree.Item(tree.Name(name))):
                        indexed.add(name)
                    case _:
                        pass
        case tree.Call(func, args) if args:
            whole = canonical(func)
            if whole == "builtins.isinstance" and isinstance(args[0], tree.Name):
                listed.add(args[0].id)
            if whole is not None and is_operation(whole):
                _given(whole, args, strong, indexed)
        case _:
            pass


def _sliced(expr: tree.Expr, strong: set[str], indexed: set[str]) -> None:
    """What slices show: of what is cut, and of what their ends are looked up in."""
    match expr:
        case tree.Field(tree.Item(tree.Name(name), (tree.Range(),)), method) if (
            method not in _LIST_METHODS
        ):
            # A slice of a list is a list.
            strong.add(name)
        case tree.Item(_, subscripts):
            indexed.update(
                n for s in subscripts if isinstance(s, tree.Range) for n in _in_bounds(s)
            )
        case tree.Call(tree.Name("int" | "range"), args):
            indexed.update(n for arg in args for n in _in_bounds(arg))
        case _:
            pass


def _given(whole: str, args: tuple[tree.Expr, ...], strong: set[str], indexed: set[str]) -> None:
    """What it shows of a name to be an argument of a torch function."""
    short = whole.rsplit(".", 1)[-1]
    known = lookup(whole)
    made_of_numbers = known is not None and not known.tensors
    if short in _NO_EVIDENCE or short[:1].isupper() or made_of_numbers:
        return
    for argument in args[:2]:
        if argument is args[0] or not isinstance(argument, tree.Name):
            _name_or_item(argument, strong, indexed)


def _name_or_item(argument: tree.Expr, strong: set[str], indexed: set[str]) -> None:
    match argument:
        case tree.Name(name):
            strong.add(name)
        case tree.Item(tree.Name(name)):
            indexed.add(name)
        case _:
            pass


def _named_dims(expr: tree.Expr, least: dict[str, int], masks: frozenset[str]) -> None:
    """How many dimensions a subscript or a size shows a tensor to have at least."""
    match expr:
        case tree.Item(tree.Field(tree.Name(name), "shape"), (tree.Range(start, None),)) if (
            start is not None
        ):
            # `*x.shape[2:]`: there may be any number of further dimensions.
            least[name] = OPEN
            return
        case tree.Item(tree.Field(tree.Name(name), "shape"), (tree.Literal(int(dim)),)):
            named = dim + 1 if dim >= 0 else -dim
        case tree.Call(tree.Field(tree.Name(name), "size"), (tree.Literal(int(dim)),)):
            named = dim + 1 if dim >= 0 else -dim
        case tree.Item(tree.Name(name), (*before, last)) if not isinstance(
            last, tree.Range
        ) and any(isinstance(s, tree.Range) for s in before):
            # `x[:, t]` takes a step, a head or a channel: what it leaves may have any number of dimensions.
            least[name] = OPEN
            return
        case tree.Item(_, subscripts) if any(is_mask(s, masks) for s in subscripts):
            # A mask may have as many dimensions as what it selects from.
            return
        case tree.Item():
            counted = _subscripted(expr)
            if counted is None:
                return
            name, named = counted
        case _:
            return
    if least.get(name, 0) >= 0:
        least[name] = max(least.get(name, 0), named)


def _subscripted(item: tree.Item) -> tuple[str, int] | None:
    """The name below a subscript, or several in a row, and how many dimensions they take."""
    named = 0
    expr: tree.Expr = item
    while isinstance(expr, tree.Item):
        if any(isinstance(s, tree.Rest) for s in expr.subscripts):
            return None
        if any(isinstance(s, tree.Range) for s in expr.subscripts) and named:
            # The subscript of a slice goes into what the slice left: count the slices of the inner one.
            named = max(named, len(expr.subscripts))
        else:
            named += sum(
                not (isinstance(s, tree.Literal) and s.value is None) for s in expr.subscripts
            )
        expr = expr.of
    return (expr.id, named) if isinstance(expr, tree.Name) else None


def _integers(body: Iterable[tree.Stmt]) -> frozenset[str]:
    """Names that subscripts and ranges are computed from by integer arithmetic, through assignments."""
    statements = list(every_statement(body))
    found: set[str] = set()
    for statement in statements:
        for expr in own_expressions(statement):
            for inner in walk_expr(expr):
                match inner:
                    case tree.Item(_, subscripts):
                        for subscript in subscripts:
                            found |= _summands(subscript)
                    case tree.Range(start, stop, step):
                        for part in (start, stop, step):
                            found |= _summands(part)
                    case tree.Call(tree.Name("range"), args):
                        for arg in args:
                            found |= _summands(arg)
                    case _:
                        pass
    grown = True
    while grown:
        before = len(found)
        for statement in statements:
            match statement:
                case tree.Assign(tree.Name(name), value) if name in found:
                    found |= _summands(value)
                case _:
                    pass
        grown = len(found) > before
    return frozenset(found)


def _summands(expr: tree.Expr | None) -> set[str]:
    match expr:
        case tree.Name(name):
            return {name}
        case tree.Operator("+" | "-" | "*" | "//" | "%" | "neg", operands):
            return {name for operand in operands for name in _summands(operand)}
        case tree.Call(tree.Name("min" | "max"), args):
            return {name for arg in args for name in _summands(arg)}
        case _:
            return set()


def _looked_up(subscript: tree.Expr) -> str | None:
    """The name in `x[name[i]]`."""
    match subscript:
        case tree.Item(tree.Name(name)):
            return name
        case _:
            return None


def _in_bounds(expr: tree.Expr | None) -> Iterator[str]:
    """The names in `x[: name[i]]`, `x[name[i] - 1 :]` and `int(name[i] * n)`."""
    match expr:
        case tree.Range(start, stop):
            yield from _in_bounds(start)
            yield from _in_bounds(stop)
        case tree.Operator(_, operands):
            for operand in operands:
                yield from _in_bounds(operand)
        case tree.Call(tree.Name("int" | "min" | "max"), args):
            for arg in args:
                yield from _in_bounds(arg)
        case tree.Item(tree.Name(name), subscripts) if not any(
            isinstance(s, tree.Range | tree.Rest) for s in subscripts
        ):
            yield name
        case _:
            pass


def _ranked(
    expr: tree.Expr, canonical: Callable[[tree.Expr], str | None], ranks: dict[str, int]
) -> None:
    """Items that must be numbers: int(x[i]), x[i].item(), range(x[i]), math.sqrt(x[i])."""
    match expr:
        case tree.Call(func, args) if args:
            whole = canonical(func) or ""
            if whole in _OF_NUMBERS or whole.startswith("math."):
                for arg in args:
                    _scalar(arg, ranks)
        case _:
            pass
    match expr:
        case tree.Call(tree.Field(of, "item")):
            _scalar(of, ranks)
        case tree.Choice(test):
            _truth(test, ranks)
        case tree.Junction(_, operands):
            for operand in operands:
                _truth(operand, ranks)
        case tree.Comprehension(_, _, clauses):
            for clause in clauses:
                for test in clause.tests:
                    _truth(test, ranks)
        case _:
            pass


def _truth(test: tree.Expr, ranks: dict[str, int]) -> None:
    """A condition is one truth value, so what it compares are numbers."""
    match test:
        case tree.Operator("not" | "<" | ">" | "<=" | ">=" | "==" | "!=", operands):
            for operand in operands:
                _arithmetic(operand, ranks)
        case tree.Junction(_, operands):
            for operand in operands:
                _truth(operand, ranks)
        case tree.Call():
            _arithmetic(test, ranks)
        case _:
            _scalar(test, ranks)


def _arithmetic(expr: tree.Expr, ranks: dict[str, int]) -> None:
    match expr:
        case tree.Operator("+" | "-" | "*" | "/" | "**" | "%" | "//" | "neg", operands):
            for operand in operands:
                _arithmetic(operand, ranks)
        case tree.Call(tree.Field(tree.Name("torch"), name), (arg,)) if name in _POINTWISE:
            _arithmetic(arg, ranks)
        case tree.Call(tree.Field(of, name), ()) if name in _POINTWISE:
            _arithmetic(of, ranks)
        case tree.Call(tree.Name("abs"), (arg,)):
            _arithmetic(arg, ranks)
        case _:
            _scalar(expr, ranks)


def _scalar(expr: tree.Expr, ranks: dict[str, int]) -> None:
    count = 0
    while isinstance(expr, tree.Item):
        if any(isinstance(s, tree.Range | tree.Rest) for s in expr.subscripts):
            return
        if any(isinstance(s, tree.Literal) and s.value is None for s in expr.subscripts):
            return
        count += len(expr.subscripts)
        expr = expr.of
    if count and isinstance(expr, tree.Name):
        ranks.setdefault(expr.id, count)


def _multiplied(operand: tree.Expr) -> str | None:
    """The name of a factor of `@`, itself or sliced: a slice of a list is a list, which has no such product."""
    match operand:
        case tree.Name(name) | tree.Item(tree.Name(name), (tree.Range(), *_)):
            return name
        case _:
            return None
