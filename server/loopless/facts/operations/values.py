"""Making tensors, reading them, looking at them, copying and casting them."""

from __future__ import annotations

from loopless.facts.operations.operation import Operation, Result, Rule
from loopless.facts.operations.rows import Row, op

_BOTH = "torch Tensor"
_NEW = "dtype layout device requires_grad pin_memory"


def _create(
    params: str, dtype: Result = Result.DEFAULT, variadic: str | None = None, keywords: str = ""
) -> Operation:
    return op(
        Rule.CREATE,
        params,
        "",
        variadic=variadic,
        keywords=f"{_NEW} {keywords}".strip(),
        dtype=dtype,
    )


def _window(params: str) -> Operation:
    return op(Rule.CREATE, params, "", keywords=_NEW, dtype=Result.DEFAULT)


def _typed(dtype: str) -> Operation:
    """The old constructors, which take sizes or data."""
    return op(
        Rule.CREATE, "data", "", variadic="data", dtype=Result.FIXED, fixed_dtype=dtype
    )  # fmt: skip


def _new(params: str, variadic: str | None = None) -> Operation:
    return op(
        Rule.CREATE, params, "", variadic=variadic, keywords=_NEW, dtype=Result.FIRST,
        promotes="self",
    )  # fmt: skip


def _cast(dtype: str) -> Operation:
    return op(
        Rule.VIEW, "self", keywords="memory_format", dtype=Result.FIXED, fixed_dtype=dtype,
        moves="dtype", alias=True,
    )  # fmt: skip


def _meta(params: str = "input", dims: str = "", attribute: bool = False) -> Operation:
    return op(Rule.META, params, dims=dims, attribute=attribute, dtype=Result.UNKNOWN)


_CREATED = (
    Row("torch", "zeros ones", _create("size", variadic="size")),
    Row("torch", "empty", _create("size", variadic="size", keywords="memory_format")),
    Row("torch", "full", _create("size fill_value", Result.UNKNOWN)),
    Row("torch", "arange range", op(
        Rule.CREATE, "start end step", "", keywords=_NEW, dtype=Result.UNKNOWN, lone="end"
    )),
    Row("torch", "linspace", _create("start end steps")),
    Row("torch", "logspace", _create("start end steps base")),
    Row("torch", "eye", _create("n m")),
    Row("torch", "tril_indices triu_indices", op(
        Rule.CREATE, "row col offset", "", keywords=_NEW, dtype=Result.INT64
    )),
    Row("torch", "tensor", op(
        Rule.CREATE, "data", "", keywords="dtype device requires_grad pin_memory",
        dtype=Result.UNKNOWN,
    )),
    Row("torch", "as_tensor", op(
        Rule.CREATE, "data", "", keywords="dtype device requires_grad", dtype=Result.UNKNOWN,
        alias=True,
    )),
    Row("torch", "asarray", op(
        Rule.CREATE, "obj", "", keywords="dtype device copy requires_grad", dtype=Result.UNKNOWN,
        alias=True,
    )),
    Row("torch", "from_numpy", op(Rule.CREATE, "ndarray", "", dtype=Result.UNKNOWN, alias=True)),
    Row("torch", "Tensor", op(Rule.CREATE, "data", "", variadic="data", dtype=Result.DEFAULT)),
    Row("torch", "FloatTensor", _typed("float32")),
    Row("torch", "DoubleTensor", _typed("float64")),
    Row("torch", "HalfTensor", _typed("float16")),
    Row("torch", "LongTensor", _typed("int64")),
    Row("torch", "IntTensor", _typed("int32")),
    Row("torch", "ByteTensor", _typed("uint8")),
    Row("torch", "BoolTensor", _typed("bool")),
    Row("torch", "scalar_tensor", op(Rule.CREATE, "s", "", keywords=_NEW, dtype=Result.DEFAULT)),
    Row("torch", "empty_strided", _create("size stride")),
    Row("torch", "bartlett_window blackman_window hann_window", _window("window_length periodic")),
    Row("torch", "hamming_window", _window("window_length periodic alpha beta")),
    Row("torch", "kaiser_window", _window("window_length periodic beta")),
    Row("fft", "fftfreq rfftfreq", _create("n d")),
    Row("Tensor", "new_zeros new_ones new_empty", _new("self size", "size")),
    Row("Tensor", "new_full", _new("self size fill_value")),
    Row("Tensor", "new_tensor", op(
        Rule.CREATE, "self data", "", keywords="dtype device requires_grad", dtype=Result.UNKNOWN
    )),
)  # fmt: skip

_LIKE = (
    Row("torch", "zeros_like ones_like empty_like", op(
        Rule.LIKE, keywords=f"{_NEW} memory_format", dtype=Result.FIRST
    )),
    Row("torch", "full_like", op(
        Rule.LIKE, "input fill_value", keywords=f"{_NEW} memory_format", dtype=Result.FIRST
    )),
)  # fmt: skip

