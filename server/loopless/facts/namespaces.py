"""Where torch keeps its operations on tensors: functions of its other modules may be about anything."""

from __future__ import annotations

_OPERATIONS = frozenset(
    {
        "torch",
        *(
            f"torch.{m}"
            for m in ("nn.functional", "functional", "linalg", "fft", "special", "Tensor")
        ),
    }
)


def is_operation(whole: str) -> bool:
    """Whether a dotted name is that of a public operation on tensors."""
    module, _, short = whole.rpartition(".")
    return module in _OPERATIONS and not short.startswith("_")
