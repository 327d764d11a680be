"""TEMPORARY: replaced by the engine. Finds `for i in range(len(x)): out[i] = x[i] * 2` and nothing else."""

from __future__ import annotations

import ast

from loopless.finding import Action, Analysis, Edit, Finding, Input, Missed, Options, Refusal, Span


def analyze(text: str, options: Options | None = None) -> Analysis:
    """Every finding and every refusal of a file, in order of place. Never raises on any text."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return Analysis()
    lines = text.splitlines(keepends=True)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    findings: list[Finding] = []
    refusals: list[Refusal] = []
    for node in ast.walk(tree):
        if not isinstance(node, ast.For):
            continue
        start, end = starts[node.lineno - 1] + node.col_offset, starts[(node.end_lineno or 1) - 1] + (node.end_col_offset or 0)
        span, header = Span(start, end), Span(start, starts[node.lineno - 1] + len(lines[node.lineno - 1].rstrip()))
        body = "\n".join(ast.unparse(s) for s in node.body)
        if ast.unparse(node.iter) == "range(len(x))" and body == "out[i] = x[i] * 2":
            action = Action("Vectorize: x * 2", (Edit(span, "out[:] = x * 2"),), "safe", "E0", (), True)
            findings.append(
                Finding("elementwise", "computes `out` from `x` element by element", span, header, span, (action,),
                        inputs=(Input("x", "tensor", None, 1), Input("out", "tensor", None, 1)), outputs=("out",), changed=("out",))
            )
        else:
            refusals.append(Refusal(span, header, (Missed("unknown", "the temporary engine does not know this loop", span),)))
    return Analysis(tuple(findings), tuple(refusals))
