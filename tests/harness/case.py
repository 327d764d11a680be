"""Reads `tests/cases/*.md`: one loop under each `##` heading, with what is expected of it.

    ## Title of the case
    Why it is here.
    ```python before
    def loop(x): ...
    ```
    inputs: x=float[n]
    ```python after
    the whole text expected, where it matters
    ```

Further lines: `refused: words of the reason` (no safe rewrite; words may be left out, `|` stands between
alternatives), `only unsafe`, `partial` (a loop may stay), `any` (nothing is fine, too), `exotic: bool, uint8`
(dtypes on which a difference is forgiven), `spellings: all` or some of their names. A file may give `spellings:`
for all of its cases under its `#` heading. A ```` ```python expert ```` block is what a person would write, for
the bench. Imports of torch, math and the like are put in front where a block has none.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from tests.harness.inputs import Spec, parse_inputs

CASES = Path(__file__).resolve().parents[1] / "cases"
Expectation = Literal["vectorize", "partial", "unsafe", "refuse", "any"]
IMPORTS = (
    (r"\bmath\.", "import math"),
    (r"\brandom\.", "import random"),
    (r"\b(product|combinations|accumulate)\(", "import itertools"),
    (r"\bnp\.", "import numpy as np"),
    (r"\btorch\.", "import torch"),
    (r"\bF\.", "import torch.nn.functional as F"),
    (r"\bnn\.", "from torch import nn"),
    (r"(?<!\.)\bTensor\b", "from torch import Tensor"),
)


@dataclass(frozen=True, slots=True)
class Case:
    """One loop and what is expected of it. `name` is `topic/title`; `line` is the text of `inputs`."""

    name: str
    before: str
    inputs: tuple[Spec, ...]
    expects: Expectation = "vectorize"
    reason: str = ""
    after: str | None = None
    expert: str | None = None
    exotic: frozenset[str] = frozenset()
    spellings: tuple[str, ...] = ()
    spelling: str = ""
    line: str = ""


@cache
def cases() -> tuple[Case, ...]:
    """Every case of every file, in order."""
    return tuple(
        c for path in sorted(CASES.glob("*.md")) for c in read(path.read_text(), path.stem)
    )


def read(text: str, topic: str) -> tuple[Case, ...]:
    """The cases of one file's text."""
    head, *parts = re.split(r"^## (?=\S)", text, flags=re.M)
    shared = _directives(_prose(head)).get("spellings", "")
    return tuple(_case(part, topic, shared) for part in parts)


def slug(title: str) -> str:
    """A heading as part of a name."""
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")


def _case(part: str, topic: str, shared: str) -> Case:
    title, _, body = part.partition("\n")
    blocks = re.findall(r"^```python ?(\w*)\n(.*?)^```$", body, re.S | re.M)
    named = {label or "before": _whole(code) for label, code in blocks}
    said = _directives(_prose(body))
    name = f"{topic}/{slug(title)}"
    if "before" not in named:
        raise ValueError(f"{name}: no code")
    expects: Expectation = "vectorize"
    if "refused" in said:
        expects = "refuse"
    elif "only unsafe" in said:
        expects = "unsafe"
    elif "partial" in said:
        expects = "partial"
    elif "any" in said:
        expects = "any"
    return Case(
        name=name,
        before=named["before"],
        inputs=parse_inputs(said.get("inputs", "")),
        expects=expects,
        reason=said.get("refused", ""),
        after=named.get("after"),
        expert=named.get("expert"),
        exotic=frozenset(said.get("exotic", "").replace(",", " ").split()),
        line=said.get("inputs", ""),
        spellings=tuple(said.get("spellings", shared).replace(",", " ").split()),
    )


def _prose(body: str) -> str:
    return re.sub(r"^```.*?^```$", "", body, flags=re.S | re.M)


def _directives(prose: str) -> dict[str, str]:
    pattern = r"^(inputs|refused|only unsafe|partial|any|exotic|spellings)(?::[ ]*(.*)|[ ]*)$"
    found: dict[str, str] = {}
    for key, value in re.findall(pattern, prose, re.M):
        found[key] = f"{found[key]}, {value}" if key == "inputs" and key in found else value.strip()
    return found


def _whole(code: str) -> str:
    if re.search(r"^(import|from) ", code, re.M):
        return code
    lines = [line for pattern, line in IMPORTS if re.search(pattern, code)]
    if "import torch" not in lines:
        lines.append("import torch")
    lines.sort(key=lambda line: [entry for _, entry in IMPORTS].index(line))
    return "\n".join(lines) + "\n\n\n" + code.lstrip("\n")
