"""What is left unread must not matter."""

from __future__ import annotations

import ast
import re
from dataclasses import replace

import pytest

from bench.sources import synthetic
from loopless import pipeline
from loopless.pipeline import analyze
from loopless.source.chunks import cut
from loopless.source.outline import Outline, outline

LOOPS = (
    "for x in y:\n    pass\n",
    "for (\n    a,\n    b,\n) in pairs:\n    pass\n",
    "for (  # both\n    a, b) in pairs:\n    pass\n",
    "for \\\n  x in y:\n    pass\n",
    "for d['in'], e in y: pass\n",
    "for [\r\n a] in y:\r\n    pass\r\n",
    "while True:\n    pass\n",
    "z = [x\n     for x\n     in y]\n",
    "z = [x for  # each\n     x in y]\n",
    "z = [x for x  # each\n     in y]\n",
    "z = [a for a\n     , b in y]\n",
    "def f():\n    return {k: v for k, v in y}\n",
    "async def f():\n    async for x in y:\n        pass\n",
)

IMPORTS = (
    "import torch\n",
    "from torch import nn\n",
    "def f():\n    import torch\n",
    "if x: import torch\n",
    "a = 1; import torch\n",
    "try:\n\tfrom torch import nn\nexcept ImportError: import numpy\n",
)


@pytest.mark.parametrize("text", LOOPS)
def test_a_loop_is_never_overlooked(text: str) -> None:
    ast.parse(text)
    assert any(outline(chunk.text).may_loop for chunk in cut(text))


@pytest.mark.parametrize("text", IMPORTS)
def test_an_import_is_never_overlooked(text: str) -> None:
    ast.parse(text)
    assert any(outline(chunk.text).may_import for chunk in cut(text))


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("def f(x):\n    pass\n", "f"),
        ("async  def g(): pass\n", "g"),
        ("class C:\n    def m(self): pass\n", "C"),
        ("@decorated(\n    a,\n)\n@again\ndef h(): pass\n", "h"),
        ("x = 1\n", ""),
        ("if x:\n    def f(): pass\n", ""),
    ],
)
def test_a_definition_is_known_by_its_name(text: str, name: str) -> None:
    assert outline(text).defines == name


def test_reading_everything_finds_nothing_more(monkeypatch: pytest.MonkeyPatch) -> None:
    quick = analyze(marked(synthetic(2500), "quick"))

    def anything(piece: str) -> Outline:
        return replace(outline(piece), may_loop=True, may_import=True)

    monkeypatch.setattr(pipeline, "outline", anything)
    assert quick.findings
    assert analyze(marked(synthetic(2500), "whole")) == quick


def marked(text: str, word: str) -> str:
    """The text with a word in each function's first line, so that nothing of another reading is remembered."""
    return re.sub(r"^(def .*:)$", rf"\1  # {word}", text, flags=re.MULTILINE)
