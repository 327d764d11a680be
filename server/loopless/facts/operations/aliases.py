"""Other names of the same operations, with the same parameters."""

from __future__ import annotations

_SYNONYMS = (
    ("absolute", "abs"),
    ("arccos", "acos"),
    ("arccosh", "acosh"),
    ("arcsin", "asin"),
    ("arcsinh", "asinh"),
    ("arctan", "atan"),
    ("arctan2", "atan2"),
    ("arctanh", "atanh"),
    ("clip", "clamp"),
    ("divide", "div"),
    ("true_divide", "div"),
    ("fix", "trunc"),
    ("ger", "outer"),
    ("greater", "gt"),
    ("greater_equal", "ge"),
    ("less", "lt"),
    ("less_equal", "le"),
    ("not_equal", "ne"),
    ("moveaxis", "movedim"),
    ("multiply", "mul"),
    ("negative", "neg"),
    ("subtract", "sub"),
    ("concat", "cat"),
    ("concatenate", "cat"),
    ("row_stack", "vstack"),
    ("trapz", "trapezoid"),
    ("ndimension", "dim"),
    ("nelement", "numel"),
)
_FUNCTIONS = (
    "adaptive_avg_pool1d avg_pool1d bilinear conv1d conv2d conv3d conv_transpose1d "
    "conv_transpose2d conv_transpose3d cosine_similarity pairwise_distance pixel_shuffle "
    "pixel_unshuffle rms_norm softshrink"
)
_SPECIAL = (
    ("digamma", "digamma"),
    ("erf", "erf"),
    ("erfc", "erfc"),
    ("erfinv", "erfinv"),
    ("exp2", "exp2"),
    ("expit", "sigmoid"),
    ("expm1", "expm1"),
    ("gammainc", "igamma"),
    ("gammaincc", "igammac"),
    ("gammaln", "lgamma"),
    ("i0", "i0"),
    ("log1p", "log1p"),
    ("log_softmax", "log_softmax"),
    ("logit", "logit"),
    ("multigammaln", "mvlgamma"),
    ("psi", "digamma"),
    ("round", "round"),
    ("sinc", "sinc"),
    ("softmax", "softmax"),
    ("xlogy", "xlogy"),
)


def aliases() -> dict[str, str]:
    """Every other name with the canonical one. Names that the tables lack are harmless."""
    found: dict[str, str] = {}
    for other, name in _SYNONYMS:
        for form in ("torch.{}", "Tensor.{}", "Tensor.{}_"):
            found[form.format(other)] = form.format(name)
    for name in _FUNCTIONS.split():
        found[f"torch.{name}"] = f"torch.nn.functional.{name}"
    for other, name in _SPECIAL:
        found[f"torch.special.{other}"] = f"torch.{name}"
    return found
