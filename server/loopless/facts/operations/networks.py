"""torch.nn.functional beyond activations: layers, pooling, losses."""

from __future__ import annotations

from loopless.facts.operations.operation import Operation, Result, Rule, Whole
from loopless.facts.operations.rows import Row, op

_PAST = "size_average reduce"  # two parameters that torch keeps for old callers


def _planes(
    params: str, last: int, leading: tuple[int, int], requires: tuple[tuple[str, object], ...] = ()
) -> Operation:
    return op(
        Rule.LAST,
        params,
        last=last,
        item_rank=last + leading[0],
        leading=leading,
        exact=False,
        batched="fold",
        dtype=Result.EQUAL,
        requires=requires,
    )


def _samples(
    params: str, item_rank: int, requires: tuple[tuple[str, object], ...] = (), tensors: str = ""
) -> Operation:
    """The item's dim 0 counts samples that do not see each other."""
    return op(
        Rule.LAST,
        params,
        tensors or None,
        item_rank=item_rank,
        samples=True,
        exact=False,
        batched="fold",
        dtype=Result.EQUAL,
        requires=requires,
        broadcasts=False,
    )


def _loss(params: str, tensors: str, requires: tuple[tuple[str, object], ...] = ()) -> Operation:
    """An elementwise loss and its mean or sum over the item."""
    return op(
        Rule.REDUCE,
        params,
        tensors,
        whole=Whole.ALL,
        batched="loss",
        dtype=Result.EQUAL,
        exact=False,
        requires=requires,
        broadcasts=False,
        item_rank=0,
    )


def _row_loss(
    params: str, tensors: str, caveat: str = "", requires: tuple[tuple[str, object], ...] = ()
) -> Operation:
    """A loss of each row of classes or features, and its mean or sum over the rows."""
    return op(
        Rule.REDUCE,
        params,
        tensors,
        whole=Whole.ALL,
        batched="row loss",
        dtype=Result.EQUAL,
        exact=False,
        last=1,
        item_rank=1,
        leading=(0, 1),
        caveat=caveat,
        requires=requires,
        broadcasts=False,
    )


_UNWEIGHTED = (("weight", None),)
_NO_INDICES = (("return_indices", False),)
_CONV = "input weight bias stride padding dilation groups"
_CONV_T = "input weight bias stride padding output_padding groups dilation"
_MAX_POOL = "input kernel_size stride padding dilation ceil_mode return_indices"
_LP_POOL = "input norm_type kernel_size stride ceil_mode"
_AVG = "input kernel_size stride padding ceil_mode count_include_pad"

