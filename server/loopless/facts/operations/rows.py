"""How the tables are written: a row says one thing of several names in several namespaces."""

from __future__ import annotations

from dataclasses import dataclass, replace

from loopless.facts.operations.operation import Dim, Operation, Result, Rule, Whole

HOMES = {
    "torch": "torch.",
    "Tensor": "Tensor.",
    "inplace": "Tensor.",
    "functional": "torch.nn.functional.",
    "linalg": "torch.linalg.",
    "fft": "torch.fft.",
    "special": "torch.special.",
    "cuda": "torch.cuda.",
    "math": "math.",
    "builtins": "builtins.",
}


@dataclass(frozen=True, slots=True)
class Row:
    """`names` in each of `homes`, all alike."""

    homes: str
    names: str
    like: Operation


def op(
    rule: Rule,
    params: str = "input",
    tensors: str | None = None,
    dims: str = "",
    *,
    keywords: str = "",
    dtype: Result = Result.SAME,
    item_rank: int | None = None,
    last: int = 0,
    batched: str | None = None,
    variadic: str | None = None,
    sequences: str = "",
    defaults: tuple[tuple[str, Dim], ...] = (),
    whole: Whole = Whole.REQUIRED,
    many: bool = False,
    ranks: tuple[int, ...] = (),
    leading: tuple[int, int] | None = None,
    samples: bool = False,
    broadcasts: bool = True,
    aligned: bool = False,
    exact: bool = True,
    alias: bool = False,
    fields: str = "",
    field_dtypes: tuple[Result, ...] = (),
    fields_need_dim: bool = False,
    pieces: bool = False,
    promotes: str = "",
    fixed_dtype: str | None = None,
    moves: str = "",
    writes: str = "",
    pure_name: str | None = None,
    inplace: str | None = None,
    requires: tuple[tuple[str, object], ...] = (),
    numbers: str = "",
    if_tensor: str | None = None,
    if_alone: str | None = None,
    lone: str | None = None,
    flag: str | None = None,
    attribute: bool = False,
    torch_name: str | None = None,
    domain: str = "",
    caveat: str = "",
    value_dependent_shape: bool = False,
) -> Operation:
    """An operation without a name, its lists of names written with spaces; `tensors` is the first of `params`."""
    names = tuple(params.split())
    if rule is Rule.REDUCE and item_rank is None:
        item_rank = 1
    return Operation(
        "",
        rule,
        names,
        names[:1] if tensors is None else tuple(tensors.split()),
        tuple(dims.split()),
        item_rank=item_rank,
        last=last,
        dtype=dtype,
        value_dependent_shape=value_dependent_shape,
        batched=batched,
        pure=rule not in (Rule.EFFECT, Rule.RANDOM),
        keywords=tuple(keywords.split()),
        variadic=variadic,
        sequences=tuple(sequences.split()),
        defaults=defaults,
        whole=whole,
        many=many,
        ranks=ranks,
        leading=leading,
        samples=samples,
        broadcasts=broadcasts,
        aligned=aligned,
        exact=exact,
        alias=alias,
        fields=tuple(fields.split()),
        field_dtypes=field_dtypes,
        fields_need_dim=fields_need_dim,
        pieces=pieces,
        promotes=tuple(promotes.split()),
        fixed_dtype=fixed_dtype,
        moves=tuple(moves.split()),
        writes=tuple(writes.split()),
        pure_name=pure_name,
        inplace=inplace,
        requires=requires,
        numbers=tuple(numbers.split()),
        if_tensor=if_tensor,
        if_alone=if_alone,
        lone=lone,
        flag=flag,
        attribute=attribute,
        torch_name=torch_name,
        domain=domain,
        caveat=caveat,
    )


def index(rows: tuple[Row, ...]) -> dict[str, tuple[str, Operation]]:
    """Every full name of the rows, with the home that it stands in."""
    return {
        f"{HOMES[home]}{name}{'_' if home == 'inplace' else ''}": (home, row.like)
        for row in rows
        for home in row.homes.split()
        for name in row.names.split()
    }


def named(name: str, home: str, like: Operation) -> Operation:
    """The operation of a row under one of its names."""
    if home not in ("Tensor", "inplace"):
        return replace(like, name=name)
    method = _as_method(name, like)
    if home == "Tensor":
        return method
    return replace(
        method,
        rule=Rule.EFFECT,
        pure=False,
        dtype=Result.FIRST,
        writes=("self",),
        pure_name=name[:-1],
        alias=True,
        if_alone=None,
    )


def _as_method(name: str, like: Operation) -> Operation:
    """The function with its first parameter called `self`; other operations that it may be are methods too."""
    if not like.params or like.params[0] == "self":
        return replace(like, name=name)
    first = like.params[0]

    def renamed(names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple("self" if each == first else each for each in names)

    return replace(
        like,
        name=name,
        params=renamed(like.params),
        tensors=renamed(like.tensors),
        promotes=renamed(like.promotes),
        writes=renamed(like.writes),
        if_tensor=_as_method_name(like.if_tensor),
        if_alone=_as_method_name(like.if_alone),
    )


def _as_method_name(name: str | None) -> str | None:
    return None if name is None else name.replace("torch.", "Tensor.")
