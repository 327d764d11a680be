"""Run both versions of a region in the user's interpreter, compare and time them."""

from __future__ import annotations

from loopless.verify.client import Limits, Progress, Verifier
from loopless.verify.interpreter import Interpreter, find_interpreter
from loopless.verify.request import Request, inferred_comment, prepare, text_hash
from loopless.verify.store import Store
from loopless.verify.verdict import Verdict, duration, memory, not_run, summary

__all__ = [
    "Interpreter",
    "Limits",
    "Progress",
    "Request",
    "Store",
    "Verdict",
    "Verifier",
    "duration",
    "find_interpreter",
    "inferred_comment",
    "memory",
    "not_run",
    "prepare",
    "summary",
    "text_hash",
]