_LAYERS = (
    Row("functional", "conv1d", _planes(_CONV, 2, (0, 1))),
    Row("functional", "conv2d", _planes(_CONV, 3, (0, 1))),
    Row("functional", "conv3d", _planes(_CONV, 4, (0, 1))),
    Row("functional", "conv_transpose1d", _planes(_CONV_T, 2, (0, 1))),
    Row("functional", "conv_transpose2d", _planes(_CONV_T, 3, (0, 1))),
    Row("functional", "conv_transpose3d", _planes(_CONV_T, 4, (0, 1))),
    Row("functional", "max_pool1d", _planes(_MAX_POOL, 1, (1, 2), _NO_INDICES)),
    Row("functional", "max_pool2d", _planes(_MAX_POOL, 2, (1, 2), _NO_INDICES)),
    Row("functional", "max_pool3d", _planes(_MAX_POOL, 3, (1, 2), _NO_INDICES)),
    Row("functional", "avg_pool1d", _planes(_AVG, 1, (1, 2))),
    Row("functional", "avg_pool2d", _planes(f"{_AVG} divisor_override", 2, (1, 2))),
    Row("functional", "avg_pool3d", _planes(f"{_AVG} divisor_override", 3, (1, 2))),
    Row("torch", "max_pool1d", _planes(
        "input kernel_size stride padding dilation ceil_mode", 1, (1, 2)
    )),
    Row("torch", "max_pool2d", _planes(
        "input kernel_size stride padding dilation ceil_mode", 2, (1, 2)
    )),
    Row("torch", "max_pool3d", _planes(
        "input kernel_size stride padding dilation ceil_mode", 3, (1, 2)
    )),
    Row("functional", "adaptive_avg_pool1d", _planes("input output_size", 1, (1, 2))),
    Row("functional", "adaptive_avg_pool2d", _planes("input output_size", 2, (1, 2))),
    Row("functional", "adaptive_avg_pool3d", _planes("input output_size", 3, (1, 2))),
    Row("functional", "adaptive_max_pool1d", _planes(
        "input output_size return_indices", 1, (1, 2), _NO_INDICES
    )),
    Row("functional", "adaptive_max_pool2d", _planes(
        "input output_size return_indices", 2, (1, 2), _NO_INDICES
    )),
    Row("functional", "adaptive_max_pool3d", _planes(
        "input output_size return_indices", 3, (1, 2), _NO_INDICES
    )),
    Row("functional", "lp_pool1d", _planes(_LP_POOL, 1, (1, 2))),
    Row("functional", "lp_pool2d", _planes(_LP_POOL, 2, (1, 2))),
    Row("functional", "lp_pool3d", _planes(_LP_POOL, 3, (1, 2))),
    Row("functional", "unfold", _planes("input kernel_size dilation padding stride", 3, (0, 1))),
    Row("functional", "fold", _planes(
        "input output_size kernel_size dilation padding stride", 2, (0, 1)
    )),
    Row("functional", "interpolate", _samples(
        "input size scale_factor mode align_corners recompute_scale_factor antialias", 3
    )),
    Row("functional", "upsample", _samples("input size scale_factor mode align_corners", 3)),
    Row("functional", "upsample_nearest upsample_bilinear", _samples(
        "input size scale_factor", 4
    )),
    Row("functional", "channel_shuffle", _samples("input groups", 3)),
    Row("torch", "channel_shuffle", _samples("input groups", 3)),
    Row("torch", "stft", op(
        Rule.LAST, "input n_fft hop_length win_length window center pad_mode normalized onesided "
        "return_complex align_to_window", last=1, item_rank=1, leading=(0, 1), batched="fold",
        dtype=Result.UNKNOWN, exact=False,
    )),
    Row("Tensor", "stft", op(
        Rule.LAST, "self n_fft hop_length win_length window center pad_mode normalized onesided "
        "return_complex align_to_window", last=1, item_rank=1, leading=(0, 1), batched="fold",
        dtype=Result.UNKNOWN, exact=False,
    )),
    Row("torch Tensor", "istft", op(
        Rule.LAST, "input n_fft hop_length win_length window center normalized onesided length "
        "return_complex", last=2, item_rank=2, leading=(0, 1), batched="fold",
        dtype=Result.UNKNOWN, exact=False,
    )),
    Row("functional", "grid_sample", _samples(
        "input grid mode padding_mode align_corners", 4, tensors="input grid"
    )),
    Row("functional", "affine_grid", op(Rule.OPAQUE, "theta size align_corners")),
    Row("functional", "batch_norm", _samples(
        "input running_mean running_var weight bias training momentum eps", 2,
        (("training", False),),
    )),
    Row("functional", "instance_norm", _samples(
        "input running_mean running_var weight bias use_input_stats momentum eps", 3,
        (("running_mean", None), ("running_var", None)),
    )),
    Row("functional", "group_norm", _samples("input num_groups weight bias eps", 2)),
    Row("functional", "local_response_norm", _samples("input size alpha beta k", 3)),
    Row("functional", "layer_norm", op(
        Rule.LAST, "input normalized_shape weight bias eps", last=1, item_rank=1, exact=False
    )),
    Row("functional", "rms_norm", op(
        Rule.LAST, "input normalized_shape weight eps", last=1, item_rank=1, exact=False
    )),
    Row("functional", "embedding", op(
        Rule.LAST, "input weight padding_idx max_norm norm_type scale_grad_by_freq sparse",
        dtype=Result.FIRST, promotes="weight", requires=(("max_norm", None),),
    )),
    Row("functional", "one_hot", op(
        Rule.LAST, "input num_classes", dtype=Result.INT64, batched="one_hot"
    )),
    Row("functional", "pad", op(Rule.LAST, "input pad mode value", batched="pad")),
    Row("functional", "pixel_shuffle", op(
        Rule.LAST, "input upscale_factor", last=3, item_rank=3
    )),
    Row("functional", "pixel_unshuffle", op(
        Rule.LAST, "input downscale_factor", last=3, item_rank=3
    )),
    Row("functional", "scaled_dot_product_attention", op(
        Rule.LAST, "query key value attn_mask dropout_p is_causal", "query key value attn_mask",
        keywords="scale enable_gqa", last=2, item_rank=2, exact=False,
        requires=(("dropout_p", 0.0),),
    )),
    Row("functional", "prelu", op(
        Rule.OPAQUE, "input weight", caveat="a weight of several channels goes by dim 1"
    )),
    Row("functional", "embedding_bag", op(
        Rule.OPAQUE, "input weight offsets max_norm norm_type scale_grad_by_freq mode sparse "
        "per_sample_weights include_last_offset padding_idx"
    )),
    Row("functional", "multi_head_attention_forward", op(Rule.OPAQUE, "query key value")),
    Row("functional", "ctc_loss", op(
        Rule.OPAQUE, "log_probs targets input_lengths target_lengths blank reduction zero_infinity"
    )),
)  # fmt: skip

