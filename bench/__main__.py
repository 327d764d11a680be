"""`python -m bench speed | latency | throughput | precision`, each with `--help`."""

from __future__ import annotations

import sys
from importlib import import_module

KINDS = ("speed", "latency", "throughput", "precision")


def main() -> None:
    """Hand over to the measurement that is named."""
    if len(sys.argv) < 2 or sys.argv[1] not in KINDS:
        raise SystemExit(__doc__)
    kind = sys.argv.pop(1)
    import_module(f"bench.{kind}").main()


if __name__ == "__main__":
    main()
