"""The cells of a notebook as one program."""

from __future__ import annotations

import pytest

from loopless.finding import Edit, Span
from loopless.lsp.documents import Document, cells_of, program_of_notebook, python_of_cell
from loopless.source.text import SourceText
from tests.lsp.loops import FUNCTION, HEADER, loops

NOTEBOOK = "file:///somewhere/model.ipynb"

IMPORTS = "%matplotlib inline\nimport torch"
SHELL = "%%bash\nfor i in *; do echo $i; done"


def cell_uri(number):
    return f"vscode-notebook-cell:/somewhere/model.ipynb#{number}"


def open_notebook(client, *texts):
    for number, text in enumerate(texts):
        client.texts[cell_uri(number)] = SourceText.of(text)
        client.versions[cell_uri(number)] = 1
    uris = [cell_uri(number) for number in range(len(texts))]
    documents = [
        {"uri": uri, "languageId": "python", "version": 1, "text": text}
        for uri, text in zip(uris, texts, strict=True)
    ]
    notebook = {
        "uri": NOTEBOOK,
        "notebookType": "jupyter-notebook",
        "version": 1,
        "cells": [{"kind": 2, "document": uri} for uri in uris],
    }
    params = {"notebookDocument": notebook, "cellTextDocuments": documents}
    client.notify("notebookDocument/didOpen", params)


def change_notebook(client, **cells):
    document = {"uri": NOTEBOOK, "version": 2}
    params = {"notebookDocument": document, "change": {"cells": cells}}
    client.notify("notebookDocument/didChange", params)


def test_a_finding_in_a_cell_knows_the_cells_before(connect):
    client = connect()
    open_notebook(client, IMPORTS, SHELL, FUNCTION)
    assert client.diagnostics(cell_uri(0)) == []
    assert client.diagnostics(cell_uri(1)) == []
    [found] = client.diagnostics(cell_uri(2))
    assert found["range"]["start"] == client.position(cell_uri(2), HEADER)


def test_an_edit_is_of_its_cell(connect):
    client = connect()
    open_notebook(client, IMPORTS, FUNCTION)
    action = client.actions(cell_uri(1), HEADER, ["quickfix"])[0]
    edit = client.resolve(action)["edit"]
    assert [change["textDocument"]["uri"] for change in edit["documentChanges"]] == [cell_uri(1)]
    assert loops(client.applied_to(cell_uri(1), edit)) == 0


def test_fix_all_has_a_kind_of_its_own_and_fixes_every_cell_once(connect):
    client = connect()
    open_notebook(client, IMPORTS, FUNCTION, FUNCTION.replace("double", "again"))
    assert client.actions(cell_uri(1), HEADER, ["source.fixAll"]) == []
    [action] = client.actions(cell_uri(1), HEADER, ["notebook.source.fixAll"])
    edit = client.resolve(action)["edit"]
    for number in (1, 2):
        fixed = client.applied_to(cell_uri(number), edit)
        assert loops(fixed) == 0
        assert "end of cell" not in fixed


def test_a_cell_that_is_asked_about_again_is_answered_by_name(connect):
    client = connect()
    open_notebook(client, IMPORTS, FUNCTION)
    assert client.server["diagnosticProvider"]["interFileDependencies"]
    params = {"textDocument": {"uri": cell_uri(1)}}
    first = client.request("textDocument/diagnostic", params)
    assert (first["kind"], len(first["items"])) == ("full", 1)
    params["previousResultId"] = first["resultId"]
    again = client.request("textDocument/diagnostic", params)
    assert again == {"kind": "unchanged", "resultId": first["resultId"]}
    # Another cell takes the meaning of `torch` away; this one has the same text as before.
    content = {"document": {"uri": cell_uri(0), "version": 2}, "changes": [{"text": "torch = 1"}]}
    change_notebook(client, textContent=[content])
    after = client.request("textDocument/diagnostic", params)
    assert (after["kind"], after["items"]) == ("full", [])


def test_cells_come_and_go_and_change(connect):
    client = connect()
    open_notebook(client, IMPORTS, FUNCTION)
    assert len(client.diagnostics(cell_uri(1))) == 1
    fresh = {"uri": cell_uri(7), "languageId": "python", "version": 1, "text": FUNCTION}
    client.texts[cell_uri(7)] = SourceText.of(FUNCTION)
    array = {"start": 1, "deleteCount": 1, "cells": [{"kind": 2, "document": cell_uri(7)}]}
    closed = [{"uri": cell_uri(1)}]
    change_notebook(client, structure={"array": array, "didOpen": [fresh], "didClose": closed})
    assert client.diagnostics(cell_uri(1)) == []
    assert len(client.diagnostics(cell_uri(7))) == 1
    identifier = {"uri": cell_uri(7), "version": 2}
    change_notebook(client, textContent=[{"document": identifier, "changes": [{"text": "1\n"}]}])
    assert client.diagnostics(cell_uri(7)) == []
    params = {"notebookDocument": {"uri": NOTEBOOK}, "cellTextDocuments": [{"uri": cell_uri(7)}]}
    client.notify("notebookDocument/didClose", params)
    assert client.diagnostics(cell_uri(0)) == []


@pytest.mark.parametrize(
    ("cell", "python"),
    [
        ("%time x\ny = 1", "pass   \ny = 1"),
        ("%%timeit\ny = 1", "pass    \ny = 1"),
        ("%%html\n<b>", "      \n   "),
        ("if a:\n    !pip install torch\n", "if a:\n    pass              \n"),
        ("x?\nx.y??", "  \npass "),
        ("a = (b\n  % c)", "a = (b\n  % c)"),
        ("!ls", "   "),
    ],
)
def test_what_is_not_python_is_blank_and_takes_its_place(cell, python):
    document = Document("cell", 1, "python", SourceText.of(cell))
    assert python_of_cell(document) == python


def test_a_span_over_two_cells_has_no_place():
    cells = [Document(name, 1, "python", SourceText.of("abc")) for name in ("one", "two")]
    program = program_of_notebook(NOTEBOOK, cells)
    assert cells_of(program, program.source.text) == ("abc", "abc")
    assert program.locate(Span(1, 3)) == (cells[0], Span(1, 3))
    start = program.starts[1]
    assert program.locate(Span(start, start + 2)) == (cells[1], Span(0, 2))
    assert program.locate(Edit(Span(1, start + 1), "").span) is None