_IT = "input target"

_LOSSES = (
    Row("functional", "mse_loss l1_loss", _loss(
        f"{_IT} {_PAST} reduction weight", _IT, _UNWEIGHTED
    )),
    Row("functional", "smooth_l1_loss", _loss(f"{_IT} {_PAST} reduction beta", _IT)),
    Row("functional", "huber_loss", _loss(f"{_IT} reduction delta weight", _IT, _UNWEIGHTED)),
    Row("functional", "binary_cross_entropy", _loss(
        f"{_IT} weight {_PAST} reduction", f"{_IT} weight"
    )),
    Row("functional", "binary_cross_entropy_with_logits", _loss(
        f"{_IT} weight {_PAST} reduction pos_weight", f"{_IT} weight"
    )),
    Row("functional", "kl_div", _loss(f"{_IT} {_PAST} reduction log_target", _IT)),
    Row("functional", "poisson_nll_loss", _loss(
        "input target log_input full size_average eps reduce reduction", _IT
    )),
    Row("functional", "gaussian_nll_loss", _loss(
        "input target var full eps reduction", "input target var"
    )),
    Row("functional", "soft_margin_loss", _loss(f"{_IT} {_PAST} reduction", _IT)),
    Row("functional", "hinge_embedding_loss", _loss(f"{_IT} margin {_PAST} reduction", _IT)),
    Row("functional", "margin_ranking_loss", _loss(
        f"input1 input2 target margin {_PAST} reduction", "input1 input2 target"
    )),
    Row("functional", "cross_entropy", _row_loss(
        f"{_IT} weight size_average ignore_index reduce reduction label_smoothing", _IT,
        "a mean leaves out targets equal to ignore_index", _UNWEIGHTED,
    )),
    Row("functional", "nll_loss", _row_loss(
        f"{_IT} weight size_average ignore_index reduce reduction", _IT,
        "a mean leaves out targets equal to ignore_index", _UNWEIGHTED,
    )),
    Row("functional", "multi_margin_loss", _row_loss(
        f"{_IT} p margin weight {_PAST} reduction", _IT, requires=_UNWEIGHTED
    )),
    Row("functional", "multilabel_margin_loss", _row_loss(f"{_IT} {_PAST} reduction", _IT)),
    Row("functional", "multilabel_soft_margin_loss", _row_loss(
        f"{_IT} weight {_PAST} reduction", _IT
    )),
    Row("functional", "cosine_embedding_loss", _row_loss(
        f"input1 input2 target margin {_PAST} reduction", "input1 input2 target"
    )),
    Row("functional", "triplet_margin_loss", _row_loss(
        f"anchor positive negative margin p eps swap {_PAST} reduction",
        "anchor positive negative",
    )),
)  # fmt: skip

ROWS = (*_LAYERS, *_LOSSES)
