"""Loopless finds loops over tensors, rewrites them as tensor operations, and verifies the result.

The line: text -> chunks -> loop nests -> facts, dependences -> plan -> edit -> verdict -> LSP.
"""

__version__ = "0.1.0"
