"""Tests of Loopless. A package, so that `python -m tests.fuzz` and its kin run from the root."""
