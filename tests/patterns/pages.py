"""The examples of the patterns' pages, as modules that can be rewritten and run.

The first line of an example names its inputs, in the words of `tests/harness/inputs.py`, and what it computes; what
it changes in place needs no mention:

    ```python
    # before: x=float[n, m] -> total
    total = torch.zeros(x.shape[0])
    …
    ```
    ```python
    # after
    …
    ```

`# after, unsafe` promises a rewrite that needs an assumption. A page may hold several pairs.
"""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass

from loopless.catalog import PATTERNS
from tests.harness.inputs import Spec, parse_inputs
from tests.harness.rewriting import Rewritten, rewrite

BLOCK = re.compile(r"^```python\n# (before|after)([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
TYPES = {"int": "int", "size": "int", "float": "float", "bool": "bool"}


@dataclass(frozen=True, slots=True)
class Promise:
    """One pair of texts of a page, as modules with a function `loop` of the inputs; `page` is where it stands."""

    slug: str
    page: str
    before: str
    after: str
    inputs: tuple[Spec, ...]
    safe: bool

    def rewritten(self) -> Rewritten:
        """What the line makes of the first text."""
        return rewrite(self.before, ("safe",) if self.safe else ("safe", "unsafe"))


def promises() -> list[Promise]:
    """Every example of the catalog, in its order."""
    return [promise for each in PATTERNS for promise in promises_of(each.slug, each.doc)]


def promises_of(slug: str, doc: str) -> list[Promise]:
    """The examples of one page."""
    pairs = list(BLOCK.finditer(doc))
    found: list[Promise] = []
    for first, second in zip(pairs[::2], pairs[1::2], strict=True):
        assert (first[1], second[1]) == ("before", "after"), slug
        declared, _, results = first[2].lstrip(":").partition("->")
        inputs = parse_inputs(declared)
        before = module(first[3], inputs, results.strip())
        after = module(second[3], inputs, results.strip())
        found.append(
            Promise(
                slug,
                doc[first.start() : second.end()],
                before,
                after,
                inputs,
                "unsafe" not in second[2],
            )
        )
    return found


def module(text: str, inputs: tuple[Spec, ...], results: str) -> str:
    """A block as a module: its imports, then a function that runs the rest and returns the results."""
    lines = text.splitlines(keepends=True)
    imports = [line for line in lines if re.match(r"import |from ", line)]
    body = "".join(line for line in lines if line not in imports).strip("\n") + "\n"
    head = f"def loop({', '.join(map(declared, inputs))}):\n"
    end = f"    return {results}\n" if results else ""
    return "import torch\n" + "".join(imports) + "\n\n" + head + textwrap.indent(body, "    ") + end


def block(text: str) -> str:
    """The module as a block again."""
    head, _, rest = text.partition("def loop(")
    imports = "".join(f"{line}\n" for line in head.split("\n")[1:] if line)
    lines = [
        line for line in rest.splitlines(keepends=True)[1:] if not line.startswith("    return ")
    ]
    return imports + textwrap.dedent("".join(lines))


def declared(spec: Spec) -> str:
    """The parameter of an input, annotated as a user would."""
    if spec.dims is not None:
        return f"{spec.name}: torch.Tensor"
    return f"{spec.name}: {TYPES[spec.kind]}" if spec.kind in TYPES else spec.name
