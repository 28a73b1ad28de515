"""`envdoctor matrix list|show|search|verify`: their options. What they do is in `matrix_run` and `matrix_verify`."""

from __future__ import annotations

import argparse

from envdoctor.commands import OutputError
from envdoctor.commands.arguments import Group, Parser

_DESCRIPTION = (
    "Browses and checks the curated matrix: which driver, CUDA, GPU, image and wheel go together, with sources."
)

_EPILOG = """\
subcommands:
  list [TABLE]    the tables, or the rows of one
  show WHAT       everything known of one image, package, GPU, driver, CUDA, cuDNN, Jetson release or Python
  search TEXT     the rows of every table in which all words occur
  verify          schemas, invariants between rows, sources

examples:
  envdoctor matrix list ngc_pytorch --where cuda=12.4
  envdoctor matrix show nvcr.io/nvidia/pytorch:24.05-py3
  envdoctor matrix show RTX 5090
  envdoctor matrix search forward compatibility 535
  envdoctor matrix verify

exit codes: 0; 1 where verify found problems or nothing was found; 2 usage error; 3 where the answer could not be written
"""

_LIST_EPILOG = """\
examples:
  envdoctor matrix list                                    the tables
  envdoctor matrix list torch --where cuda=12.4 --where platform=linux_x86_64
  envdoctor matrix list cuda_tags --columns tag,cudnn,status
  envdoctor matrix list ngc_pytorch --gaps                 what is not known
  envdoctor matrix list onnxruntime --format json

A version matches every release within it (cuda=12 is any 12.x), a list where one of its items does, and "cuda=" where
it is not known. Columns that do not fit the terminal are left out and named; a pipe gets all of them.
exit codes: 0; 1 where no row fits --where; 2 usage error; 3 where the answer could not be written
"""

_SHOW_EPILOG = """\
examples:
  envdoctor matrix show nvidia/cuda:12.4.1-cudnn-runtime-ubuntu22.04
  envdoctor matrix show torch==2.4.0+cu121      envdoctor matrix show onnxruntime-gpu 1.20
  envdoctor matrix show RTX 5090                envdoctor matrix show sm_89
  envdoctor matrix show driver 535.104.05       envdoctor matrix show cuda 12.4
  envdoctor matrix show cudnn 9.10              envdoctor matrix show L4T 36.4
  envdoctor matrix show python:3.11

Rows and sources that disagree are all shown. exit codes: 0; 1 where the matrix holds nothing of it; 2 usage error; 3 where the answer could not be written
"""

_SEARCH_EPILOG = """\
examples:
  envdoctor matrix search removed ubuntu16.04
  envdoctor matrix search jetson --most 50 --format json

exit codes: 0; 1 where no row has all the words; 2 usage error; 3 where the answer could not be written
"""

_VERIFY_EPILOG = """\
examples:
  envdoctor matrix verify                          the matrix that this envdoctor carries
  envdoctor matrix verify --data data              a checkout's, while rows are edited
  envdoctor matrix verify --online --table torch   also what registries and package indexes say now

--online asks the registries and the package indexes of its options or of pip's own settings. Nothing is changed: what
differs is told as a diff to review.
exit codes: 0; 1 where something is wrong, differs or could not be asked; 2 usage error; 3 where the answer could not be
written
"""


def parser() -> Parser:
    subcommands = {"list": _list, "show": _show, "search": _search, "verify": _verify}
    return Group("matrix", _DESCRIPTION, _EPILOG, subcommands)


def run(args: argparse.Namespace) -> int:
    """Raises UsageError and OutputError."""
    try:
        return _run(args)
    except OutputError as error:  # no subcommand has --output
        raise OutputError(str(error).removesuffix("; use --output FILE")) from error


def _run(args: argparse.Namespace) -> int:
    if args.subcommand == "verify":
        from envdoctor.commands.matrix_verify import verify

        return verify(args)
    from envdoctor.commands.matrix_run import BROWSE

    return BROWSE[args.subcommand](args)


def _list() -> Parser:
    made = Parser("matrix list", "Lists the tables of the matrix, or the rows of one.", _LIST_EPILOG)
    made.add_argument("table", nargs="?", metavar="TABLE", help="a table's name; without it, all tables")
    made.add_argument(
        "--where", action="append", default=[], metavar="COLUMN=VALUE", help="only rows that have it; repeatable"
    )
    made.add_argument("--columns", metavar="LIST", help="these columns, in this order: tag,cudnn,status")
    made.add_argument(
        "--gaps", action="store_true", help="the rows with columns that are not known, and which these are"
    )
    made.add_argument("--format", choices=("table", "json", "jsonl"), default="table", help="default: table")
    return made


def _show() -> Parser:
    made = Parser("matrix show", "Tells everything the matrix knows of one thing, with sources.", _SHOW_EPILOG)
    made.add_argument(
        "what", nargs="+", metavar="WHAT", help="an image, package, GPU, driver, CUDA, cuDNN, L4T, Python"
    )
    made.add_argument("--format", choices=("text", "json"), default="text", help="default: text")
    return made


def _search() -> Parser:
    made = Parser("matrix search", "Finds the rows in which all words occur, in any column.", _SEARCH_EPILOG)
    made.add_argument("text", nargs="+", metavar="TEXT", help="words, upper or lower case")
    made.add_argument("--most", type=int, default=10, metavar="N", help="rows per table that are told (default: 10)")
    made.add_argument("--format", choices=("text", "json"), default="text", help="default: text")
    return made


def _verify() -> Parser:
    made = Parser(
        "matrix verify", "Checks the matrix: schemas, form, sources, invariants between rows.", _VERIFY_EPILOG
    )
    made.add_argument("--data", metavar="DIR", help="the matrix in that directory instead of the one that ships")
    made.add_argument("--table", action="append", default=[], metavar="TABLE", help="only this table; repeatable")
    made.add_argument("--format", choices=("text", "json"), default="text", help="default: text")
    online = made.add_argument_group("online")
    online.add_argument("--online", action="store_true", help="compare the rows with registries and package indexes")
    online.add_argument("--timeout", type=float, metavar="SECONDS", help="for each request (default: 30)")
    online.add_argument("--jobs", type=int, metavar="N", help="requests at a time to each host (default: 4)")
    online.add_argument("--limit", type=int, metavar="N", help="image configs and wheels read per table (default: 40)")
    online.add_argument(
        "--registry",
        action="append",
        metavar="HOST=URL",
        help="ask that mirror: docker.io=https://mirror.example; repeatable",
    )
    online.add_argument(
        "--index-url", action="append", metavar="URL", help="ask this package index instead of pip's; repeatable"
    )
    online.add_argument(
        "--complete", action="store_true", default=None, help="what a mirror or private index lacks counts as removed"
    )
    return made
