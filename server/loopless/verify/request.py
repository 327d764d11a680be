"""From a finding to what the worker is asked, without running anything."""

from __future__ import annotations

import ast
import hashlib
import json
from dataclasses import dataclass
from typing import Any

from loopless.finding import Action, Finding
from loopless.verify.places import Offsets, hull
from loopless.verify.samples import roots_of
from loopless.verify.setup import Function
from loopless.verify.slicing import NotSliced, Slice, slice_region
from loopless.verify.templates import Comment, sample_comment
from loopless.verify.verdict import Verdict, not_run

_VERSION = 1


@dataclass(frozen=True, slots=True)
class Request:
    """One comparison: its plans, its content hash, and hashes of both texts that it speaks of."""

    key: str
    old_hash: str
    new_hash: str
    grade: str
    assumptions: tuple[str, ...]
    plans: tuple[dict[str, Any], ...]
    old_text: str
    new_text: str

    def to_json(self) -> dict[str, Any]:
        """The request as the worker reads it, but for its number and limits."""
        return {
            "grade": self.grade,
            "assumptions": list(self.assumptions),
            "plans": list(self.plans),
        }


def prepare(text: str, finding: Finding, action: Action) -> Request | Verdict:
    """Slice the region and infer its samples; a verdict where that ends the matter."""
    if not action.edits:
        return not_run("the action is advice and changes nothing", grade=action.grade)
    piece = slice_region(text, finding, action)
    if isinstance(piece, NotSliced):
        return not_run(piece.reason, grade=action.grade)
    comment = _comment(text, finding, action, piece)
    if comment is not None and comment.error:
        return not_run(comment.error, grade=action.grade)
    direct = slice_region(text, finding, action, with_setup=False)
    pieces = [piece]
    if isinstance(direct, Slice) and (piece.statements or piece.made):
        pieces.append(direct)
    if comment is not None and not set(comment.values) <= _names(piece):
        pieces.reverse()
    plans = tuple(_plan(p, finding, comment) for p in pieces)
    content = json.dumps([_VERSION, plans, action.grade, action.assumptions], sort_keys=True)
    return Request(
        key=_hash(content),
        old_hash=text_hash(piece.old_text),
        new_hash=text_hash(piece.new_text),
        grade=action.grade,
        assumptions=action.assumptions,
        plans=plans,
        old_text=piece.old_text,
        new_text=piece.new_text,
    )


def inferred_comment(text: str, finding: Finding, action: Action) -> str | None:
    """A `# loopless: sample(...)` line with what would be tried, for the user to edit."""
    shown = inferred_values(text, finding, action)
    if not shown:
        return None
    plain = [f"{name}={value}" for name, value in shown.items() if "." not in name]
    dotted = [f'"{name}": {value}' for name, value in shown.items() if "." in name]
    arguments = [*plain, *(["**{" + ", ".join(dotted) + "}"] if dotted else [])]
    return f"# loopless: sample({', '.join(arguments)})"


def inferred_values(text: str, finding: Finding, action: Action) -> dict[str, str]:
    """An expression for each input of the region: those of a comment, else what would be tried."""
    piece = slice_region(text, finding, action)
    if isinstance(piece, NotSliced):
        return {}
    comment = _comment(text, finding, action, piece)
    shown: dict[str, str] = {}
    sizes: dict[str, int] = {}
    for root in roots_of(piece, finding, comment):
        if root.options and (written := _written(root.options[0], sizes)):
            shown[root.name] = written
    return shown


def text_hash(source: str) -> str:
    """The hash of a region's text; formatting and comments do not count."""
    try:
        source = ast.unparse(ast.parse(source))
    except (SyntaxError, ValueError):
        source = source.strip()
    return _hash(source)


_NATURAL = (64, 32, 16, 8, 5, 3)


def _written(option: dict[str, Any], sizes: dict[str, int]) -> str:
    def size(of: str | int) -> int:
        if isinstance(of, int):
            return of
        return sizes.setdefault(of, _NATURAL[min(len(sizes), len(_NATURAL) - 1)])

    kind = option["kind"]
    if kind in ("tensor", "tensors"):
        return _written_tensor(option, [size(s) for s in option["sizes"]], size)
    if kind == "int":
        return str(size(option["size"]))
    if kind == "expr":
        return str(option["shown"])
    if kind == "value":
        return repr(option["value"])
    made = {
        "float": "0.5",
        "bool": "True",
        "callable": "torch.sigmoid",
        "module": "torch.tanh",
        "str": '"mean"',
        "list": "[]",
        "device": 'torch.device("cpu")',
        "dtype": "torch.float32",
    }
    return made.get(kind, "None")


def _written_tensor(option: dict[str, Any], shape: list[int], size: Any) -> str:
    listed = ", ".join(map(str, shape))
    as_tuple = f"({listed},)" if len(shape) == 1 else f"({listed})"
    match option.get("content"):
        case "mask":
            return f"torch.rand({listed}) > 0.5"
        case "index":
            return f"torch.randint(0, {size(option['high'])}, {as_tuple})"
        case "count":
            return f"torch.randint(0, {size(option['high'])} + 1, {as_tuple})"
        case "positive":
            return f"torch.rand({listed}) + 0.1"
        case _:
            return f"torch.randn({listed})" if shape else "torch.tensor(0.5)"


def _names(piece: Slice) -> set[str]:
    return {*piece.roots, *(n for r in piece.roots for n in (f"{r}.",))}


def _comment(text: str, finding: Finding, action: Action, piece: Slice) -> Comment | None:
    offsets = Offsets(text)
    span = hull(finding, action)
    last = offsets.line(max(span.end - 1, span.start)) + 1
    functions = [p.owner for p in piece.path if isinstance(p.owner, Function)]
    first = 1
    if functions:
        decorators = functions[-1].decorator_list
        first = min([functions[-1].lineno, *(d.lineno for d in decorators)]) - 1
    return sample_comment(text, first, last)


def _plan(piece: Slice, finding: Finding, comment: Comment | None) -> dict[str, Any]:
    return {
        "program": piece.program,
        "roots": [root.to_json() for root in roots_of(piece, finding, comment)],
        "roots_order": list(piece.roots),
        "live": list(piece.live),
        "outputs": list(piece.outputs),
        "classes": [list(pair) for pair in piece.classes],
        "grad_off": piece.grad_off,
        "fresh": list(piece.fresh),
        "unread": list(piece.unread),
        "loose": list(piece.loose),
    }


def _hash(content: str) -> str:
    return hashlib.sha256(content.encode()).hexdigest()[:32]