_COPIED = (
    Row(_BOTH, "clone", op(Rule.VIEW, keywords="memory_format", dtype=Result.FIRST)),
    Row(_BOTH, "detach resolve_conj resolve_neg", op(Rule.VIEW, dtype=Result.FIRST, alias=True)),
    Row("Tensor", "contiguous", op(
        Rule.VIEW, "self", keywords="memory_format", dtype=Result.FIRST, alias=True
    )),
    Row("Tensor", "to", op(
        Rule.VIEW, "self device dtype non_blocking copy", keywords="memory_format",
        dtype=Result.UNKNOWN, moves="dtype device", alias=True, if_tensor="Tensor.type_as",
    )),
    Row("Tensor", "type", op(
        Rule.VIEW, "self dtype non_blocking", dtype=Result.UNKNOWN, moves="dtype device",
        alias=True, if_alone="Tensor.dtype",
    )),
    Row("Tensor", "type_as", op(
        Rule.VIEW, "self other", dtype=Result.FIRST, promotes="other", moves="dtype device",
        alias=True,
    )),
    Row("Tensor", "cpu", op(
        Rule.VIEW, "self", keywords="memory_format", dtype=Result.FIRST, moves="device",
        alias=True,
    )),
    Row("Tensor", "cuda", op(
        Rule.VIEW, "self device non_blocking", keywords="memory_format", dtype=Result.FIRST,
        moves="device", alias=True,
    )),
    Row("Tensor", "pin_memory", op(
        Rule.VIEW, "self device", dtype=Result.FIRST, moves="device", alias=True
    )),
    Row("Tensor", "data", op(Rule.VIEW, dtype=Result.FIRST, alias=True, attribute=True)),
    Row("Tensor", "real imag", op(Rule.VIEW, dtype=Result.REAL, alias=True, attribute=True)),
    Row("torch", "real imag", op(Rule.VIEW, dtype=Result.REAL, alias=True)),
    Row("Tensor", "float", _cast("float32")),
    Row("Tensor", "double", _cast("float64")),
    Row("Tensor", "half", _cast("float16")),
    Row("Tensor", "bfloat16", _cast("bfloat16")),
    Row("Tensor", "int", _cast("int32")),
    Row("Tensor", "long", _cast("int64")),
    Row("Tensor", "short", _cast("int16")),
    Row("Tensor", "char", _cast("int8")),
    Row("Tensor", "byte", _cast("uint8")),
    Row("Tensor", "bool", _cast("bool")),
    Row("Tensor", "cfloat", _cast("complex64")),
    Row("Tensor", "cdouble", _cast("complex128")),
)  # fmt: skip

_READ = (
    Row("Tensor", "item", op(Rule.READ, "self", dtype=Result.FIRST)),
    Row("Tensor", "tolist", op(Rule.READ, "self", dtype=Result.FIRST)),
    Row("Tensor", "numpy", op(
        Rule.READ, "self", keywords="force", dtype=Result.FIRST, alias=True
    )),
    Row("Tensor", "__array__", op(Rule.READ, "self dtype", dtype=Result.FIRST)),
    Row(_BOTH, "is_nonzero", op(Rule.READ, dtype=Result.BOOL)),
    Row(_BOTH, "equal", op(Rule.READ, "input other", "input other", dtype=Result.BOOL)),
    Row(_BOTH, "allclose", op(
        Rule.READ, "input other rtol atol equal_nan", "input other", dtype=Result.BOOL
    )),
)  # fmt: skip

_LOOKED_AT = (
    Row(
        "Tensor",
        "size stride",
        op(Rule.META, "self dim", dims="dim", batched="shape", dtype=Result.UNKNOWN),
    ),
    Row("Tensor", "dim", op(Rule.META, "self", batched="ndim", dtype=Result.UNKNOWN)),
    Row("Tensor", "element_size is_contiguous get_device", _meta("self")),
    Row("Tensor", "storage_offset data_ptr", op(Rule.OPAQUE, "self", dtype=Result.UNKNOWN)),
    Row(_BOTH, "numel", op(Rule.META, batched="numel", dtype=Result.UNKNOWN)),
    Row(_BOTH, "is_floating_point is_complex is_conj is_neg is_inference is_signed", _meta()),
    Row("torch", "is_tensor is_storage", _meta("obj")),
    Row(
        "Tensor",
        "shape",
        op(Rule.META, "self", batched="shape", dtype=Result.UNKNOWN, attribute=True),
    ),
    Row(
        "Tensor",
        "ndim",
        op(Rule.META, "self", batched="ndim", dtype=Result.UNKNOWN, attribute=True),
    ),
    Row(
        "Tensor",
        "nbytes",
        op(Rule.META, "self", batched="numel", dtype=Result.UNKNOWN, attribute=True),
    ),
    Row("Tensor", "dtype device layout itemsize", _meta("self", attribute=True)),
    Row("Tensor", "requires_grad is_leaf grad_fn is_cuda is_cpu", _meta("self", attribute=True)),
    Row("Tensor", "output_nr retains_grad is_mps", _meta("self", attribute=True)),
    Row("Tensor", "is_coalesced is_shared is_pinned", _meta("self")),
    Row("torch", "is_same_size", op(Rule.META, "input other", "input other", dtype=Result.UNKNOWN)),
    Row(
        "torch",
        "result_type",
        op(Rule.META, "tensor other", "tensor other", dtype=Result.UNKNOWN),
    ),
    Row("torch", "promote_types", op(Rule.META, "type1 type2", "", dtype=Result.UNKNOWN)),
    Row("torch", "can_cast", op(Rule.META, "from_ to", "", dtype=Result.UNKNOWN)),
    Row(
        "torch",
        "broadcast_shapes",
        op(Rule.META, "shapes", "", variadic="shapes", dtype=Result.UNKNOWN),
    ),
    Row(
        "torch",
        "get_default_dtype is_grad_enabled get_num_threads",
        op(Rule.META, "", "", dtype=Result.UNKNOWN),
    ),
    Row(
        "cuda",
        "is_available device_count current_device",
        op(Rule.META, "", "", dtype=Result.UNKNOWN),
    ),
    Row("Tensor", "is_sparse is_quantized is_meta is_nested", _meta("self", attribute=True)),
)

ROWS = (*_CREATED, *_LIKE, *_COPIED, *_READ, *_LOOKED_AT)
