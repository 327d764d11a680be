"""Run both versions of a region in the user's interpreter, compare and time them."""

from __future__ import annotations

from loopless.verify.client import Limits, Progress, Verifier
from loopless.verify.interpreter import Interpreter, find_interpreter
from loopless.verify.request import Request, inferred_comment, prepare, text_hash
from loopless.verify.store import Store, cache_folder, load, save
from loopless.verify.verdict import Verdict, duration, from_json, memory, not_run, summary

__all__ = [
    "Interpreter",
    "Limits",
    "Progress",
    "Request",
    "Store",
    "Verdict",
    "Verifier",
    "cache_folder",
    "duration",
    "find_interpreter",
    "from_json",
    "inferred_comment",
    "load",
    "memory",
    "not_run",
    "prepare",
    "save",
    "summary",
    "text_hash",
]
