"""What `envdoctor matrix verify` does: every problem of the matrix, as text or JSON."""

from __future__ import annotations

import argparse
import itertools
import json
import os
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from envdoctor.browse.text import paragraph
from envdoctor.commands import UsageError, console
from envdoctor.commands.matrix_run import known_table
from envdoctor.formatters.visible import visible
from envdoctor.matrix import Matrix
from envdoctor.matrix.location import folder
from envdoctor.summary import counted
from envdoctor.upkeep import Problem, Verified
from envdoctor.upkeep.verify import steps

PROBLEMS_FOUND = 1
MOST = 1000  # problems that are told one by one
LARGEST = 50_000_000  # bytes of one table that are read; the largest that ships has half a million


def verify(args: argparse.Namespace) -> int:
    from envdoctor import upkeep

    matrix = Matrix.load() if args.data is None else Matrix(_reader(args.data))
    chosen = tuple(known_table(name, matrix) for name in dict.fromkeys(args.table))
    _only_online(args)
    with progress("verifying") as tell:
        total = steps(matrix, chosen)
        done = itertools.count(1)
        verified = upkeep.verify(matrix, chosen, advance=lambda: tell("tables and invariants", next(done), total))
    code = PROBLEMS_FOUND if verified.problems else 0
    document = _document(verified)
    if args.online:
        from envdoctor.commands.matrix_online import compare

        with progress("asking") as tell:
            compared = compare(args, matrix, chosen, tell)
        document["online"] = compared.document
        code = code or compared.code
    _write(args, verified, document, compared.text if args.online else "")
    if args.online:
        console.tell(compared.summary)
    return code


def _only_online(args: argparse.Namespace) -> None:
    for name in ("timeout", "jobs", "limit", "registry", "index_url", "complete"):
        if getattr(args, name) is not None and not args.online:
            raise UsageError(f"--{name.replace('_', '-')} is for --online, which is not given")


def _reader(root: str) -> Callable[[str], bytes]:
    """Raises UsageError for a directory that is none, OSError (of a file) for what is no table to read."""
    if not os.path.isdir(root):
        raise UsageError(
            f"--data {root[:200]!r} is not a directory; expected one that holds toolkits.json and the others"
        )
    read = folder(root)

    def bounded(name: str) -> bytes:
        found = os.stat(os.path.join(root, name))
        if not stat.S_ISREG(found.st_mode) or found.st_size > LARGEST:
            raise OSError(0, f"not a file of at most {LARGEST} bytes")
        return read(name)

    return bounded


@contextmanager
def progress(title: str) -> Iterator[Callable[[str, int, int], None]]:
    """A bar on stderr, when somebody watches: told what is being done, how much of it is done, and of how much."""
    if not console.is_terminal(sys.stderr):
        yield lambda what, done, total: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as shown:
        task = shown.add_task(title)
        yield lambda what, done, total: shown.update(
            task, description=f"{title}: {visible(what)[:60]}", completed=done, total=total
        )


def _write(args: argparse.Namespace, verified: Verified, document: dict[str, Any], online: str) -> None:
    if args.format == "json":
        console.write(json.dumps(document, indent=2) + "\n")
    else:
        console.write("".join(_told(problem) for problem in verified.problems[:MOST]) + _more(verified) + online)
    console.tell(_summary(verified))


def _document(verified: Verified) -> dict[str, Any]:
    return {
        "tables": list(verified.tables),
        "rows": verified.rows,
        "invariants": verified.invariants,
        "problems": [problem._asdict() for problem in verified.problems[:MOST]],
        "left_out": max(0, len(verified.problems) - MOST),
        "not_asked": verified.not_asked,
    }


def _more(verified: Verified) -> str:
    left_out = len(verified.problems) - MOST
    return f"… {left_out} more (mend these first, or ask one table: --table)\n" if left_out > 0 else ""


def _told(problem: Problem) -> str:
    """ "toolkits.json:12: [form] cuda 12.4.1, column driver_linux, 550: why"."""
    place = f"{problem.file}:{problem.line}" if problem.line else problem.file
    column = f"column {problem.column}" if problem.column else ""
    parts = [part for part in (problem.row, column, problem.value) if part]
    return paragraph(
        f"{place}: [{problem.check}] {', '.join(parts)}{': ' if parts else ''}{problem.message}", None, "", ""
    )


def _summary(verified: Verified) -> str:
    asked = f"{counted(len(verified.tables), 'table')}, {counted(verified.rows, 'row')}"
    if not verified.not_asked:
        asked += f", {counted(verified.invariants, 'invariant')}"
    told = counted(len(verified.problems), "problem") if verified.problems else "no problem"
    return f"{asked}: {told}" + (f"; {verified.not_asked}" if verified.not_asked else "")
