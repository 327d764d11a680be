"""The classes of torch.nn: what an instance does to items with further leading axes."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Module:
    """How a call of an instance acts. Parameters, buffers and hooks are the same for every item."""

    name: str = ""
    function: str | None = None
    """The operation of torch.nn.functional that it calls, if one of the same name does it."""
    batchable: bool = True
    """A call on all items at once gives what calls on each give, within `last` and `leading`."""
    reason: str = ""
    """Why it is not batchable, or when it is not."""
    last: int = 0
    """How many trailing dims of the item belong to it."""
    leading: tuple[int, int] | None = None
    """The least and the most dims that it takes before the `last` ones; None is any number."""
    samples: bool = False
    """The item's dim 0 counts samples that do not see each other: fold the loop's axes into it."""
    dims: tuple[str, ...] = ()
    """Arguments of the constructor that name dims of the item: batchable only where they are negative."""
    dim_defaults: tuple[int | None, ...] = ()
    needs_eval: bool = False
    """Batchable in eval mode only."""
    random: bool = False
    """In training mode it draws numbers."""
    stateful: bool = False
    """In training mode a call changes its buffers."""
    reduction: bool = False
    """A loss: by `reduction`, the mean or the sum over the item is part of it."""
    inputs: int = 1
    """How many tensors a call takes, all with the leading axes."""
    container: bool = False
    """As batchable as the modules that it holds."""
    in_place: bool = False
    """It changes the tensor that it is given."""
    least: int = 0
    """How many dims an item has for sure where the call succeeds."""
    sized: bool = False
    """A call on one sample with a dim of size 1 in front succeeds only where the sample has dims of its own."""

    @property
    def is_function(self) -> bool:
        """Whether a call depends on the item and the parameters only, in training mode as well."""
        kept = self.needs_eval or self.random or self.stateful
        return self.batchable and not kept and not self.container


def _opaque(reason: str) -> Module:
    return Module(batchable=False, reason=reason)


_DRAWS = "in training mode it draws numbers"
_STATISTICS = "in training mode it looks at all samples together and changes its running statistics"
_STATE = "it hands a state from step to step"
_DROPOUT = Module(needs_eval=True, random=True, reason=_DRAWS)
_LOSS = Module(reduction=True, inputs=2)
_ROW_LOSS = Module(reduction=True, inputs=2, last=1, leading=(0, 1))

_ANY_RANK: tuple[tuple[str, Module], ...] = (
    ("ReLU ReLU6 LeakyReLU ELU SELU CELU GELU SiLU Mish Sigmoid Tanh Hardtanh Threshold", Module()),
    ("Hardsigmoid Hardswish Hardshrink Softshrink Softplus Softsign Tanhshrink", Module()),
    ("LogSigmoid Identity Embedding", Module()),
    ("Linear LayerNorm RMSNorm", Module(last=1, least=1)),
    ("Bilinear PairwiseDistance", Module(last=1, inputs=2)),
    ("CosineSimilarity", Module(last=1, inputs=2, dims=("dim",), dim_defaults=(1,))),
    ("Softmax LogSoftmax Softmin", Module(last=1, dims=("dim",), dim_defaults=(None,))),
    ("GLU", Module(last=1, dims=("dim",), dim_defaults=(-1,))),
    ("Flatten", Module(last=1, dims=("start_dim", "end_dim"), dim_defaults=(1, -1))),
    ("Unflatten", Module(last=1, dims=("dim",), dim_defaults=(None,))),
    ("Dropout AlphaDropout", _DROPOUT),
    ("PixelShuffle PixelUnshuffle", Module(last=3)),
    ("Sequential ModuleList ModuleDict", Module(container=True)),
)

_FIXED_RANK: tuple[tuple[str, Module], ...] = (
    ("Softmax2d", Module(last=3, leading=(0, 1))),
    ("FeatureAlphaDropout", _DROPOUT),
    ("GroupNorm LocalResponseNorm ChannelShuffle", Module(samples=True, sized=True)),
    ("Upsample UpsamplingNearest2d UpsamplingBilinear2d", Module(samples=True)),
    ("Unfold", Module(last=3, leading=(0, 1))),
    ("Fold", Module(last=2, leading=(0, 1))),
    ("RNNCell GRUCell LSTMCell", Module(last=1, leading=(0, 1), inputs=2)),
)

_REFUSED: tuple[tuple[str, Module], ...] = (
    ("RNN LSTM GRU", _opaque(_STATE)),
    ("PReLU", _opaque("a weight for each channel goes by dim 1")),
    ("RReLU", replace(_DROPOUT, reason=_DRAWS)),
    ("FractionalMaxPool2d FractionalMaxPool3d", _opaque("it draws numbers, in eval mode too")),
    ("MaxUnpool1d MaxUnpool2d MaxUnpool3d", _opaque("it takes the places that a pooling gave")),
    ("MultiheadAttention", _opaque("which of its dims is the batch depends on batch_first")),
    ("Transformer TransformerEncoder TransformerDecoder", _opaque("dims go by batch_first")),
    ("TransformerEncoderLayer TransformerDecoderLayer", _opaque("dims go by batch_first")),
    ("EmbeddingBag", _opaque("it reduces bags of any length")),
    ("SyncBatchNorm", _opaque(_STATISTICS)),
    ("CTCLoss AdaptiveLogSoftmaxWithLoss", _opaque("its arguments have lengths of their own")),
    ("CrossMapLRN2d", _opaque("it takes batches of images only")),
    ("TripletMarginWithDistanceLoss", _opaque("it calls a function of its own")),
    ("LinearCrossEntropyLoss", _opaque("it is new, and its options may change")),
)

_LOSSES: tuple[tuple[str, Module], ...] = (
    ("MSELoss L1Loss SmoothL1Loss HuberLoss BCELoss BCEWithLogitsLoss KLDivLoss", _LOSS),
    ("PoissonNLLLoss SoftMarginLoss HingeEmbeddingLoss", _LOSS),
    ("GaussianNLLLoss MarginRankingLoss", replace(_LOSS, inputs=3)),
    ("CrossEntropyLoss NLLLoss MultiMarginLoss", _ROW_LOSS),
    ("MultiLabelMarginLoss MultiLabelSoftMarginLoss", _ROW_LOSS),
    ("CosineEmbeddingLoss TripletMarginLoss", replace(_ROW_LOSS, inputs=3)),
)


def _by_spatial_rank(rank: int) -> tuple[tuple[str, Module], ...]:
    """The families that come for one, two and three spatial dims."""
    channels = Module(last=rank + 1, leading=(0, 1), least=rank + 1, sized=True)
    planes = Module(last=rank, leading=(1, 2))
    families = (
        ("Conv{} ConvTranspose{} InstanceNorm{}", channels),
        ("MaxPool{} AvgPool{} AdaptiveAvgPool{} AdaptiveMaxPool{} LPPool{}", planes),
        ("ReflectionPad{} ReplicationPad{} CircularPad{}", planes),
        ("ConstantPad{} ZeroPad{}", Module(last=rank)),
        (
            "BatchNorm{}",
            Module(samples=True, sized=True, needs_eval=True, stateful=True, reason=_STATISTICS),
        ),
        ("Dropout{}", replace(channels, needs_eval=True, random=True, reason=_DRAWS)),
    )
    return tuple((names.replace("{}", f"{rank}d"), model) for names, model in families)


_FUNCTIONS = {
    "ReLU": "relu", "ReLU6": "relu6", "LeakyReLU": "leaky_relu", "ELU": "elu", "SELU": "selu",
    "CELU": "celu", "GELU": "gelu", "SiLU": "silu", "Mish": "mish", "Sigmoid": "sigmoid",
    "Tanh": "tanh", "Hardtanh": "hardtanh", "Threshold": "threshold", "LogSigmoid": "logsigmoid",
    "Hardsigmoid": "hardsigmoid", "Hardswish": "hardswish", "Hardshrink": "hardshrink",
    "Softshrink": "softshrink", "Softplus": "softplus", "Softsign": "softsign",
    "Tanhshrink": "tanhshrink", "Linear": "linear", "LayerNorm": "layer_norm",
    "RMSNorm": "rms_norm", "GroupNorm": "group_norm", "Embedding": "embedding",
    "Bilinear": "bilinear", "CosineSimilarity": "cosine_similarity",
    "PairwiseDistance": "pairwise_distance", "Softmax": "softmax", "LogSoftmax": "log_softmax",
    "Softmin": "softmin", "GLU": "glu", "PixelShuffle": "pixel_shuffle",
    "PixelUnshuffle": "pixel_unshuffle", "Dropout": "dropout", "Unfold": "unfold", "Fold": "fold",
    "MSELoss": "mse_loss", "L1Loss": "l1_loss", "SmoothL1Loss": "smooth_l1_loss",
    "HuberLoss": "huber_loss", "BCELoss": "binary_cross_entropy", "KLDivLoss": "kl_div",
    "BCEWithLogitsLoss": "binary_cross_entropy_with_logits", "NLLLoss": "nll_loss",
    "PoissonNLLLoss": "poisson_nll_loss", "GaussianNLLLoss": "gaussian_nll_loss",
    "SoftMarginLoss": "soft_margin_loss", "HingeEmbeddingLoss": "hinge_embedding_loss",
    "MarginRankingLoss": "margin_ranking_loss", "CrossEntropyLoss": "cross_entropy",
    "MultiMarginLoss": "multi_margin_loss", "MultiLabelMarginLoss": "multilabel_margin_loss",
    "MultiLabelSoftMarginLoss": "multilabel_soft_margin_loss",
    "CosineEmbeddingLoss": "cosine_embedding_loss", "TripletMarginLoss": "triplet_margin_loss",
}  # fmt: skip


def table() -> dict[str, Module]:
    """Every class by its full name."""
    ranked = tuple(row for rank in (1, 2, 3) for row in _by_spatial_rank(rank))
    found: dict[str, Module] = {}
    for names, model in (*_ANY_RANK, *_FIXED_RANK, *ranked, *_LOSSES, *_REFUSED):
        for short in names.split():
            function = _FUNCTIONS.get(short)
            name = f"torch.nn.{short}"
            found[name] = replace(
                model, name=name, function=function and f"torch.nn.functional.{function}"
            )
    return found
