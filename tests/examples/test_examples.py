"""What `make run` shows: every loop of examples/ is found and rewritten, or stays for a reason."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from typing import Any

import pytest
import torch

from loopless.pipeline import analyze
from tests.harness.compare import compare
from tests.harness.execute import function_of, run
from tests.harness.rewriting import loops, rewrite
from tests.tidy.repository import ROOT

FILES = sorted((ROOT / "examples").glob("*.py"))
ALONE = "left_alone"


@dataclass(frozen=True, slots=True)
class Example:
    """One function of a file, with the sample that its comment names."""

    file: str
    name: str
    sample: str

    @property
    def text(self) -> str:
        return (ROOT / "examples" / f"{self.file}.py").read_text(encoding="utf-8")

    def inputs(self) -> dict[str, Any]:
        torch.manual_seed(0)
        return eval(f"dict({self.sample})", {"torch": torch})


def examples() -> list[Example]:
    found: list[Example] = []
    for path in FILES:
        text = path.read_text(encoding="utf-8")
        for node in ast.parse(text).body:
            source = ast.get_source_segment(text, node) or ""
            sample = re.search(r"# loopless: sample\((.*)\)\n", source)
            if isinstance(node, ast.FunctionDef) and sample:
                found.append(Example(path.stem, node.name, sample[1]))
    return found


def functions(text: str) -> dict[str, str]:
    """The functions of a file that hold a loop, by name."""
    whole = {
        node.name: ast.get_source_segment(text, node) or ""
        for node in ast.parse(text).body
        if isinstance(node, ast.FunctionDef)
    }
    return {name: source for name, source in whole.items() if loops(source)}


@pytest.mark.parametrize("example", examples(), ids=lambda each: each.name)
def test_the_loop_goes_and_the_results_stay(example: Example) -> None:
    after = rewrite(example.text, ("safe", "unsafe")).text
    assert not loops(functions(after).get(example.name, ""))
    old, new = (function_of(text, example.name) for text in (example.text, after))
    first, second = run(old, example.inputs()), run(new, example.inputs())
    assert first.error is None
    difference = compare(first, second)
    if difference and difference.what == "bits differ":
        # Sums of some thousand numbers in another order; `make run` holds them to a bound of their own.
        torch.testing.assert_close(second.result, first.result, rtol=1e-4, atol=1e-3)
        torch.testing.assert_close(second.inputs, first.inputs, rtol=1e-4, atol=1e-3)
    else:
        assert difference is None


def test_every_loop_of_the_examples_has_a_sample() -> None:
    looping = {
        name
        for path in FILES
        if path.stem != ALONE
        for name in functions(path.read_text(encoding="utf-8"))
    }
    assert looping == {example.name for example in examples()}


def test_the_first_page_shows_what_comes_out() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    before, after = re.findall(r"```python\n(def .*?)```", text, re.DOTALL)
    head = "import torch\n\n\n"
    assert rewrite(head + before).text == head + after


def test_what_stays_has_a_reason() -> None:
    text = (ROOT / "examples" / f"{ALONE}.py").read_text(encoding="utf-8")
    analysis = analyze(text)
    assert not [f.code for f in analysis.findings for a in f.actions if a.applicability == "safe"]
    lines = text.splitlines()
    headers = {number for number, line in enumerate(lines) if re.match(r"\s+for ", line)}
    explained = {text.count("\n", 0, refusal.header.start) for refusal in analysis.refusals}
    assert headers <= explained
    assert all(missed.reason for refusal in analysis.refusals for missed in refusal.reasons)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_an_example_that_is_being_typed_raises_nothing(path: Any) -> None:
    text = path.read_text(encoding="utf-8")
    for end in range(0, len(text), 37):
        analyze(text[:end])


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_same_text_gives_the_same_answer(path: Any) -> None:
    text = path.read_text(encoding="utf-8")
    assert analyze(text) == analyze(text)
