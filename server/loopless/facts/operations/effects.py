"""What a rewrite must not reorder: random numbers, writes, the world. And what is known to stay a loop."""

from __future__ import annotations

from loopless.facts.operations.operation import Operation, Result, Rule
from loopless.facts.operations.rows import Row, op

_BOTH = "torch Tensor"
_NEW = "generator dtype layout device requires_grad pin_memory"
_RANDOM_DEFAULT = Result.DEFAULT


def _random(
    params: str, dtype: Result = Result.FIRST, keywords: str = "", variadic: str | None = None
) -> Operation:
    tensors = None if params.split()[0] in ("input", "self") else ""
    return op(
        Rule.RANDOM, params, tensors, keywords=keywords, dtype=dtype, variadic=variadic
    )  # fmt: skip


def _filled(params: str) -> Operation:
    return op(
        Rule.RANDOM, params, keywords="generator", dtype=Result.FIRST, writes="self", alias=True
    )


def _written(params: str, tensors: str = "self", pure_name: str | None = None) -> Operation:
    return op(
        Rule.EFFECT, params, tensors, dtype=Result.FIRST, writes="self", pure_name=pure_name,
        alias=True,
    )  # fmt: skip


def _written_function(params: str) -> Operation:
    return op(Rule.EFFECT, params, dtype=Result.FIRST, writes="input", alias=True)


_RANDOM = (
    Row("torch", "rand randn", _random("size", _RANDOM_DEFAULT, _NEW, "size")),
    Row("torch", "randint", _random("low high size", Result.INT64, _NEW)),
    Row("torch", "randperm", _random("n", Result.INT64, _NEW)),
    Row("torch", "rand_like randn_like", _random(
        "input", keywords=f"{_NEW} memory_format"
    )),
    Row("torch", "randint_like", _random("input low high", keywords=f"{_NEW} memory_format")),
    Row(_BOTH, "bernoulli", _random("input p", keywords="generator")),
    Row(_BOTH, "multinomial", _random(
        "input num_samples replacement", Result.INT64, keywords="generator"
    )),
    Row("torch", "normal", _random("mean std size", Result.UNKNOWN, _NEW)),
    Row("torch", "poisson", _random("input generator")),
    Row("torch", "binomial", _random("count prob generator", Result.UNKNOWN)),
    Row("functional", "dropout alpha_dropout feature_alpha_dropout", _random(
        "input p training inplace"
    )),
    Row("functional", "rrelu", _random("input lower upper training inplace")),
    Row("functional", "dropout1d dropout2d dropout3d", _random("input p training inplace")),
    Row("torch", "dropout alpha_dropout feature_dropout", _random("input p train")),
    Row("functional", "gumbel_softmax", op(Rule.RANDOM, "logits tau hard eps dim")),
    Row("functional", "fractional_max_pool2d fractional_max_pool3d", _random(
        "input kernel_size output_size output_ratio return_indices _random_samples"
    )),
    Row("Tensor", "normal_", _filled("self mean std")),
    Row("Tensor", "uniform_", _filled("self from to")),
    Row("Tensor", "random_", _filled("self from to")),
    Row("Tensor", "bernoulli_ geometric_", _filled("self p")),
    Row("Tensor", "exponential_", _filled("self lambd")),
    Row("Tensor", "cauchy_", _filled("self median sigma")),
    Row("Tensor", "log_normal_", _filled("self mean std")),
)  # fmt: skip

_WRITES = (
    Row("Tensor", "copy_", _written("self src non_blocking", "self src")),
    Row("Tensor", "fill_", _written("self value", "self value")),
    Row("Tensor", "zero_", _written("self")),
    Row("Tensor", "fill_diagonal_", _written("self fill_value wrap")),
    Row("Tensor", "index_put_", _written("self indices values accumulate", "self values")),
    Row("Tensor", "put_", _written("self index source accumulate", "self")),
    Row("Tensor", "masked_scatter_", _written("self mask source", "self")),
    Row("Tensor", "t_", _written("self", pure_name="Tensor.t")),
    Row("Tensor", "squeeze_", _written("self dim", pure_name="Tensor.squeeze")),
    Row("Tensor", "resize_", _written("self size")),
    Row("Tensor", "set_", _written("self source storage_offset size stride")),
    Row("Tensor", "as_strided_", _written("self size stride storage_offset")),
    Row("Tensor", "renorm_", _written("self p dim maxnorm")),
    Row("Tensor", "map_", _written("self tensor callable")),
    Row("Tensor", "apply_", _written("self callable")),
    Row("Tensor", "detach_ share_memory_", _written("self")),
    Row("Tensor", "requires_grad_", _written("self requires_grad")),
    Row("Tensor", "retain_grad", _written("self")),
)

