"""The part of verify that runs user code: needs only Python 3.10, the standard library and torch 2.1.

It is started by path with the user's interpreter and imports nothing of loopless.
"""
