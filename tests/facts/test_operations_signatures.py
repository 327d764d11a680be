"""The parameters in the tables are those of the installed torch."""

from __future__ import annotations

import builtins
import collections
import functools
import inspect
import math

import pytest

torch = pytest.importorskip("torch")

from loopless.facts.operations import Operation, names  # noqa: E402
from tests.facts.operation_samples import known  # noqa: E402

NAMES = sorted(names())
FACTORY = {"dtype", "layout", "device", "requires_grad", "pin_memory", "memory_format", "generator"}
HIDDEN = {
    "_stacklevel",
    "_random_samples",
    "out",
    "out_dtype",
    "implicit",
    "cudnn_enabled",
    "cudnn_enable",
}


@functools.cache
def schemas() -> dict[str, list[tuple[list[str], list[str]]]]:
    """The positional and keyword-only parameters of each overload, by its name in aten."""
    found = collections.defaultdict(list)
    for schema in torch._C._jit_get_all_schemas():
        namespace, name = schema.name.split("::", 1)
        text = str(schema)
        if namespace != "aten" or "Dimname" in text or any(a.is_out for a in schema.arguments):
            continue
        positional = [
            "input" if a.name == "self" else a.name for a in schema.arguments if not a.kwarg_only
        ]
        keyword = [a.name for a in schema.arguments if a.kwarg_only]
        if any("Tensor" in str(a.type) for a in schema.arguments) or "dtype" in text:
            found[name].append((positional, keyword))
    return found


def aten_name(name: str) -> str:
    for namespace in ("linalg", "fft", "special"):
        if name.startswith(f"torch.{namespace}."):
            return f"{namespace}_{name.rsplit('.', 1)[1]}"
    return name.rsplit(".", 1)[1]


def resolve(name: str):
    """What a canonical name stands for in the installed torch."""
    home, _, attribute = name.rpartition(".")
    owner = {"math": math, "builtins": builtins, "Tensor": torch.Tensor}.get(home)
    if owner is None:
        owner = functools.reduce(getattr, home.split(".")[1:], torch)
    return getattr(owner, attribute)


def overloads(operation: Operation) -> list[tuple[list[str], list[str]]]:
    home, _, short = operation.name.rpartition(".")
    target = getattr(resolve(home), f"{short}_with_indices", None) if "functional" in home else None
    target = target or resolve(operation.name)
    if inspect.isfunction(target) and not hasattr(target, "__wrapped_dispatch__"):
        parameters = inspect.signature(target).parameters.values()
        if not any(p.kind is p.VAR_KEYWORD for p in parameters):
            positional = [p.name for p in parameters if p.kind is not p.KEYWORD_ONLY]
            return [(positional, [p.name for p in parameters if p.kind is p.KEYWORD_ONLY])]
    return schemas().get(aten_name(operation.name), [])


def own(operation: Operation) -> list[str]:
    if operation.name.startswith("Tensor.") and operation.params:
        return ["input", *operation.params[1:]]
    return list(operation.params)


ELSEWHERE = {
    # torch has an overload for each kind of argument; ours is the documented name of them together.
    "torch.hsplit",
    "torch.vsplit",
    "torch.dsplit",
    "torch.tensor_split",
    "Tensor.hsplit",
    "Tensor.vsplit",
    "Tensor.dsplit",
    "Tensor.tensor_split",
    "torch.isin",
    "torch.einsum",
    "torch.block_diag",
    "torch.cartesian_prod",
    "torch.broadcast_tensors",
    # The method takes its parameters in another order than the schema, which is the function's.
    "Tensor.polygamma",
    "Tensor.where",
    "Tensor.cuda",
    "Tensor.to",
    "Tensor.copy_",
    "torch.nonzero",
    "Tensor.nonzero",
    "torch.meshgrid",
    # Known in part only: the rest of the parameters does not matter for what may not be moved.
    "torch.nn.functional.multi_head_attention_forward",
    "torch.save",
    "torch.load",
    "torch.compile",
    "torch.nn.functional.elu_",
}
OVERLOADED = {
    "max": {"other"},
    "min": {"other"},
    "eq": {"a", "b"},
    "ne": {"a", "b"},
    "sort": {"reverse"},
    "tensor": {"t"},
    "as_tensor": {"t"},
    "result_type": {"scalar"},
}


def signature_problem(operation: Operation) -> str:
    found = overloads(operation)
    if not found or operation.attribute or operation.name in ELSEWHERE:
        return ""
    found = [
        (["input" if p == "self" else p for p in positional], keyword)
        for positional, keyword in found
    ]
    params = own(operation)
    places = {(i, p) for positional, _ in found for i, p in enumerate(positional)}
    known = {p for positional, keyword in found for p in (*positional, *keyword)}
    known -= OVERLOADED.get(operation.name.rsplit(".", 1)[1], set())
    wrong = [p for i, p in enumerate(params) if (i, p) not in places]
    strange = set(operation.keywords) - known - FACTORY
    missing = known - set(params) - set(operation.keywords) - HIDDEN - FACTORY
    return (
        f"wrong {wrong}, unknown {strange}, missing {missing}: {found}"
        if wrong or strange or missing
        else ""
    )


def exists(name: str) -> bool:
    try:
        resolve(name)
    except AttributeError:
        return name in ("Tensor.grad_fn",)
    return True


def test_every_name_exists():
    assert [name for name in NAMES if not exists(name)] == []


def test_parameters_have_the_names_and_places_that_torch_gives_them():
    problems = {
        n: signature_problem(known(n)) for n in NAMES if n.startswith(("torch.", "Tensor."))
    }
    assert {name: problem for name, problem in problems.items() if problem} == {}
