"""Start the worker as `python …/verify/worker`: load this folder as a package under its own name."""

from __future__ import annotations

import importlib.util
import os
import sys

NAME = "_loopless_worker"


def main() -> None:
    """Leave no trace on `sys.path`, so that no file here can stand for a module of the user's."""
    if sys.version_info < (3, 10):  # noqa: UP036 - the interpreter is the user's
        # In words that any Python understands.
        print('{"hello": false, "reason": "verify needs Python 3.10 or later"}')
        return
    here = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [p for p in sys.path if p and os.path.abspath(p) != here]
    init = os.path.join(here, "__init__.py")
    spec = importlib.util.spec_from_file_location(NAME, init, submodule_search_locations=[here])
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[NAME] = module
    spec.loader.exec_module(module)
    importlib.import_module(NAME + ".serve").serve()


if __name__ == "__main__":
    main()