_WORLD = (
    Row("Tensor", "backward", op(
        Rule.EFFECT, "self gradient retain_graph create_graph inputs", writes="self"
    )),
    Row("Tensor", "register_hook register_post_accumulate_grad_hook", op(
        Rule.EFFECT, "self hook", writes="self"
    )),
    Row("torch", "manual_seed", op(Rule.EFFECT, "seed", "")),
    Row("torch", "seed initial_seed get_rng_state", op(Rule.EFFECT, "", "")),
    Row("torch", "set_rng_state", op(Rule.EFFECT, "new_state", "")),
    Row("torch", "set_default_dtype", op(Rule.EFFECT, "d", "")),
    Row("torch", "set_default_device", op(Rule.EFFECT, "device", "")),
    Row("torch", "set_grad_enabled", op(Rule.EFFECT, "mode", "")),
    Row("torch", "use_deterministic_algorithms", op(Rule.EFFECT, "mode", "", keywords="warn_only")),
    Row("torch", "set_num_threads", op(Rule.EFFECT, "num", "")),
    Row("cuda", "synchronize reset_peak_memory_stats", op(Rule.EFFECT, "device", "")),
    Row("cuda", "empty_cache", op(Rule.EFFECT, "", "")),
    Row("cuda", "manual_seed manual_seed_all", op(Rule.EFFECT, "seed", "")),
    Row("functional", "relu_ selu_", _written_function("input")),
    Row("functional", "leaky_relu_", _written_function("input negative_slope")),
    Row("functional", "elu_ celu_", _written_function("input alpha")),
    Row("functional", "hardtanh_", _written_function("input min_val max_val")),
    Row("functional", "threshold_", _written_function("input threshold value")),
    Row("torch", "save", op(Rule.EFFECT, "obj f", "obj")),
    Row("torch", "load", op(Rule.EFFECT, "f", "")),
    Row("builtins", "print", op(
        Rule.EFFECT, "values", "values", variadic="values", keywords="sep end file flush"
    )),
    Row("builtins", "input", op(Rule.EFFECT, "prompt", "")),
    Row("builtins", "open", op(Rule.EFFECT, "file mode", "")),
    Row("builtins", "setattr", op(Rule.EFFECT, "obj name value", "")),
    Row("builtins", "next", op(Rule.EFFECT, "iterator default", "")),
)  # fmt: skip

