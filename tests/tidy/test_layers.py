"""Who may import what. The table is the architecture; ARCHITECTURE.md says why."""

from __future__ import annotations

import ast
import subprocess
import sys

import pytest

from tests.tidy.repository import ROOT, imports, product, within

PURE = ("source/", "ir/", "facts/", "dependence/", "lift/", "emit/", "loopless_patterns/")
PURE_FILES = ("finding.py", "pattern.py", "catalog.py", "pipeline.py")

# A module, and the beginnings of the only files that may import it.
ONLY_IN = {
    "torch": ("verify/worker",),
    "pygls": ("lsp/",),
    "lsprotocol": ("lsp/",),
    "ast": ("source/", "ir/", "emit/", "verify/"),
    "libcst": ("emit/",),
    "loopless_patterns": ("catalog.py", "loopless_patterns/"),
    "loopless.lsp": ("lsp/", "cli", "__main__.py"),
    "loopless.verify": ("verify/", "lsp/", "cli", "__main__.py"),
}

# What needs the world outside: files, processes, clocks, chance.
WORLD = {"os", "pathlib", "random", "shutil", "socket", "subprocess", "sys", "tempfile"}
WORLD |= {"asyncio", "threading", "time", "datetime", "uuid", "multiprocessing", "importlib"}


def is_part_of(module: str, package: str) -> bool:
    return module == package or module.startswith(package + ".")


@pytest.mark.parametrize("package", ONLY_IN)
def test_imported_only_where_it_belongs(package: str) -> None:
    strays = [
        f"{within(path)}:{line} imports {module}"
        for path in product()
        for module, line in imports(path)
        if is_part_of(module, package) and not within(path).startswith(ONLY_IN[package])
    ]
    assert not strays


def test_the_line_needs_nothing_of_the_world() -> None:
    strays = [
        f"{within(path)}:{line} imports {module}"
        for path in product()
        if within(path).startswith(PURE) or within(path) in PURE_FILES
        for module, line in imports(path)
        if module.partition(".")[0] in WORLD
    ]
    assert not strays


def test_a_pattern_sees_no_text_and_makes_no_edit() -> None:
    forbidden = ("ast", "libcst", "loopless.source", "loopless.emit", "loopless.ir.lower")
    strays = [
        f"{within(path)}:{line} imports {module}"
        for path in product()
        if within(path).startswith("loopless_patterns/")
        for module, line in imports(path)
        if any(is_part_of(module, each) for each in forbidden)
    ]
    assert not strays


def test_the_worker_imports_nothing_of_ours_but_its_neighbors() -> None:
    strays = [
        f"{within(path)}:{line} imports {module}"
        for path in product()
        if within(path).startswith("verify/worker")
        for module, line in imports(path)
        if is_part_of(module, "loopless") and not is_part_of(module, "loopless.verify.worker")
    ]
    assert not strays


def test_every_value_of_the_ir_is_frozen() -> None:
    thawed = [
        f"{within(path)}:{node.lineno} {node.name}"
        for path in product()
        if within(path).startswith("ir/") or within(path) in ("finding.py", "pattern.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef)
        for decorator in node.decorator_list
        if "dataclass" in ast.unparse(decorator) and "frozen=True" not in ast.unparse(decorator)
    ]
    assert not thawed


def test_the_stages_import_only_downwards() -> None:
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()"]
    done = subprocess.run(
        [*command, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_starting_imports_neither_torch_nor_the_protocol() -> None:
    program = (
        "import sys, loopless.cli\n"
        "print(*sorted({'torch', 'lsprotocol', 'pygls', 'libcst'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == []
