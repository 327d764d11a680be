"""The comments inside a piece of source, in order."""

from __future__ import annotations

import io
import tokenize


def comments_of(source: str) -> list[str]:
    """Every comment of a statement, from the first to the last."""
    if "#" not in source:
        return []
    found: list[str] = []
    try:
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            if token.type == tokenize.COMMENT:
                found.append(token.string)
    except (tokenize.TokenError, IndentationError, SyntaxError):
        pass
    return found
