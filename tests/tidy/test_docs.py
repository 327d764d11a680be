"""The pages say what the code says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from loopless.catalog import PATTERNS as CATALOG
from scripts.write_docs import ARCHITECTURE, pages
from tests.tidy.repository import PATTERNS, ROOT, product, tracked, within

PAGES = [path for path in tracked() if path.suffix == ".md" and "cases" not in path.parts]


@pytest.mark.parametrize("page", pages(), ids=lambda path: path.name)
def test_generated_page_is_up_to_date(page: Path) -> None:
    assert page.read_text(encoding="utf-8") == pages()[page], "run `make docs`"


def test_every_pattern_file_is_in_the_catalog() -> None:
    files = {path.stem.replace("_", "-") for path in PATTERNS.glob("[a-z]*.py")}
    assert files == {pattern.slug for pattern in CATALOG}


def test_slugs_and_titles_are_told_apart() -> None:
    assert len({pattern.slug for pattern in CATALOG}) == len(CATALOG)
    assert len({pattern.title for pattern in CATALOG}) == len(CATALOG)


def test_every_file_of_the_server_is_on_the_code_map_and_says_what_it_holds() -> None:
    text = ARCHITECTURE.read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `([^`]+)` \| (.*) \|$", text, re.MULTILINE))
    files = [within(path) for path in product() if path.name != "__init__.py"]
    unnamed = [
        name
        for name in files
        if not name.startswith("loopless_patterns/")
        and not rows.get(name)
        and not any(folder.endswith("/") and name.startswith(folder) for folder in rows)
    ]
    assert not unnamed
    assert not [name for name, sentence in rows.items() if not sentence.endswith((".", "`", ")"))]


def test_invariants_name_tests_that_exist() -> None:
    text = ARCHITECTURE.read_text(encoding="utf-8")
    named = re.findall(r"`(tests/[\w/]+(?:\.py|/))`", text)
    assert named
    assert not [name for name in named if not (ROOT / name).exists()]


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    targets = [target.partition("#")[0] for target in re.findall(r"\]\(([^)\s]+)\)", text)]
    local = [target for target in targets if target and "://" not in target]
    assert not [target for target in local if not (page.parent / target).exists()]
