"""Says how two outcomes differ: values by grade, dtype, shape, kind, effects on inputs, aliasing, gradients."""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import torch

from tests.harness.execute import (
    Outcome,
    default_double,
    function_of,
    in_double,
    run,
    shaken,
    widened,
)
from tests.harness.inputs import Sample, Spec, make

SLACK = 32.0


@dataclass(frozen=True, slots=True)
class Difference:
    """Where two runs part. `rounding` says that an oracle in double precision finds both right."""

    where: str
    what: str
    rounding: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a comparison over samples found: the first difference of each sample."""

    counted: int
    differences: tuple[tuple[Sample, Difference], ...] = ()
    notes: frozenset[str] = field(default_factory=frozenset)


def compare_texts(
    before: str, after: str, specs: tuple[Spec, ...], samples: tuple[Sample, ...], stop: int = 3
) -> Verdict:
    """Run both texts over the samples; those on which `before` raises are not counted."""
    old, new = function_of(before), function_of(after)
    oracle = _oracle(before)
    counted, found, notes = 0, [], set()
    for sample in samples:
        first = run(old, make(specs, sample))
        if first.error is not None:
            continue
        counted += 1
        second = run(new, make(specs, sample))
        difference = compare(first, second, notes, lambda unit: oracle(specs, sample, unit))  # noqa: B023
        if difference is not None:
            found.append((sample, difference))
            if sum(not d.rounding for _, d in found) >= stop:
                break
    return Verdict(counted, tuple(found), frozenset(notes))


def compare(
    old: Outcome,
    new: Outcome,
    notes: set[str] | None = None,
    oracle: Callable[[float], Any] | None = None,
) -> Difference | None:
    """The first difference between two runs that started from equal inputs, or None."""
    notes = set() if notes is None else notes
    if new.error is not None:
        kind = type(new.error).__name__
        return Difference(
            "raises", f"{kind}: {str(new.error).splitlines()[0][:160] if str(new.error) else ''}"
        )
    if old.printed != new.printed:
        return Difference("printed", f"{old.printed[:80]!r} became {new.printed[:80]!r}")
    if old.random_state != new.random_state:
        return Difference("random state", "the generator stands elsewhere afterwards")
    olds, news = dict(_leaves_of(old)), dict(_leaves_of(new))
    if (problem := _structure(old, new, notes)) is not None:
        return problem
    rounding = None
    for place, left in olds.items():
        right = news[place]
        if not isinstance(left, torch.Tensor) and not isinstance(left, (int, float, complex)):
            continue
        if (problem := _same_kind(place, left, right)) is not None:
            return problem
        if not _same_bits(left, right):
            rounding = rounding or place
    if rounding is not None:
        problem = _within_bound(olds, news, oracle) if oracle is not None else "bits differ"
        if problem is not None:
            return Difference(rounding if problem == "bits differ" else "values", problem)
    if (problem := _aliasing(old, new, notes)) is not None:
        return problem
    if old.leaves and (problem := _gradients(old, new, notes)) is not None:
        return problem
    if _dense(olds) and not _dense(news):
        notes.add("not contiguous where the loop's was")
    if rounding is not None and any(map(_complex, olds.values())):
        notes.add("complex numbers round otherwise in vector kernels")
        return None
    return None if rounding is None else Difference(rounding, "bits differ, within rounding", True)


def _leaves_of(outcome: Outcome) -> Iterator[tuple[str, Any]]:
    yield from _leaves("result", outcome.result)
    for name, value in outcome.inputs.items():
        yield from _leaves(name, value)


def _leaves(place: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, (list, tuple)):
        yield place + ".kind", type(value).__name__ + str(len(value))
        for at, item in enumerate(value):
            yield from _leaves(f"{place}[{at}]", item)
    elif isinstance(value, dict):
        yield place + ".keys", repr(list(value))
        for key, item in value.items():
            yield from _leaves(f"{place}[{key!r}]", item)
    elif isinstance(value, torch.nn.Module):
        yield place + ".training", value.training
        for key, item in value.state_dict().items():
            yield f"{place}.{key}", item.clone()
    elif hasattr(value, "__dict__") and not callable(value) and not isinstance(value, torch.Tensor):
        yield place + ".kind", type(value).__name__
        for key, item in vars(value).items():
            yield from _leaves(f"{place}.{key}", item)
    else:
        yield place, value


def _structure(old: Outcome, new: Outcome, notes: set[str]) -> Difference | None:
    olds, news = list(_leaves_of(old)), list(_leaves_of(new))
    if [p for p, _ in olds] != [p for p, _ in news]:
        gone = [p for p, _ in olds if p not in dict(news)] or [
            p for p, _ in news if p not in dict(olds)
        ]
        return Difference(gone[0] if gone else "result", "another structure")
    for (place, left), (_, right) in zip(olds, news, strict=True):
        if isinstance(left, torch.Tensor) and isinstance(right, torch.Tensor):
            continue
        if _zero_trip(left, right):
            notes.add("a start value became a tensor where no trip changed it")
            continue
        if type(left) is not type(right):
            return Difference(place, f"{_type(left)} became {_type(right)}")
        if isinstance(left, (str, type(None))) and left != right:
            return Difference(place, f"{left!r} became {right!r}")
    return None


def _zero_trip(left: Any, right: Any) -> bool:
    """A start value that no trip replaced by a tensor: equal, but a 0-d tensor in the new code.

    Where the loop's result is a number on every run, other samples give other values, and those are caught.
    """
    if type(left) not in (int, float) or not isinstance(right, torch.Tensor) or right.dim():
        return False
    return left in (0, 1, math.inf, -math.inf) and right.item() == left


def _type(value: Any) -> str:
    return type(value).__name__


def _same_kind(place: str, left: Any, right: Any) -> Difference | None:
    if not isinstance(left, torch.Tensor) or not isinstance(right, torch.Tensor):
        return None
    if left.shape != right.shape:
        return Difference(place, f"shape {tuple(left.shape)} became {tuple(right.shape)}")
    if left.dtype != right.dtype:
        return Difference(place, f"{left.dtype} became {right.dtype}")
    if left.requires_grad and not right.requires_grad and left.numel():
        return Difference(place, "requires_grad True became False")
    if left.device != right.device:
        return Difference(place, f"{left.device} became {right.device}")
    return None


def _same_bits(left: Any, right: Any) -> bool:
    if not isinstance(left, torch.Tensor) or not isinstance(right, torch.Tensor):
        return repr(left) == repr(right) if type(left) is type(right) else left == right
    left, right = left.detach(), right.detach()
    if not (left.is_floating_point() or left.is_complex()):
        return torch.equal(left, right)
    if left.is_complex():
        left, right = (
            torch.view_as_real(left.resolve_conj()),
            torch.view_as_real(right.resolve_conj()),
        )
    same = (left == right) & (torch.signbit(left) == torch.signbit(right))
    return bool((same | (left.isnan() & right.isnan())).all())


def _oracle(before: str) -> Callable[[tuple[Spec, ...], Sample, float], Any]:
    kept: dict[str, Callable[..., Any]] = {}

    def results(specs: tuple[Spec, ...], sample: Sample, unit: float) -> dict[str, Any] | None:
        if "f" not in kept:
            kept["f"] = function_of(in_double(before))
        inputs = {name: widened(value) for name, value in make(specs, sample).items()}
        if unit:
            generator = torch.Generator().manual_seed(5)
            inputs = {name: shaken(value, unit, generator) for name, value in inputs.items()}
        with default_double():
            outcome = run(kept["f"], inputs)
        return None if outcome.error is not None else dict(_leaves_of(outcome))

    return results


def _within_bound(
    olds: dict[str, Any], news: dict[str, Any], oracle: Callable[[float], Any]
) -> str | None:
    """None when every new value is as near to the double-precision loop as rounding allows."""
    truth, moved = oracle(0.0), {}
    for place, left in olds.items():
        right = news[place]
        if not isinstance(left, (torch.Tensor, int, float, complex)) or _same_bits(left, right):
            continue
        old, new = _wide(left), _wide(right)
        if not (old.is_floating_point() or old.is_complex()) and not isinstance(left, float):
            return f"{place}: {_shown(left)} became {_shown(right)}"
        if truth is None or place not in truth or _wide(truth[place]).shape != old.shape:
            good = torch.allclose(old, new, rtol=1e-5, atol=1e-6, equal_nan=True)
            if not good:
                return f"{place}: {_shown(left)} became {_shown(right)}"
            continue
        unit = torch.finfo(left.dtype).eps if isinstance(left, torch.Tensor) else 2.0**-52
        if unit not in moved:
            moved[unit] = oracle(unit)
        if not _bounded(old, new, _wide(truth[place]), _moved(moved[unit], place), unit):
            return f"{place}: {_shown(left)} became {_shown(right)}, exactly {_shown(truth[place])}"
    return None


def _moved(results: dict[str, Any] | None, place: str) -> torch.Tensor | None:
    return None if results is None or place not in results else _wide(results[place])


def _wide(value: Any) -> torch.Tensor:
    value = (
        torch.as_tensor(value, dtype=torch.float64)
        if isinstance(value, float)
        else torch.as_tensor(value)
    )
    value = value.detach()
    if value.is_floating_point():
        return value.double()
    return value.to(torch.complex128) if value.is_complex() else value


def _bounded(
    old: torch.Tensor,
    new: torch.Tensor,
    true: torch.Tensor,
    moved: torch.Tensor | None,
    unit: float,
) -> bool:
    if true.dtype != new.dtype:
        true = true.to(new.dtype)
    settled = (
        (new == true) | (new.isnan() & true.isnan()) | (new == old) | (new.isnan() & old.isnan())
    )
    finite = new.isfinite() & true.isfinite()
    if not bool((settled | finite).all()):
        return False
    error = (old - true).abs()
    error = error[error.isfinite()]
    scale = true.abs()[true.isfinite()]
    slack = float(error.max()) if error.numel() else 0.0
    if moved is not None and moved.shape == true.shape:
        shift = (moved - true).abs()
        shift = shift[shift.isfinite()]
        slack += float(shift.max()) if shift.numel() else 0.0
    bound = SLACK * slack + 16 * unit * (float(scale.max()) if scale.numel() else 0.0)
    return bool((settled | ((new - true).abs() <= bound)).all())


def _shown(value: Any) -> str:
    if isinstance(value, torch.Tensor):
        flat = value.detach().flatten()[:6].tolist()
        return str([float(f"{v:.6g}") if isinstance(v, float) else v for v in flat])
    return repr(value)


def _tensors(outcome: Outcome) -> list[tuple[str, torch.Tensor]]:
    return [(p, v) for p, v in _leaves_of(outcome) if isinstance(v, torch.Tensor)]


def _aliasing(old: Outcome, new: Outcome, notes: set[str]) -> Difference | None:
    """New sharing is a difference, and lost sharing too, but for single elements that a fold returned as views."""
    tensors = dict(_tensors(old))
    before, after = _overlaps(_tensors(old)), _overlaps(_tensors(new))
    for pair in sorted(before ^ after):
        if pair in before and tensors[pair[0]].dim() == 0:
            notes.add("an element that was a view is a copy")
            continue
        how = "no longer shares" if pair in before else "now shares"
        return Difference(pair[0], f"{how} memory with {pair[1]}")
    for place, value in _leaves_of(old):
        if isinstance(value, torch.Tensor) and place.startswith("result"):
            names = [n for n, given in old.inputs.items() if given is value]
            if names and dict(_leaves_of(new))[place] is not new.inputs[names[0]]:
                return Difference(place, f"is no longer the object {names[0]}")
    return None


def _overlaps(tensors: list[tuple[str, torch.Tensor]]) -> frozenset[tuple[str, str]]:
    places: dict[int, list[tuple[str, set[int]]]] = {}
    for name, tensor in tensors:
        if tensor.numel() == 0 or tensor.layout is not torch.strided:
            continue
        key = tensor.untyped_storage().data_ptr()
        places.setdefault(key, []).append((name, _cells(tensor)))
    found = set()
    for group in places.values():
        for at, (name, cells) in enumerate(group):
            found.update((name, other) for other, more in group[at + 1 :] if cells & more)
    return frozenset(found)


def _cells(tensor: torch.Tensor) -> set[int]:
    where = torch.tensor(tensor.storage_offset())
    for size, stride in zip(tensor.shape, tensor.stride(), strict=True):
        where = where.unsqueeze(-1) + torch.arange(size) * stride
    return set(where.flatten().tolist())


def _gradients(old: Outcome, new: Outcome, notes: set[str]) -> Difference | None:
    """A result that newly requires a gradient is right as long as that is zero: no lane was stored.

    A number where the loop's gradient was NaN is right, too: a dead store may be gone.
    """
    expected = _gradient(old)
    if expected is None:
        return None
    got = _gradient(new)
    if got is None:
        return Difference("gradient", "cannot be taken any more")
    for at, (left, right, leaf) in enumerate(zip(expected, got, old.leaves, strict=False)):
        left = torch.zeros_like(leaf) if left is None else left
        right = torch.zeros_like(leaf) if right is None else right
        if bool((left.isnan() & ~right.isnan()).any()):
            notes.add("a gradient that was NaN is a number")
            right = torch.where(left.isnan(), left, right)
        near = 1e-4 if left.dtype is torch.float64 else 1e-2
        most = left[left.isfinite()].abs().max() if left.isfinite().any() else 0.0
        if not torch.allclose(left, right, rtol=near, atol=near * float(most), equal_nan=True):
            return Difference(f"gradient {at}", f"{_shown(left)} became {_shown(right)}")
    return None


def _gradient(outcome: Outcome) -> tuple[torch.Tensor | None, ...] | None:
    total = None
    for place, tensor in _tensors(outcome):
        if tensor.requires_grad and tensor.is_floating_point() and tensor.numel():
            weights = (
                torch.arange(1.0, tensor.numel() + 1).sin().to(tensor.dtype).reshape(tensor.shape)
            )
            # By place, not by count: where one version leaves a number, the weights of the others stay.
            weights = weights + 0.1 * (zlib.crc32(place.encode()) % 8)
            part = (torch.where(tensor.isfinite(), tensor, 0) * weights).sum()
            total = part if total is None else total + part
    if total is None:
        return ()
    try:
        return torch.autograd.grad(total, outcome.leaves, allow_unused=True)
    except RuntimeError:
        return None


def _complex(value: Any) -> bool:
    return isinstance(value, torch.Tensor) and value.is_complex()


def _dense(places: dict[str, Any]) -> bool:
    return all(
        v.is_contiguous()
        for p, v in places.items()
        if p.startswith("result") and isinstance(v, torch.Tensor)
    )


def alike(old: Outcome, new: Outcome) -> bool:
    """Whether two runs gave the same numbers, up to single precision; dtypes and kinds set aside."""
    return _close((old.result, *old.inputs.values()), (new.result, *new.inputs.values()))


def _close(left: Any, right: Any) -> bool:
    if isinstance(left, (list, tuple)) and isinstance(right, (list, tuple)):
        return len(left) == len(right) and all(map(_close, left, right))
    if isinstance(left, (torch.Tensor, int, float)) and isinstance(
        right, (torch.Tensor, int, float)
    ):
        left, right = _wide(left), _wide(right)
        if left.shape != right.shape:
            return False
        wide = torch.complex128 if left.is_complex() or right.is_complex() else torch.float64
        return torch.allclose(left.to(wide), right.to(wide), rtol=1e-3, atol=1e-4, equal_nan=True)
    return True
