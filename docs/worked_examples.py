"""Runs the commands that the documentation shows and puts what they print below them.

    python docs/worked_examples.py [--check] docs/suggest.md …

A block stands between `<!-- run: envdoctor … -->` and `<!-- end -->`; it is replaced by the command and its output. With
--check nothing is written, and the exit code is 1 if a file is not what the commands print today (a test does that).
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import sys
import tempfile
from pathlib import Path

from envdoctor.cli import main

_BLOCK = re.compile(r"<!-- run: envdoctor ([^\n]*?) -->\n.*?<!-- end -->", re.DOTALL)
WIDTH = "100"


def rendered(text: str) -> str:
    return _BLOCK.sub(lambda match: _block(match.group(1)), text)


def _block(words: str) -> str:
    printed = output(shlex.split(words)).rstrip()
    language = "diff" if " --patch" in f" {words}" else "dockerfile" if "--format dockerfile" in words else "text"
    command = f"```sh\nenvdoctor {words}\n```"
    return f"<!-- run: envdoctor {words} -->\n{command}\n\n```{language}\n{printed}\n```\n<!-- end -->"


def output(words: list[str]) -> str:
    """Standard output of the command, run where no settings file lies and nothing is a terminal."""
    before = dict(os.environ)
    here = os.getcwd()
    kept = io.StringIO()
    try:
        os.environ.update(COLUMNS=WIDTH, NO_COLOR="1")
        with tempfile.TemporaryDirectory() as folder:
            _lay_out(Path(folder))
            os.chdir(folder)
            with contextlib.redirect_stdout(kept), contextlib.redirect_stderr(io.StringIO()):
                main(words)
            os.chdir(here)
    finally:
        os.chdir(here)
        os.environ.clear()
        os.environ.update(before)
    return kept.getvalue()


def _lay_out(folder: Path) -> None:
    """The files that the commands name: those of examples/."""
    examples = Path(__file__).resolve().parent.parent / "examples"
    for path in sorted(examples.rglob("*")):
        if path.is_file():
            copy = folder / "examples" / path.relative_to(examples)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(path.read_bytes())


def run(arguments: list[str]) -> int:
    wrong = 0
    for name in (each for each in arguments if each != "--check"):
        path = Path(name)
        text = path.read_text(encoding="utf-8")
        new = rendered(text)
        if "--check" not in arguments:
            path.write_text(new, encoding="utf-8")
        elif new != text:
            print(f"{name} is not what its commands print; run: python docs/worked_examples.py {name}", file=sys.stderr)
            wrong = 1
    return wrong


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
