"""The contract of a pattern file: it names a computation that a loop spells out, and says so in a sentence.

A pattern sees one piece of a lifted nest, never text, and never makes an edit: the rewrite is the normal form
itself, printed by `loopless.emit`. So to add a pattern is to add a name, an explanation and an example.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeAlias, TypeVar

from loopless.facts.scope import Scope
from loopless.lift.piece import Append, Piece

Evidence = TypeVar("Evidence")


@dataclass(frozen=True, slots=True)
class Collected:
    """An append, with the one call that makes a tensor of the list: "torch.stack", "torch.cat", "torch.tensor"."""

    append: Append
    function: str


Subject: TypeAlias = Piece | Collected
Recognize: TypeAlias = Callable[[Subject, Scope], Evidence | None]
Describe: TypeAlias = Callable[[Evidence], str]


@dataclass(frozen=True, slots=True)
class Pattern(Generic[Evidence]):
    """One computation that loops spell out: its slug ("sum-reduction"), title and explanation in Markdown.

    `recognize` looks at one piece and returns what it found there, or None. `describe` puts that into the one line
    of the problems list; it is total on evidence.
    """

    slug: str
    title: str
    doc: str
    recognize: Recognize[Evidence]
    describe: Describe[Evidence]

    def sentence(self, subject: Subject, scope: Scope) -> str | None:
        """The sentence about a piece, None where the pattern does not know it."""
        found = self.recognize(subject, scope)
        return None if found is None else self.describe(found)


def pattern(
    name: str, doc: str | None, recognize: Recognize[Evidence], describe: Describe[Evidence]
) -> Pattern[Evidence]:
    """The pattern of a module: its name gives the slug, its docstring the title and the explanation."""
    text = doc or ""
    slug = name.rpartition(".")[2].replace("_", "-")
    title = text.strip().partition("\n")[0].removesuffix(".")
    return Pattern(slug, title, text, recognize, describe)
