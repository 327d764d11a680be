"""What two runs left, set side by side: structure, kinds, dtypes, shapes, then values."""

# pyright: basic
# What user code gives can be anything.

from __future__ import annotations

import math
import types
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch

Path = tuple[str, ...]


@dataclass(frozen=True)
class Difference:
    """One thing that is not the same, under the name of the check that it fails."""

    check: str
    where: str
    detail: str

    def told(self) -> str:
        """The difference in one line."""
        return f"{self.where}: {self.detail}" if self.where else self.detail


@dataclass
class Errors:
    """The largest distance of the new result from the reference."""

    absolute: float = 0.0
    relative: float = 0.0


_MOST = 20_000
# Not checks of their own, but shortcomings of two others.
KIND, BITS = "number kept", "same bits"
_ZERO_TRIPS = "a tensor where the loop leaves the same Python number"

Bound = Callable[[Path, torch.Tensor], torch.Tensor | None]


def leaves(value: Any) -> dict[Path, Any]:
    """Tensors and plain values by where they are; containers by their kind."""
    found: dict[Path, Any] = {}
    _collect(value, (), found, set(), 0)
    return found


def _collect(value: Any, path: Path, found: dict[Path, Any], seen: set[int], depth: int) -> None:
    if isinstance(value, (torch.Tensor, int, float, complex, str, bytes, type(None))):
        found[path] = value
        return
    if isinstance(value, (torch.dtype, torch.device)):
        found[path] = str(value)
        return
    if depth > 8 or id(value) in seen or len(found) > _MOST or isinstance(value, types.ModuleType):
        return
    seen = seen | {id(value)}
    if isinstance(value, dict):
        if path:
            found[(*path, "")] = f"{type(value).__name__} of {len(value)}"
        for key, item in value.items():
            _collect(item, (*path, str(key)), found, seen, depth + 1)
    elif isinstance(value, (list, tuple)):
        found[(*path, "")] = f"{type(value).__name__} of {len(value)}"
        for place, item in enumerate(value):
            _collect(item, (*path, f"[{place}]"), found, seen, depth + 1)
    elif isinstance(value, (set, frozenset, range)):
        found[path] = repr(sorted(value, key=repr))
    elif (hasattr(value, "__dict__") and not callable(value)) or isinstance(value, torch.nn.Module):
        for key, item in vars(value).items():
            _collect(item, (*path, key), found, seen, depth + 1)
    elif not callable(value):
        found[path] = f"a {type(value).__name__}"


def named(path: Path) -> str:
    """The path as a person would write it."""
    text = ""
    for part in path:
        text += part if part.startswith("[") or not text or not part else "." + part
    return text


def compare(
    old: dict[str, Any], new: dict[str, Any], exact: bool, bound: Bound | None, errors: Errors
) -> list[Difference]:
    """Every difference between two sets of values; `bound` gives how far numbers may lie apart."""
    one, other = leaves(old), leaves(new)
    found: list[Difference] = []
    for path in one:
        if path not in other:
            found.append(_missing(path, "the new code does not give it"))
    for path in other:
        # A name that the loop leaves unbound would raise where it is read.
        if path not in one and len(path) > 1 and (path[0],) not in one and path[:1] in _tops(one):
            found.append(_missing(path, "the loop does not give it"))
    for path, left in one.items():
        if path in other:
            right = other[path]
            difference = _leaf(path, left, right, exact, bound, errors)
            if difference is not None:
                found.append(difference)
    return found


def _tops(found: dict[Path, Any]) -> set[Path]:
    return {path[:1] for path in found}


def _missing(path: Path, what: str) -> Difference:
    return Difference("shape" if len(path) > 1 else "values", named(path), what)


def _leaf(
    path: Path, left: Any, right: Any, exact: bool, bound: Bound | None, errors: Errors
) -> Difference | None:
    where = named(path)
    if _same_number(left, right):
        return Difference(KIND, where, _ZERO_TRIPS)
    if isinstance(left, torch.Tensor) != isinstance(right, torch.Tensor) or (
        type(left) is not type(right) and not isinstance(left, torch.Tensor)
    ):
        return Difference("dtype", where, f"a {_kind(right)} where the loop gives a {_kind(left)}")
    changed = "in-place effects" if "(changed in place)" in path[0] else "values"
    if not isinstance(left, torch.Tensor):
        return _plain(where, left, right, exact, changed, errors)
    if left.dtype != right.dtype:
        return Difference("dtype", where, f"{right.dtype} where the loop gives {left.dtype}")
    if left.shape != right.shape:
        detail = f"shape {tuple(right.shape)} where the loop gives {tuple(left.shape)}"
        return Difference("shape", where, detail)
    if left.device != right.device:
        return Difference("dtype", where, f"on {right.device} where the loop gives {left.device}")
    return _numbers(path, where, left.detach(), right.detach(), exact, bound, changed, errors)


