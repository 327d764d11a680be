"""What annotations say of names: `torch.Tensor`, `int`, `list[int]`, jaxtyping's `Float[Tensor, "b n"]`."""

from __future__ import annotations

from loopless.facts.fact import UNKNOWN, Fact, Kind
from loopless.facts.infer import dotted
from loopless.facts.scope import Scope
from loopless.ir import tree
from loopless.ir.poly import Dim, Symbol, poly

_CONTAINERS: dict[str, Kind] = {
    "list": "list", "sequence": "list", "iterable": "list", "dict": "dict", "mapping": "dict",
    "tuple": "tuple",
}  # fmt: skip


def annotated(annotation: tree.Expr, scope: Scope, name: str) -> Fact:
    """What an annotation says: torch.Tensor, int, float, jaxtyping's Float[Tensor, "b n"]."""
    match annotation:
        case tree.Literal(str(text)):
            return _annotated_by(text.strip(), name)
        case tree.Item(of, (first, tree.Literal(str(shape)))):
            if annotated(first, scope, name).is_tensor:
                return _jaxtyped(of, shape, name)
            return UNKNOWN
        case tree.Item(of) if (head := dotted(of, scope)) is not None:
            short = head.rsplit(".", 1)[-1].lower()
            kind = _CONTAINERS.get(short)
            return UNKNOWN if kind is None else Fact(kind)
        case tree.Name() | tree.Field():
            whole = dotted(annotation, scope)
            return UNKNOWN if whole is None else _annotated_by(whole, name)
        case _:
            return UNKNOWN


def _annotated_by(whole: str, name: str) -> Fact:
    short = whole.rsplit(".", 1)[-1]
    match short:
        case "Tensor" | "FloatTensor" | "LongTensor" | "BoolTensor" | "Parameter":
            dtype = {"FloatTensor": "float32", "LongTensor": "int64", "BoolTensor": "bool"}.get(
                short
            )
            return Fact("tensor", dtype=dtype or f"of:{name}")
        case "int" | "float" | "bool" | "str":
            return Fact(short, poly=poly(Symbol(name)) if short == "int" else None)
        case "list" | "dict" | "tuple":
            return Fact(short)
        case "Callable":
            return Fact("callable")
        case "ndarray":
            return Fact("array")
        case _ if whole.startswith("torch.nn.") and short[:1].isupper():
            return Fact("module", instance=whole)
        case _:
            return UNKNOWN


def _jaxtyped(of: tree.Expr, shape: str, name: str) -> Fact:
    words = shape.split()
    kinds = {"Int": "int64", "Bool": "bool"}
    head = of.id if isinstance(of, tree.Name) else of.name if isinstance(of, tree.Field) else ""
    dtype = kinds.get(head, f"of:{name}")
    if any(word.startswith(("*", "...")) or word == "..." for word in words):
        return Fact("tensor", dtype=dtype)
    return Fact("tensor", tuple(poly(Dim(name, k)) for k in range(len(words))), dtype=dtype)
