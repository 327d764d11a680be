"""The command line: server, check, verify, explain, rule, doctor.

Every command imports what it needs when it runs, so that `--version` and `rule` answer at once.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from io import TextIOWrapper

from loopless import __version__

OUTPUT_FORMATS = ("full", "concise", "json", "sarif", "github")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; 0 is clean, 1 is findings, 2 is an error."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    options = _parser().parse_args(given)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # what a terminal cannot show is no reason to fail
            stream.reconfigure(errors="backslashreplace")
    try:
        return _run(options)
    except BrokenPipeError:
        # Whoever read the output has gone, as with `| head`; Python must not complain about it at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        return 2


def _run(options: argparse.Namespace) -> int:
    match options.command:
        case "server":
            from loopless.lsp import serve

            return serve()
        case "check":
            from loopless.cli.check import check

            return check(options)
        case "explain":
            from loopless.cli.read import explain

            return explain(options)
        case "rule":
            from loopless.cli.read import rule

            return rule(options)
        case "verify":
            from loopless.cli.verify import verify

            return verify(options)
        case _:
            from loopless.cli.doctor import doctor

            return doctor(options)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="loopless",
        description="Find Python loops over PyTorch tensors and rewrite them as tensor operations.",
    )
    parser.add_argument("--version", action="version", version=f"loopless {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    server = commands.add_parser("server", help="speak the Language Server Protocol over stdio")
    server.add_argument("--stdio", action="store_true", help="accepted for editors that pass it")
    _add_check(commands.add_parser("check", help="report the loops in files and folders"))
    _add_verify(commands.add_parser("verify", help="run loops and their rewrites, and compare"))
    explain = commands.add_parser("explain", help="say all there is to say about one loop")
    explain.add_argument("place", metavar="FILE:LINE")
    rule = commands.add_parser(
        "rule", help="print the page of a pattern; without a name, list them"
    )
    rule.add_argument("slug", metavar="SLUG", nargs="?")
    doctor = commands.add_parser("doctor", help="describe the installation, for a bug report")
    doctor.add_argument("--python", metavar="PATH", help="the interpreter to examine for verify")
    return parser


def _add_verify(verify: argparse.ArgumentParser) -> None:
    verify.add_argument(
        "paths", metavar="PATH[:LINE]", nargs="+", help="files, folders, or one loop of a file"
    )
    verify.add_argument("--json", action="store_true", help="print verdicts as JSON")
    verify.add_argument("--python", metavar="PATH", help="the interpreter that has torch")
    verify.add_argument(
        "--device", choices=("auto", "cpu", "cuda", "mps", "xpu"), help="where to run"
    )
    verify.add_argument("--no-timing", action="store_true", help="compare only")
    verify.add_argument(
        "--strict", action="store_true", help="exit with 1 also for what could not be run"
    )


def _add_check(check: argparse.ArgumentParser) -> None:
    check.add_argument(
        "paths", metavar="PATH", nargs="*", default=["."], help="files and folders; - is stdin"
    )
    check.add_argument("--fix", action="store_true", help="apply safe rewrites")
    check.add_argument("--unsafe-fixes", action="store_true", help="count unsafe rewrites in")
    check.add_argument("--diff", action="store_true", help="print what --fix would change")
    check.add_argument("--select", action="append", metavar="SLUG,…", help="only these patterns")
    check.add_argument("--ignore", action="append", metavar="SLUG,…", help="not these patterns")
    check.add_argument("--statistics", action="store_true", help="count findings by pattern")
    check.add_argument("--refusals", action="store_true", help="also report loops left alone")
    check.add_argument("--output-format", choices=OUTPUT_FORMATS, default="full")
    check.add_argument("--stdin-filename", metavar="PATH", default="", help="what stdin is called")
    check.add_argument("--exit-zero", action="store_true", help="exit with 0 even with findings")
    check.add_argument("--isolated", action="store_true", help="read no configuration files")
    check.add_argument(
        "--jobs", type=int, default=0, metavar="N", help="processes; 0 is one a core"
    )
