"""A module called on all items at once gives what it gives on each, where the table says so."""

from __future__ import annotations

import inspect
import itertools

import pytest

torch = pytest.importorskip("torch")

from loopless.facts.operations import lookup, module  # noqa: E402
from loopless.facts.operations.modules import table  # noqa: E402


@pytest.fixture(autouse=True, scope="module")
def _one_thread():
    """Tensors this small are slowed down by threads."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


# The constructor's arguments, and the shapes of one item's tensors.
MADE = {
    "Linear": ((4, 2), [(4,)], [(3, 4)]),
    "LayerNorm": ((4,), [(4,)], [(3, 4)]),
    "RMSNorm": ((4,), [(3, 4)]),
    "Bilinear": ((4, 4, 2), [(4,), (4,)]),
    "Softmax": ((-1,), [(3, 4)]),
    "LogSoftmax": ((-1,), [(4,)]),
    "Softmin": ((-1,), [(4,)]),
    "CosineSimilarity": ((-1,), [(4,), (4,)]),
    "PairwiseDistance": ((), [(4,), (4,)]),
    "GLU": ((), [(4,)]),
    "Flatten": ((-2, -1), [(3, 4)]),
    "Unflatten": ((-1, (2, 2)), [(3, 4)]),
    "Threshold": ((0.1, 2.0), [(3, 4)]),
    "PixelShuffle": ((2,), [(4, 2, 2)]),
    "PixelUnshuffle": ((2,), [(1, 4, 4)]),
    "GroupNorm": ((2, 4), [(2, 4)], [(2, 4, 3)]),
    "LocalResponseNorm": ((2,), [(2, 3, 4)]),
    "ChannelShuffle": ((2,), [(2, 4, 3, 3)]),
    "Upsample": ((None, 2), [(2, 3, 4)]),
    "UpsamplingNearest2d": ((None, 2), [(2, 3, 4, 4)]),
    "UpsamplingBilinear2d": ((None, 2), [(2, 3, 4, 4)]),
    "Unfold": ((2,), [(2, 4, 4)], [(3, 2, 4, 4)]),
    "Fold": (((4, 4), 2), [(8, 9)]),
    "Softmax2d": ((), [(2, 3, 3)], [(2, 2, 3, 3)]),
    "RNNCell": ((3, 2), [(3,), (2,)]),
    "GRUCell": ((3, 2), [(3,), (2,)]),
    "FeatureAlphaDropout": ((), [(2, 3, 3)]),
}


def spatial(short: str) -> tuple | None:
    rank = int(short[-2]) if short.endswith("d") and short[-2].isdigit() else 0
    if not rank:
        return None
    item = (2, *(4,) * rank)
    constructors = {
        "Conv": (2, 3, 2), "ConvTranspose": (2, 3, 2), "InstanceNorm": (2,), "BatchNorm": (2,), "Dropout": (),
        "LPPool": (2, 2), "ConstantPad": (1, 2.0), "AdaptiveAvgPool": (2,), "AdaptiveMaxPool": (2,), "MaxPool": (2,),
        "AvgPool": (2,), "ReflectionPad": (1,), "ReplicationPad": (1,), "CircularPad": (1,), "ZeroPad": (1,),
    }  # fmt: skip
    family = short[:-2]
    if family not in constructors:
        return None
    batched = (3, *item)
    return (constructors[family], *([[batched]] if family == "BatchNorm" else [[item], [batched]]))


TRIED = sorted(
    n.removeprefix("torch.nn.")
    for n, m in table().items()
    if m.batchable and not m.container and not m.reduction
)


def folded(entry, tensors, axes):
    """One call for all items: with the leading axes as they are, or folded into those that the module takes."""
    rank = tensors[0].ndim - axes
    _, high = (1, 1) if entry.samples else entry.leading or (0, None)
    before = 1 if entry.samples else rank - entry.last
    if high is None or before + axes <= high:
        return lambda call: call(*tensors)
    count = axes if before else axes - 1
    return lambda call: call(*(t.flatten(0, count) for t in tensors))


@pytest.mark.filterwarnings("ignore:dropout2d")
@pytest.mark.parametrize("short", TRIED)
def test_all_items_at_once_give_what_each_gives(short):
    torch.manual_seed(0)
    entry = table()[f"torch.nn.{short}"]
    arguments, *cases = MADE.get(short) or spatial(short) or ((), [(3, 4)])
    if short == "Embedding":
        arguments, cases = (3, 2), [[(3,)], [()]]
    if short == "LSTMCell":
        pytest.skip("its state is a pair")
    instance = getattr(torch.nn, short)(*arguments).eval()
    with torch.no_grad():
        for shapes, axes in itertools.product(cases, ((3,), (2, 4))):
            tensors = [torch.randn(*axes, *shape).sigmoid() for shape in shapes]
            if short == "Embedding":
                tensors = [(t * 3).long() for t in tensors]
            places = list(itertools.product(*map(range, axes)))
            expected = torch.stack([instance(*(t[p] for t in tensors)) for p in places])
            found = folded(entry, tensors, len(axes))(instance)
            torch.testing.assert_close(found.reshape(expected.shape), expected)


@pytest.mark.parametrize("short", TRIED)
def test_dims_of_the_constructor_have_the_defaults_of_torch(short):
    entry = table()[f"torch.nn.{short}"]
    parameters = inspect.signature(getattr(torch.nn, short).__init__).parameters
    for name, default in zip(entry.dims, entry.dim_defaults, strict=True):
        found = parameters[name].default
        assert (None if found is inspect.Parameter.empty else found) == default


def test_every_module_of_torch_is_known():
    classes = {
        name
        for name, value in vars(torch.nn).items()
        if isinstance(value, type)
        and issubclass(value, torch.nn.Module)
        and not name.startswith("Lazy")
    }
    missing = {n for n in classes if module(f"torch.nn.{n}") is None}
    assert missing <= {
        "Module",
        "Container",
        "DataParallel",
        "ParameterList",
        "ParameterDict",
        "NLLLoss2d",
        "RNNBase",
        "RNNCellBase",
    }


def test_every_function_of_a_module_is_known():
    assert [e.name for e in table().values() if e.function and lookup(e.function) is None] == []
