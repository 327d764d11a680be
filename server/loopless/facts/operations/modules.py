"""The classes of torch.nn: what an instance does to an item with further leading axes."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Module:
    """How a call of an instance acts.

    `function` is the operation that it applies to its input, with parameters of its own.
    """

    name: str
    function: str | None = None
    batchable: bool = True
    """A call on all items at once is the call on each; if not, `reason` says why."""
    last: int = 0
    """How many trailing dims belong to it."""
    leading: tuple[int, int] | None = None
    """The least and the most dims that it takes before the `last` ones; None is any number."""
    dims: tuple[str, ...] = ()
    """Constructor arguments that name a dim of the input: they must be negative for leading axes to be free."""
    dim_default: int | None = None
    needs_eval: bool = False
    """Holds in eval mode only: in training it draws numbers or looks at the whole batch."""
    random_in_training: bool = False
    stateful: bool = False
    """Keeps state between calls: running statistics in training, hidden state that the caller passes."""
    reduction: bool = False
    """A loss: the mean or sum over the item depends on `reduction`."""
    inputs: int = 1
    """How many tensors a call takes, all with the leading axes."""
    reason: str = ""


def _each(names: str, model: Module) -> list[Module]:
    return [replace(model, name=f"torch.nn.{name}") for name in names.split()]


_ANY = Module("")
_FUNCTIONS = {
    "LeakyReLU": "leaky_relu", "ReLU6": "relu6", "LogSigmoid": "logsigmoid", "SiLU": "silu",
    "ReLU": "relu", "ELU": "elu", "SELU": "selu", "CELU": "celu", "GELU": "gelu",
    "LayerNorm": "layer_norm", "RMSNorm": "rms_norm", "GroupNorm": "group_norm",
    "LogSoftmax": "log_softmax", "MSELoss": "mse_loss", "L1Loss": "l1_loss",
    "SmoothL1Loss": "smooth_l1_loss", "BCELoss": "binary_cross_entropy",
    "BCEWithLogitsLoss": "binary_cross_entropy_with_logits", "KLDivLoss": "kl_div",
    "CrossEntropyLoss": "cross_entropy", "NLLLoss": "nll_loss", "PReLU": "prelu",
}  # fmt: skip


def _all() -> list[Module]:
    pooled, planes = ((1, 2),), ((0, 1),)
    elementwise = (
        "ReLU ReLU6 LeakyReLU ELU SELU CELU GELU SiLU Mish Sigmoid Tanh Hardtanh Hardsigmoid "
        "Hardswish Hardshrink Softshrink Softplus Softsign Tanhshrink LogSigmoid Threshold Identity"
    )
    modules = _each(elementwise, _ANY)
    modules += _each("Linear LayerNorm RMSNorm", replace(_ANY, last=1))
    modules += _each("Bilinear CosineSimilarity PairwiseDistance", replace(_ANY, last=1, inputs=2))
    modules += _each("Embedding", _ANY)
    modules += _each("Softmax LogSoftmax Softmin", replace(_ANY, last=1, dims=("dim",)))
    modules += _each("GLU", replace(_ANY, last=1, dims=("dim",), dim_default=-1))
    modules += _each(
        "Flatten",
        replace(
            _ANY,
            dims=("start_dim", "end_dim"),
            dim_default=1,
            batchable=False,
            reason="it keeps dim 0 and flattens the rest",
        ),
    )
    for rank in (1, 2, 3):
        modules += _each(
            f"Conv{rank}d ConvTranspose{rank}d", replace(_ANY, last=rank + 1, leading=planes[0])
        )
        modules += _each(
            f"MaxPool{rank}d AvgPool{rank}d AdaptiveAvgPool{rank}d AdaptiveMaxPool{rank}d",
            replace(_ANY, last=rank, leading=pooled[0]),
        )
        modules += _each(
            f"BatchNorm{rank}d",
            replace(
                _ANY,
                last=rank,
                leading=(1, 1),
                needs_eval=True,
                stateful=True,
                reason="in training it looks at the whole batch",
            ),
        )
        modules += _each(
            f"Dropout{rank}d",
            replace(
                _ANY,
                needs_eval=True,
                random_in_training=True,
                reason="in training it draws numbers",
            ),
        )
    modules += _each(
        "Dropout AlphaDropout FeatureAlphaDropout",
        replace(
            _ANY, needs_eval=True, random_in_training=True, reason="in training it draws numbers"
        ),
    )
    return modules


def table() -> dict[str, Module]:
    """Every class by its full name."""
    found: dict[str, Module] = {}
    for each in _all():
        short = each.name.removeprefix("torch.nn.")
        function = _FUNCTIONS.get(short)
        found[each.name] = replace(
            each, function=f"torch.nn.functional.{function}" if function else None
        )
    return found