def _same_number(left: Any, right: Any) -> bool:
    """Whether a Python number stands where the new code gives the same as a tensor."""
    return (
        isinstance(left, (int, float))
        and isinstance(right, torch.Tensor)
        and bool(((right - left).abs() <= 1e-5 * abs(left)).all())
    )


def _kind(value: Any) -> str:
    return f"{value.dtype} tensor" if isinstance(value, torch.Tensor) else type(value).__name__


def _plain(
    where: str, left: Any, right: Any, exact: bool, check: str, errors: Errors
) -> Difference | None:
    if isinstance(left, float):
        if left == right or (math.isnan(left) and math.isnan(right)):
            return None
        distance = abs(left - right)
        errors.absolute = max(errors.absolute, distance)
        if not exact and distance <= 1e-5 * max(abs(left), abs(right)):
            return None
    elif left == right:
        return None
    check = "shape" if where.endswith(".") else check
    return Difference(check, where, f"{right!r} where the loop gives {left!r}"[:200])


def same_bits(left: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
    """Where two tensors are the same: any NaN like any other, zeros by their sign."""
    if left.is_complex():
        return same_bits(torch.view_as_real(left), torch.view_as_real(right)).all(-1)
    same = left == right
    if left.dtype.is_floating_point:
        same = same & (torch.signbit(left) == torch.signbit(right))
        same = same | (torch.isnan(left) & torch.isnan(right))
    return same


def _numbers(
    path: Path,
    where: str,
    left: torch.Tensor,
    right: torch.Tensor,
    exact: bool,
    bound: Bound | None,
    check: str,
    errors: Errors,
) -> Difference | None:
    same = same_bits(left, right)
    whole = not (left.dtype.is_floating_point or left.is_complex())
    if bool(same.all()):
        return None
    if not whole:
        _record(left, right, errors)
    if not whole and not exact:
        same = same | _close(path, left, right, bound)
        if bool(same.all()):
            return None
    count = int((~same).sum())
    place = tuple(int(k) for k in (~same).nonzero()[0]) if left.dim() else ()
    was, now = left[place].item(), right[place].item()
    at = f" at {list(place)}" if place else ""
    more = f" ({count} of {left.numel()} elements)" if left.numel() > 1 else ""
    last = " in the last bits" if exact and _nearly(was, now) else ""
    return Difference(check, where, f"{now!r} where the loop gives {was!r}{at}{more}{last}")


def _nearly(was: Any, now: Any) -> bool:
    return isinstance(was, float) and was != now and abs(was - now) <= 1e-5 * abs(was)


def _record(left: torch.Tensor, right: torch.Tensor, errors: Errors) -> None:
    both = torch.isfinite(left) & torch.isfinite(right)
    if not bool(both.any()):
        return
    wide = torch.complex128 if left.is_complex() else torch.float64
    if left.device.type == "mps":
        left, right, both = left.cpu(), right.cpu(), both.cpu()
    one, other = left[both].to(wide), right[both].to(wide)
    distance = (one - other).abs()
    errors.absolute = max(errors.absolute, float(distance.max()))
    scale = torch.maximum(one.abs(), one.abs().mean())
    errors.relative = max(errors.relative, float((distance / scale.clamp_min(1e-300)).max()))


def _close(
    path: Path, left: torch.Tensor, right: torch.Tensor, bound: Bound | None
) -> torch.Tensor:
    """Where both are finite and within the bound, or the same infinity or zero."""
    allowed = bound(path, left) if bound is not None else None
    distance = (left - right).abs()
    if allowed is None:
        epsilon = torch.finfo(left.dtype).eps
        largest = left[torch.isfinite(left)].abs()
        scale = float(largest.max()) if largest.numel() else 0.0
        near = distance <= 64 * epsilon * (left.abs() + 0.05 * scale)
    else:
        allowed = allowed.to(distance.device)
        near = (distance <= allowed) | torch.isinf(allowed)
    return near | (left == right)
