"""Each operation, done on all items at once as its rule promises, gives what a loop over the items gives."""

from __future__ import annotations

import itertools
import math
import os
import subprocess
import sys
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")

from loopless.facts.operations import Operation, Rule, bind, lookup, method, names, operator  # noqa: E402
from loopless.facts.operations.dtypes import Operand, Typed, of_result, result_dtype  # noqa: E402
from loopless.facts.operations.spellings import INTEGERS, VOCABULARY, template  # noqa: E402
from tests.facts.operation_samples import Batch, Sample, call, known, resolve, samples  # noqa: E402

ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2] / "server")}

BATCHED = {Rule.POINTWISE, Rule.REDUCE, Rule.ALONG, Rule.LAST, Rule.SHAPE, Rule.LIKE, Rule.VIEW}
TRIED = sorted(
    n for n in names() if n.startswith(("torch.", "Tensor.")) and known(n).rule in BATCHED
)
AXES = ((3,), (2, 4))


@pytest.fixture(autouse=True, scope="module")
def _one_thread():
    """Tensors this small are slowed down by threads."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def tensors(sample: Sample, axes: tuple[int, ...], varying: set[str], generator) -> dict:
    made = {}
    for name, item in sample.items.items():
        own = axes if name in varying else ()
        if isinstance(item, tuple):
            made[name] = [each.make(own, generator) for each in item]
        else:
            made[name] = item.make(own, generator)
    return made


def pick(value, place):
    return [v[place] for v in value] if isinstance(value, list) else value[place]


def looped(
    operation: Operation, sample: Sample, made: dict, axes: tuple[int, ...], varying: set[str]
):
    """The results of the loop, stacked; a tuple of them where there are several."""
    results = []
    for place in itertools.product(*map(range, axes)):
        items = {n: pick(v, place) if n in varying else v for n, v in made.items()}
        results.append(call(operation, {**items, **sample.others}))
    if isinstance(results[0], (tuple, list)):
        return tuple(torch.stack(each).unflatten(0, axes) for each in zip(*results, strict=True))
    return torch.stack(results).unflatten(0, axes)


def same(found, expected, exact: bool | str) -> str:
    if isinstance(expected, tuple):
        pairs = zip(found, expected, strict=True)
        return next((text for a, b in pairs if (text := same(a, b, exact))), "")
    if found.dtype != expected.dtype or found.shape != expected.shape:
        return (
            f"{found.dtype} {tuple(found.shape)}, the loop {expected.dtype} {tuple(expected.shape)}"
        )
    if exact == "shape":
        return ""
    if (
        exact
        and not found.is_complex()
        and not torch.equal(found.nan_to_num(), expected.nan_to_num())
    ):
        return f"not the same bits: {(found.double() - expected.double()).abs().max()}"
    if not torch.allclose(
        found.to(torch.complex128), expected.to(torch.complex128), 1e-4, 1e-5, equal_nan=True
    ):
        return f"values differ: {found} {expected}"
    return ""


def subsets(sample: Sample, operation: Operation) -> list[set[str]]:
    """All tensors vary, or one of them does and the rest are the same for every item."""
    carried = [n for n in sample.items if n in operation.tensors]
    return [set(carried), *({n} for n in carried if len(carried) > 1)]


def problems(operation: Operation) -> list[str]:
    found = []
    exact = "shape" if "empty" in operation.name else operation.exact
    generator = torch.Generator().manual_seed(0)
    for sample, axes in itertools.product(samples(operation), AXES):
        for varying in subsets(sample, operation):
            made = tensors(sample, axes, varying, generator)
            expected = looped(operation, sample, made, axes, varying)
            try:
                text = same(Batch(operation, sample, axes).run(made, varying), expected, exact)
            except (RuntimeError, IndexError, TypeError, ValueError, AttributeError) as error:
                text = f"{type(error).__name__}: {error}"
            if text:
                found.append(f"{sample.items} {sample.others} {varying} {axes}: {text}")
    return found


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", TRIED)
def test_the_batched_form_gives_what_the_loop_gives(name):
    operation = known(name)
    assert problems(operation) == []


DTYPES = ("bool", "uint8", "int64", "float16", "float32", "float64", "complex64")
NUMBERS = (True, 2, 0.5)


def typed(value) -> Typed:
    if isinstance(value, torch.Tensor):
        operand = Operand.TENSOR if value.ndim else Operand.ZERO_DIM
        return Typed(str(value.dtype).removeprefix("torch."), operand)
    name = {bool: "bool", int: "int64", float: "float64"}.get(type(value), "unknown")
    return Typed(name, Operand.NUMBER)


def casts(operation: Operation, sample: Sample, generator) -> list[dict]:
    """A sample with its first two tensors in every pair of dtypes, and its second as a Python number."""
    made = tensors(sample, (), set(), generator)
    own = [n for n in made if n in operation.tensors and not isinstance(made[n], list)][:2]

    def cast(name, dtype):
        value = made[name]
        plain = value if value.dtype == torch.bool or value.is_complex() else value.abs()
        return plain.to(getattr(torch, dtype))

    pairs = itertools.product(DTYPES, repeat=len(own))
    found = [{**made, **{n: cast(n, d) for n, d in zip(own, pair, strict=True)}} for pair in pairs]
    if operation.rule is Rule.POINTWISE and len(own) == 2:
        for dtype, number in itertools.product(DTYPES, NUMBERS):
            found.append({**made, own[0]: cast(own[0], dtype), own[1]: number})
    return found


def dtype_problems(operation: Operation) -> list[str]:
    found = []
    generator = torch.Generator().manual_seed(0)
    for sample in samples(operation)[:2]:
        for made in casts(operation, sample, generator):
            arguments = {**made, **sample.others}
            try:
                result = call(operation, arguments)
            except (RuntimeError, TypeError, ValueError, NotImplementedError, IndexError):
                continue
            first, *_ = result if isinstance(result, tuple) else (result,)
            given = {name: typed(value) for name, value in arguments.items()}
            said = result_dtype(operation, given)
            expected = str(first.dtype).removeprefix("torch.")
            if said not in (expected, "unknown"):
                found.append(f"{given}: {said}, torch {expected}")
    return found


@pytest.mark.filterwarnings("ignore")
def test_the_dtype_of_a_result_is_that_of_torch():
    wrong = {name: dtype_problems(known(name)) for name in TRIED}
    assert {name: texts[:3] for name, texts in wrong.items() if texts} == {}


@pytest.mark.filterwarnings("ignore")
def test_several_results_have_the_names_and_dtypes_of_the_table():
    for name in TRIED:
        operation = known(name)
        for sample in (
            samples(operation)[:1] if operation.fields and not operation.fields_need_dim else ()
        ):
            made = tensors(sample, (), set(), torch.Generator().manual_seed(0))
            result = call(operation, {**made, **sample.others})
            assert len(result) == len(operation.fields) == len(operation.field_dtypes), name
            for field, rule, value in zip(
                operation.fields, operation.field_dtypes, result, strict=True
            ):
                assert not hasattr(result, "_fields") or getattr(result, field) is value, name
                first = typed(next(iter(made.values()))).dtype
                assert typed(value).dtype == of_result(rule, first, operation.fixed_dtype), (
                    name,
                    field,
                )


def test_no_operation_that_torch_lets_write_is_called_pure():
    for name in names():
        operation = known(name)
        assert operation.pure != (operation.rule in (Rule.EFFECT, Rule.RANDOM)), name
        if name.endswith("_") and not name.endswith("__"):
            assert operation.rule in (Rule.EFFECT, Rule.RANDOM), name
            assert operation.writes, name
        assert not operation.pure_name or lookup(operation.pure_name), name


def test_every_reference_leads_to_an_operation():
    for name in names():
        operation = known(name)
        assert operation.name == name
        for other in (operation.if_tensor, operation.if_alone, operation.torch_name):
            assert other is None or lookup(other), (name, other)
        mentioned = {*operation.params, *operation.keywords}
        groups = (
            operation.tensors,
            operation.dims,
            operation.promotes,
            operation.writes,
            operation.numbers,
        )
        assert {p for group in groups for p in group} <= mentioned, name
        assert {p for p, _ in (*operation.defaults, *operation.requires)} <= mentioned, name
        assert operation.batched is None or operation.batched in VOCABULARY, name
        assert operation.variadic is None or operation.variadic == operation.params[-1], name
        assert bool(operation.fields) == bool(operation.field_dtypes), name


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    "name", sorted(n for n in names() if n.startswith("math.") and known(n).torch_name)
)
def test_math_and_torch_agree_where_the_domain_says(name):
    operation = known(name)
    function, own = getattr(math, name[5:]), known(operation.torch_name)
    params = operation.params[: len([p for p in own.params if p in own.tensors])]
    values = (
        -1e300,
        -2.5,
        -1.0,
        -0.0,
        0.0,
        0.3,
        1.0,
        2.0,
        50.0,
        1e300,
        math.inf,
        -math.inf,
        math.nan,
    )
    values = (0.3, 1.0, 2.0, -2.5, 0.0, math.inf) if len(params) > 1 else values
    for given in itertools.product(values, repeat=len(params)):
        given = (
            (given[0], int(given[1])) if name == "math.ldexp" and math.isfinite(given[1]) else given
        )
        if operation.domain and not eval(
            operation.domain, vars(math) | dict(zip(params, given, strict=True)), {}
        ):
            continue
        try:
            expected = float(function(*given))
        except (OverflowError, TypeError):
            assert operation.caveat, (name, given)
            continue
        found = resolve(operation.torch_name)(
            *(torch.tensor(g, dtype=torch.float64) for g in given)
        ).double()
        torch.testing.assert_close(
            found, torch.tensor(expected, dtype=torch.float64), equal_nan=True
        )


def test_a_call_is_bound_to_parameters_as_torch_binds_it():
    assert bind(known("torch.sum"), ["x", 1], {"keepdim": True}) == {
        "input": "x",
        "dim": 1,
        "keepdim": True,
    }
    assert bind(known("Tensor.permute"), ["x", 2, 0, 1], {}) == {"self": "x", "dims": (2, 0, 1)}
    assert bind(known("Tensor.permute"), ["x", (2, 0, 1)], {}) == {"self": "x", "dims": (2, 0, 1)}
    assert bind(known("torch.zeros"), [2, 3], {"dtype": "d"}) == {"size": (2, 3), "dtype": "d"}
    assert bind(known("torch.sum"), ["x"], {"axis": 1}) == {"input": "x", "dim": 1}
    assert bind(known("torch.arange"), [3], {"dtype": "d"}) == {"end": 3, "dtype": "d"}
    assert bind(known("torch.arange"), [3, 5], {}) == {"start": 3, "end": 5}
    assert bind(known("torch.arange"), [3], {"end": 5}) == {"start": 3, "end": 5}
    assert bind(known("range"), [3], {}) == {"stop": 3}
    assert bind(known("torch.sum"), ["x"], {"out": "y"}) is None
    assert bind(known("torch.exp"), ["x", "y"], {}) is None
    assert bind(known("torch.exp"), ["x"], {"input": "y"}) is None


def test_names_lead_to_operations():
    assert known("torch.absolute").name == "torch.abs"
    assert known("torch.special.expit").name == "torch.sigmoid"
    assert known("abs").name == "builtins.abs"
    assert known("torch.exp_").name == "Tensor.exp_"
    assert method("exp") is known("Tensor.exp")
    assert known("Tensor.add_").pure_name == "Tensor.add"
    assert operator("@") is known("torch.matmul")
    assert lookup("torch.no_such_thing") is None
    assert method("no_such_thing") is None
    assert operator("and") is None
    assert len(set(names())) > 1000


def test_the_server_reads_the_tables_when_it_needs_them_and_without_torch():
    code = (
        "import sys; import loopless.facts.operations as o;"
        "before = 'loopless.facts.operations.pointwise' in sys.modules;"
        "o.lookup('torch.exp'); print(before, 'torch' in sys.modules)"
    )
    said = subprocess.check_output([sys.executable, "-c", code], text=True, env=ENVIRONMENT)
    assert said.split() == ["False", "False"]


@pytest.mark.parametrize("name", ["shape", "ndim", "dim", "numel", "size"])
def test_what_is_read_of_an_item_is_read_of_the_whole(name):
    x = torch.zeros(5, 2, 3)
    operation = known(f"Tensor.{name}")
    text = VOCABULARY[operation.batched or ""].partition(";")[0].replace("{0}", "x")
    assert eval(text, {"x": x, "axes": 1}) == call(operation, {"self": x[0]})


def test_a_product_of_integers_keeps_its_dtype():
    a, b = torch.randint(9, (2, 4, 3), dtype=torch.int32)
    found = eval(INTEGERS["dot"].format("a", "b"), {"a": a, "b": b, "torch": torch})
    expected = torch.stack([torch.dot(a[i], b[i]) for i in range(4)])
    assert found.dtype == expected.dtype
    assert torch.equal(found, expected)


def test_a_key_of_the_vocabulary_is_a_template_or_a_sentence():
    assert template("mm") == "{0} @ {1}"
    assert template("len") == "{0}.shape[axes]"
    assert template("solve") is None
    assert template("shape") is None
