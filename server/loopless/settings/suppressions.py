"""Comments by which a user silences a finding, and those that silence nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches

from loopless.finding import Edit, Finding, Span
from loopless.source.text import SourceText

# Strings are matched too, so that a comment sign inside one does not count.
_STRING_OR_COMMENT = re.compile(
    r'"""(?:\\.|[^\\])*?"""|\'\'\'(?:\\.|[^\\])*?\'\'\''
    r"|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'|#[^\r\n]*",
    re.DOTALL,
)
_DIRECTIVE = re.compile(r"#\s*loopless:\s*([\w-]+)\s*(?:\[([^\]]*)\])?")
_WORDS = ("ignore", "ignore-file", "sample")


@dataclass(frozen=True, slots=True)
class Suppression:
    """One `# loopless: ignore[…]` comment: its place, and the slugs it names with theirs."""

    span: Span
    whole_file: bool
    slugs: tuple[tuple[str, Span], ...]


@dataclass(frozen=True, slots=True)
class Remark:
    """Something to say about a suppression comment, with the edits that would settle it."""

    code: str
    message: str
    span: Span
    edits: tuple[Edit, ...] = ()


def directives(text: str) -> tuple[tuple[Suppression, ...], tuple[Remark, ...]]:
    """The suppressions of a text, and remarks on comments that look like one but are not."""
    suppressions: list[Suppression] = []
    remarks: list[Remark] = []
    for start, match in _comments(text):
        word, slugs = match[1], match[2]
        span = Span(start + match.start(), start + match.end())
        if word not in _WORDS:
            remarks.append(_unknown(word, span))
        elif word == "sample":
            continue
        elif not slugs or not slugs.strip():
            message = f"say which pattern to ignore: `# loopless: {word}[pattern]`"
            remarks.append(Remark("invalid-suppression", message, span))
        else:
            named = tuple(_slugs(slugs, start + match.start(2)))
            suppressions.append(Suppression(span, word == "ignore-file", named))
    return tuple(suppressions), tuple(remarks)


def suppressed(
    source: SourceText,
    findings: Iterable[Finding],
    suppressions: Iterable[Suppression],
    chosen: Callable[[str], bool],
) -> tuple[tuple[Finding, ...], tuple[Remark, ...]]:
    """The findings that no comment silences, and a remark on every chosen pattern silenced in vain."""
    kept: list[Finding] = []
    used: set[Span] = set()
    suppressions = tuple(suppressions)
    for finding in findings:
        silencers = [
            span
            for suppression in suppressions
            if suppression.whole_file or _on_header(source, finding, suppression)
            for slug, span in suppression.slugs
            if slug == finding.code
        ]
        used.update(silencers)
        if not silencers:
            kept.append(finding)
    for suppression in suppressions:  # a pattern that is switched off may still be needed elsewhere
        used.update(span for slug, span in suppression.slugs if not chosen(slug))
    unused = (_unused(source, suppression, used) for suppression in suppressions)
    return tuple(kept), tuple(remark for remark in unused if remark is not None)


def suppressing(source: SourceText, finding: Finding) -> Edit:
    """The edit that silences a finding: a comment on its header, or one more name in the comment there."""
    line = source.line_span(source.line_at(max(finding.header.end - 1, finding.header.start)))
    for suppression in directives(source.text)[0]:
        if not suppression.whole_file and _on_header(source, finding, suppression):
            at = suppression.span.end - 1
            return Edit(Span(at, at), f", {finding.code}")
    content = source.text[line.start : line.end]
    end = line.start + len(content.rstrip())
    return Edit(Span(end, line.end), f"  # loopless: ignore[{finding.code}]")


def _comments(text: str) -> Iterator[tuple[int, re.Match[str]]]:
    if "loopless:" not in text:
        return
    for token in _STRING_OR_COMMENT.finditer(text):
        if token[0].startswith("#"):
            for match in _DIRECTIVE.finditer(token[0]):
                yield token.start(), match


def _slugs(written: str, start: int) -> Iterator[tuple[str, Span]]:
    for match in re.finditer(r"[^\s,]+", written):
        yield match[0], Span(start + match.start(), start + match.end())


def _on_header(source: SourceText, finding: Finding, suppression: Suppression) -> bool:
    first = source.line_at(finding.header.start)
    last = source.line_at(max(finding.header.end - 1, finding.header.start))
    return first <= source.line_at(suppression.span.start) <= last


def _unknown(word: str, span: Span) -> Remark:
    close = get_close_matches(word, _WORDS, n=1)
    hint = f"; did you mean `{close[0]}`?" if close else ""
    return Remark("invalid-suppression", f"unknown comment word `{word}`{hint}", span)


def _unused(source: SourceText, suppression: Suppression, used: set[Span]) -> Remark | None:
    unused = [slug for slug, span in suppression.slugs if span not in used]
    if not unused:
        return None
    names = ", ".join(f"`{slug}`" for slug in unused)
    kept = [slug for slug, span in suppression.slugs if span in used]
    word = "ignore-file" if suppression.whole_file else "ignore"
    edit = (
        Edit(suppression.span, f"# loopless: {word}[{', '.join(kept)}]")
        if kept
        else _removal(source, suppression.span)
    )
    return Remark(
        "unused-suppression", f"nothing to ignore here: {names}", suppression.span, (edit,)
    )


def _removal(source: SourceText, span: Span) -> Edit:
    """The edit that takes a comment away, with its line when nothing else is on it."""
    line = source.lines_span(span)
    before = source.text[line.start : span.start]
    if not before.strip() and not source.text[span.end : line.end].strip():
        return Edit(line, "")
    return Edit(Span(line.start + len(before.rstrip()), span.end), "")
