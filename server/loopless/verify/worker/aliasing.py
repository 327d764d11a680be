"""Which results share memory with which: a mark written through each shows up in the others."""

from __future__ import annotations

from typing import Any

import torch

from .compare import Path, leaves, named

Shares = frozenset[tuple[str, str]]


def shares(values: dict[str, Any]) -> Shares:
    """Pairs of places where a write through the first changes the second."""
    tensors = {p: v for p, v in leaves(values).items() if isinstance(v, torch.Tensor)}
    found: list[tuple[str, str]] = []
    by_memory: dict[int, list[Path]] = {}
    for path, tensor in tensors.items():
        if tensor.numel():
            by_memory.setdefault(tensor.untyped_storage().data_ptr(), []).append(path)
    for group in by_memory.values():
        if len(group) > 1:
            found += _marked(group[:12], tensors)
    return frozenset(found)


def _marked(group: list[Path], tensors: dict[Path, torch.Tensor]) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for path in group:
        before = {p: tensors[p].detach().clone() for p in group}
        if not _mark(tensors[path]):
            continue
        for other in group:
            if other != path and not torch.equal(
                before[other].nan_to_num(), tensors[other].detach().nan_to_num()
            ):
                found.append((named(path), named(other)))
        with torch.no_grad():
            tensors[path].detach().copy_(before[path])
    return found


def _mark(tensor: torch.Tensor) -> bool:
    try:
        with torch.no_grad():
            flat = tensor.detach()
            if flat.dtype == torch.bool:
                flat.logical_not_()
            else:
                flat.copy_(torch.where(flat == 1, torch.zeros_like(flat), torch.ones_like(flat)))
    except RuntimeError:
        return False
    return True


def told(old: Shares, new: Shares) -> str:
    """The first difference between two sets of shared places, in a sentence."""
    for source, target in sorted(old - new):
        return f"in the loop, writing to {source} changes {target}; in the new code it does not"
    for source, target in sorted(new - old):
        return f"in the new code, writing to {source} changes {target}; in the loop it does not"
    return ""
