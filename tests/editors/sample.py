"""What the editors are shown: one loop to find."""

import torch


def double(x: torch.Tensor) -> torch.Tensor:
    out = torch.zeros_like(x)
    for i in range(len(x)):
        out[i] = x[i] * 2
    return out


y = double(torch.rand(2000))
