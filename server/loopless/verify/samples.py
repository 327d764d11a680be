"""What to try for each input of a slice: comment first, then calls and constructors, facts, uses."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from loopless.finding import Finding, Input
from loopless.verify.clues import clues_of
from loopless.verify.names import bound, parameters
from loopless.verify.objects import attribute_paths, class_of
from loopless.verify.setup import Function
from loopless.verify.slicing import Slice
from loopless.verify.templates import Comment, Template, call_arguments, template
from loopless.verify.views import Clue, Known, Term

Option = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Root:
    """An input and the ways to make it, the likeliest first."""

    name: str
    options: tuple[Option, ...]

    def to_json(self) -> dict[str, Any]:
        """The root as the worker reads it."""
        return {"name": self.name, "options": list(self.options)}


@dataclass(frozen=True, slots=True)
class _Shown:
    """Everything that the file shows of the inputs, gathered once."""

    clues: Known
    comment: Comment | None
    calls: Mapping[str, ast.expr]
    made: Mapping[str, ast.expr]
    facts: Mapping[str, Input]
    parameters: Mapping[str, tuple[ast.expr | None, ast.expr | None]]


def roots_of(piece: Slice, finding: Finding, comment: Comment | None) -> list[Root]:
    """The inputs of the slice with their options."""
    objects = _objects(piece)
    clues = clues_of([*piece.statements, *piece.region], objects)
    for name, _ in piece.made:
        clues.unite(("name", name, 0), ("name", name, 0))
    facts = {i.name: i for i in finding.inputs}
    _unite_facts(clues, facts)
    known = _Shown(clues, comment, _calls(piece), dict(piece.made), facts, _parameters(piece))
    names = [n for n in _flattened(piece, objects) if n not in objects]
    return [Root(name, tuple(_options(name, known))) for name in names]


def _objects(piece: Slice) -> list[str]:
    """Roots that only hold other values: `self`, and names used by their attributes alone."""
    statements = [*piece.statements, *piece.region]
    found: list[str] = [name for name, _ in piece.classes]
    for root in piece.roots:
        if root in found or not attribute_paths(statements, root):
            continue
        plain = _plain_uses(statements, root)
        clue = clues_of(statements, ())
        if root in ("self", "cls") or (
            not plain and not clue.of(root).is_tensor and not clue.of(root).is_list
        ):
            found.append(root)
    return found


def _plain_uses(statements: Sequence[ast.stmt], root: str) -> bool:
    owned = {id(n.value) for s in statements for n in ast.walk(s) if isinstance(n, ast.Attribute)}
    return any(
        isinstance(n, ast.Name) and n.id == root and id(n) not in owned
        for s in statements
        for n in ast.walk(s)
    )


def _flattened(piece: Slice, objects: Sequence[str]) -> list[str]:
    """The roots, objects replaced by the attributes that the slice reads on them."""
    statements: list[ast.AST] = [*piece.statements, *piece.region]
    owner = class_of(piece.path)
    methods: set[str] = set()
    if owner is not None:
        methods = bound(owner.body) if piece.classes else set()
        statements += [
            s
            for s in owner.body
            if piece.classes
            and isinstance(s, ast.FunctionDef)
            and f"def {s.name}(" in piece.program
        ]
    names: list[str] = []
    for root in piece.roots:
        names.append(root)
        if root not in objects:
            continue
        for path in attribute_paths(statements, root):
            if path.count(".") == 1 and path.split(".")[1] not in methods:
                names.append(path)
    return names


def _calls(piece: Slice) -> dict[str, ast.expr]:
    functions = [p.owner for p in piece.path if isinstance(p.owner, Function)]
    if not functions:
        return {}
    owner = class_of(piece.path)
    given = call_arguments(piece.module, functions[-1], owner.name if owner else None)
    full: dict[str, ast.expr] = max(given, key=len) if given else {}
    if owner is None:
        return full
    constructor = next(
        (s for s in owner.body if isinstance(s, ast.FunctionDef) and s.name == "__init__"), None
    )
    return full | _attributes(constructor, piece) if constructor else full


def _attributes(constructor: ast.FunctionDef, piece: Slice) -> dict[str, ast.expr]:
    """Constants that `__init__` gives to attributes."""
    found: dict[str, ast.expr] = {}
    for statement in constructor.body:
        match statement:
            case ast.Assign(
                targets=[ast.Attribute(value=ast.Name(id="self"), attr=attr)],
                value=ast.Constant() as value,
            ) if value.value is not None:
                found[f"self.{attr}"] = value
            case _:
                pass
    return found


def _parameters(piece: Slice) -> dict[str, tuple[ast.expr | None, ast.expr | None]]:
    """Annotation and default of each parameter."""
    found: dict[str, tuple[ast.expr | None, ast.expr | None]] = {}
    for place in piece.path:
        if not isinstance(place.owner, Function):
            continue
        arguments = place.owner.args
        positional = [*arguments.posonlyargs, *arguments.args]
        lead: list[ast.expr | None] = [None] * (len(positional) - len(arguments.defaults))
        defaults = dict(zip([a.arg for a in positional], [*lead, *arguments.defaults], strict=True))
        defaults |= dict(
            zip([a.arg for a in arguments.kwonlyargs], arguments.kw_defaults, strict=True)
        )
        for parameter in parameters(arguments):
            found[parameter.arg] = (parameter.annotation, defaults.get(parameter.arg))
    return found


def _unite_facts(clues: Known, facts: Mapping[str, Input]) -> None:
    for fact in facts.values():
        for axis, dim in enumerate(fact.dims or ()):
            if dim is not None:
                clues.unite(("axis", fact.name, axis), _dim_term(clues, dim))


def _dim_term(clues: Known, dim: str) -> Term | None:
    try:
        node = ast.parse(dim, mode="eval").body
    except SyntaxError:
        return None
    if isinstance(node, ast.Constant) and isinstance(node.value, int):
        return ("literal", "", node.value)
    return clues.term(node)


def _options(name: str, known: _Shown) -> list[Option]:
    options: list[Option] = []
    if known.comment and name in known.comment.values:
        return [_template_option(known.comment.values[name], {}, "sample comment")]
    if name in known.made:
        scope = {k: v for k, v in known.made.items() if isinstance(v, ast.Constant)}
        shown = known.made[name]
        if isinstance(shown, ast.Constant) and type(shown.value) is int:
            shown = ast.Constant(shown.value, kind=name)
        options.append(_template_option(shown, scope, "constructor in the file"))
    if name in known.calls:
        options.append(_template_option(known.calls[name], {}, "call in the file"))
    annotation, default = known.parameters.get(name, (None, None))
    clue, fact = known.clues.of(name), known.facts.get(name)
    for kind in _kinds(clue, fact, annotation, default):
        options += _of_kind(kind, name, known, clue, fact, default)
    return options


def _template_option(value: ast.expr, scope: Mapping[str, ast.expr], source: str) -> Option:
    made: Template | None = template(value, scope)
    assert made is not None
    return {
        "kind": "expr",
        "expr": made.source,
        "naturals": dict(made.naturals),
        "shown": made.shown,
        "source": source,
    }


_ANNOTATED = {
    "Tensor": "tensor",
    "int": "int",
    "float": "float",
    "bool": "bool",
    "str": "str",
    "Callable": "callable",
    "Module": "module",
    "device": "device",
    "dtype": "dtype",
}


def _kinds(
    clue: Clue, fact: Input | None, annotation: ast.expr | None, default: ast.expr | None
) -> list[str]:
    kinds: list[str] = []
    if annotation is not None:
        kinds += _annotated(ast.unparse(annotation))
    if fact is not None and fact.kind != "unknown":
        kinds.append({"number": "float", "list": "tensors"}.get(fact.kind, fact.kind))
    if isinstance(default, ast.Constant) and default.value is not None:
        kinds.append("default")
    if clue.strings:
        kinds.append("str")
    if clue.arity is not None and not clue.is_tensor:
        kinds.append("callable")
    if clue.is_list:
        kinds.append("list")
    if clue.is_tensor or clue.min_rank or clue.rank:
        kinds += ["tensor", "tensors"]
    if clue.is_int or (clue.index_of and not clue.is_tensor):
        kinds += ["int", "tensor"]
    kinds += ["tensor", "float", "int"] if clue.compared and not kinds else []
    kinds += ["float", "tensor", "int", "tensors"]
    if clue.maybe_none:
        kinds.append("none")
    return list(dict.fromkeys(kinds))


def _annotated(text: str) -> list[str]:
    words = text.replace("[", " ").replace("]", " ").replace(".", " ").replace("|", " ").split()
    if words and words[0] in ("List", "list", "Sequence", "Tuple", "tuple", "Iterable"):
        return ["tensors"] if any("Tensor" in w for w in words) else ["numbers"]
    return [_ANNOTATED[w] for w in words if w in _ANNOTATED]


def _of_kind(
    kind: str, name: str, known: _Shown, clue: Clue, fact: Input | None, default: ast.expr | None
) -> list[Option]:
    source = "facts" if fact is not None and fact.kind == kind else "use in the region"
    match kind:
        case "tensor":
            return [_tensor(name, known.clues, clue, fact, source)]
        case "tensors":
            option = _tensor(name, known.clues, clue, fact, source)
            return [option | {"kind": "tensors"}]
        case "int":
            return [_int(name, known.clues, clue, fact, source)]
        case "default":
            assert isinstance(default, ast.Constant)
            return [{"kind": "value", "value": default.value, "source": "default"}]
        case "str":
            return [{"kind": "value", "value": s, "source": source} for s in clue.strings]
        case "callable" | "module":
            return [
                {"kind": kind, "arity": clue.arity or 1, "source": "stands for any such function"}
            ]
        case "none":
            return [{"kind": "value", "value": None, "source": source}]
        case _:
            return [{"kind": kind, "source": source}]


def _int(name: str, clues: Known, clue: Clue, fact: Input | None, source: str) -> Option:
    option: Option = {
        "kind": "int",
        "size": _size(clues, ("name", name, 0), name),
        "source": source,
    }
    if clue.index_of:
        option |= {"content": "index", "high": _size(clues, clue.index_of[0], name)}
    return option


def _tensor(name: str, clues: Known, clue: Clue, fact: Input | None, source: str) -> Option:
    known_rank = clue.rank
    if fact is not None and fact.dims is not None:
        known_rank = len(fact.dims)
    low = max(clue.min_rank, fact.min_rank if fact else 0)
    rank = known_rank if known_rank is not None else low
    for term in list(clues.axes_of(name)):
        if term[2] < 0 and rank + term[2] >= 0:
            clues.unite(term, ("axis", name, rank + term[2]))
    sizes = [_size(clues, ("axis", name, k), name) for k in range(rank)]
    option: Option = {
        "kind": "tensor",
        "sizes": sizes,
        "open": known_rank is None,
        "dtype": fact.dtype if fact else None,
        "content": _content(clue, fact),
        "source": source,
    }
    if option["content"] in ("index", "count"):
        option["high"] = _high(name, clues, clue, fact)
    return option


def _content(clue: Clue, fact: Input | None) -> str:
    dtype = (fact.dtype or "") if fact else ""
    if dtype.endswith("bool"):
        return "mask"
    if clue.index_of or (fact and fact.high is not None):
        return "index"
    if clue.counted:
        return "count"
    if clue.truth and not clue.compared and not dtype:
        return "mask"
    return "positive" if clue.positive else "normal"


def _high(name: str, clues: Known, clue: Clue, fact: Input | None) -> str | int:
    term: Term | None = None
    if fact is not None and fact.high is not None:
        term = _dim_term(clues, fact.high)
    if term is None and clue.index_of:
        term = clue.index_of[0]
    return _size(clues, term, name) if term else "high"


def _size(clues: Known, term: Term, name: str) -> str | int:
    same = clues.same(term)
    if same[0] == "literal":
        return same[2]
    if same[0] == "axis":
        return f"{same[1]}.shape[{same[2]}]"
    return same[1] if same[0] == "name" else f"extent of {same[1]}"
