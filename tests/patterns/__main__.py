"""`python -m tests.patterns`: the second text of every example, from what the line makes of the first.

A text is written only where both give the same values.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from loopless.catalog import PATTERNS
from tests.harness.compare import compare_texts
from tests.harness.inputs import PLAN
from tests.patterns.pages import Promise, block, promises_of

FOLDER = Path(__file__).resolve().parents[2] / "patterns" / "loopless_patterns"
CORE = tuple(sample for sample in PLAN if sample.core)


def main() -> int:
    """Write all; 1 if an example is left as it is."""
    failed = 0
    for pattern in PATTERNS:
        path = FOLDER / f"{pattern.slug.replace('-', '_')}.py"
        text = path.read_text(encoding="utf-8")
        for promise in promises_of(pattern.slug, pattern.doc):
            problem, page = renewed(promise)
            if problem:
                failed = 1
                print(f"{pattern.slug}: {problem}", file=sys.stderr)
            text = text.replace(promise.page, page)
        path.write_text(text, encoding="utf-8")
    return failed


def renewed(promise: Promise) -> tuple[str, str]:
    """What is wrong, and the example as it should stand on its page."""
    done = promise.rewritten()
    if not done.applied:
        reasons = [m.reason for refusal in done.analysis.refusals for m in refusal.reasons]
        return f"not rewritten: {'; '.join(reasons)}", promise.page
    verdict = compare_texts(promise.before, done.text, promise.inputs, CORE)
    wrong = [f"{sample.name}: {each}" for sample, each in verdict.differences if not each.rounding]
    if wrong or not verdict.counted:
        return "; ".join(wrong) or "no sample runs", promise.page
    named = [slug for slug, _ in done.applied]
    problem = "" if named == [promise.slug] else f"reported as {', '.join(named)}"
    head = re.match(r".*^# after[^\n]*\n", promise.page, re.MULTILINE | re.DOTALL)
    assert head is not None
    return problem, f"{head[0]}{block(done.text)}```"


if __name__ == "__main__":
    sys.exit(main())