_KNOWN = (
    Row("torch", "einsum", op(Rule.OPAQUE, "equation operands", "operands", variadic="operands")),
    Row("torch", "tensordot", op(Rule.OPAQUE, "a b dims", "a b")),
    Row(_BOTH, "kron", op(Rule.OPAQUE, "input other", "input other")),
    Row("torch", "block_diag cartesian_prod broadcast_tensors", op(
        Rule.OPAQUE, "tensors", variadic="tensors"
    )),
    Row("torch", "meshgrid", op(
        Rule.OPAQUE, "tensors", variadic="tensors", keywords="indexing"
    )),
    Row("torch", "dstack column_stack", op(Rule.OPAQUE, "tensors", sequences="tensors")),
    Row("linalg", "multi_dot", op(Rule.OPAQUE, "tensors", sequences="tensors")),
    Row("torch", "chain_matmul", op(Rule.OPAQUE, "matrices", variadic="matrices")),
    Row("torch", "combinations", op(Rule.OPAQUE, "input r with_replacement")),
    Row(_BOTH, "cov", op(Rule.OPAQUE, keywords="correction fweights aweights")),
    Row(_BOTH, "corrcoef", op(Rule.OPAQUE)),
    Row(_BOTH, "renorm", op(Rule.OPAQUE, "input p dim maxnorm")),
    Row("functional", "pdist", op(Rule.OPAQUE, "input p")),
    Row("torch", "pdist", op(Rule.OPAQUE, "input p")),
    Row(_BOTH, "lu", op(Rule.OPAQUE, "A pivot get_infos")),
    Row("linalg", "lstsq", op(Rule.OPAQUE, "input b rcond", keywords="driver")),
    Row(_BOTH, "as_strided", op(Rule.OPAQUE, "input size stride storage_offset", alias=True)),
    Row("torch", "gradient", op(Rule.OPAQUE, keywords="spacing dim edge_order")),
    Row(_BOTH, "hsplit vsplit dsplit", op(Rule.OPAQUE, "input indices_or_sections", alias=True)),
    Row("torch", "atleast_1d atleast_2d atleast_3d", op(
        Rule.OPAQUE, "tensors", variadic="tensors", alias=True
    )),
    Row("torch", "vander", op(Rule.OPAQUE, "x N increasing")),
    Row(_BOTH, "histogram", op(Rule.OPAQUE, "input bins", keywords="range weight density")),
    Row(_BOTH, "histc", op(Rule.OPAQUE, "input bins min max")),
    Row(_BOTH, "put", op(Rule.OPAQUE, "input index source accumulate")),
    Row(_BOTH, "index_put", op(Rule.OPAQUE, "input indices values accumulate")),
    Row(_BOTH, "masked_scatter", op(Rule.OPAQUE, "input mask source")),
    Row("torch", "svd", op(Rule.OPAQUE, "input some compute_uv")),
    Row("Tensor", "svd", op(Rule.OPAQUE, "self some compute_uv")),
    Row(_BOTH, "qr", op(Rule.OPAQUE, "input some")),
    Row(_BOTH, "geqrf", op(Rule.OPAQUE, "input")),
    Row(_BOTH, "lu_solve", op(Rule.OPAQUE, "input LU_data LU_pivots")),
    Row("torch", "lu_unpack", op(
        Rule.OPAQUE, "LU_data LU_pivots unpack_data unpack_pivots"
    )),
    Row(_BOTH, "triangular_solve", op(
        Rule.OPAQUE, "input A upper transpose unitriangular", "input A"
    )),
    Row("torch Tensor inplace", "addbmm", op(
        Rule.OPAQUE, "input batch1 batch2", "input batch1 batch2", keywords="beta alpha"
    )),
    Row("linalg", "tensorinv", op(Rule.OPAQUE, "input ind")),
    Row("linalg", "tensorsolve", op(Rule.OPAQUE, "input other dims", "input other")),
    Row("linalg", "lu_solve", op(Rule.OPAQUE, "LU pivots B", "LU B", keywords="left adjoint")),
    Row("linalg", "ldl_solve", op(Rule.OPAQUE, "LD pivots B", "LD B", keywords="hermitian")),
    Row(_BOTH, "prelu", op(Rule.OPAQUE, "input weight")),
    Row(_BOTH, "as_strided_scatter", op(
        Rule.OPAQUE, "input src size stride storage_offset", "input src"
    )),
    Row(_BOTH, "nonzero_static", op(Rule.OPAQUE, keywords="size fill_value")),
    Row("torch", "segment_reduce", op(
        Rule.OPAQUE, "data reduce", keywords="lengths indices offsets axis unsafe initial"
    )),
    Row("functional", "max_unpool1d max_unpool2d max_unpool3d", op(
        Rule.OPAQUE, "input indices kernel_size stride padding output_size", "input indices"
    )),
    Row("functional", "triplet_margin_with_distance_loss", op(
        Rule.OPAQUE, "anchor positive negative", "anchor positive negative",
        keywords="distance_function margin swap reduction",
    )),
    Row("torch", "lstm_cell gru_cell rnn_tanh_cell rnn_relu_cell", op(
        Rule.OPAQUE, "input hx w_ih w_hh b_ih b_hh", "input hx"
    )),
    Row("torch", "compile", op(
        Rule.OPAQUE, "model", "", keywords="fullgraph dynamic backend mode options disable"
    )),
    Row("Tensor", "sum_to_size", op(Rule.OPAQUE, "self size", variadic="size")),
    Row("Tensor", "coalesce to_sparse_coo", op(Rule.OPAQUE, "self")),
    Row("Tensor", "to_sparse", op(
        Rule.OPAQUE, "self sparse_dim", keywords="layout blocksize dense_dim"
    )),
    Row("Tensor", "to_sparse_csr", op(Rule.OPAQUE, "self dense_dim")),
    Row("Tensor", "to_dense", op(Rule.OPAQUE, "self dtype", keywords="masked_grad")),
    Row("Tensor", "indices values", op(Rule.OPAQUE, "self", alias=True)),
    Row("Tensor", "storage untyped_storage", op(Rule.OPAQUE, "self", alias=True)),
    Row("Tensor", "grad", op(Rule.OPAQUE, "self", alias=True, attribute=True)),
    Row("torch", "vmap", op(
        Rule.OPAQUE, "func in_dims out_dims randomness", "", keywords="chunk_size"
    )),
)  # fmt: skip

_BY_VALUE = (
    Row(_BOTH, "nonzero", op(
        Rule.OPAQUE, keywords="as_tuple", dtype=Result.INT64, value_dependent_shape=True
    )),
    Row(_BOTH, "argwhere", op(Rule.OPAQUE, dtype=Result.INT64, value_dependent_shape=True)),
    Row(_BOTH, "masked_select", op(
        Rule.OPAQUE, "input mask", "input mask", promotes="input", value_dependent_shape=True
    )),
    Row(_BOTH, "bincount", op(
        Rule.OPAQUE, "input weights minlength", "input weights", dtype=Result.UNKNOWN,
        value_dependent_shape=True,
    )),
    Row("torch", "unique", op(
        Rule.OPAQUE, "input sorted return_inverse return_counts dim", value_dependent_shape=True
    )),
    Row("Tensor", "unique", op(
        Rule.OPAQUE, "self sorted return_inverse return_counts dim", value_dependent_shape=True
    )),
    Row(_BOTH, "unique_consecutive", op(
        Rule.OPAQUE, "input return_inverse return_counts dim", value_dependent_shape=True
    )),
)  # fmt: skip

ROWS = (*_RANDOM, *_WRITES, *_WORLD, *_KNOWN, *_BY_VALUE)
