"""The two streams: the report goes to stdout (or a file), everything else to stderr."""

from __future__ import annotations

import os
import sys

from envdoctor.commands import OutputError

TYPE_CHECKING = False  # importing `typing` costs more than this module
if TYPE_CHECKING:
    from typing import TextIO


def tell(text: str) -> None:
    """One line to stderr, with what is not printable escaped. Silent when stderr is closed."""
    if sys.stderr is None:
        return
    from envdoctor.formatters.visible import visible

    _forgiving(sys.stderr)
    try:
        sys.stderr.write(f"envdoctor: {visible(text)}\n")
        sys.stderr.flush()
    except (OSError, ValueError):
        _discard(sys.stderr)  # nobody listens; the exit code still tells


def write(text: str) -> None:
    """To stdout. A reader that went away (`| head`) is no error. Raises OutputError."""
    if sys.stdout is None:
        raise OutputError("standard output is closed, the report could not be written; use --output FILE")
    _forgiving(sys.stdout)
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        _discard(sys.stdout)
    except OSError as error:
        _discard(sys.stdout)
        raise OutputError(f"the report could not be written to standard output: {error.strerror}") from error


def write_file(text: str, path: str) -> None:
    """Raises OutputError."""
    try:
        with open(path, "w", encoding="utf-8", errors="backslashreplace", newline="\n") as file:
            file.write(text)
    except OSError as error:
        raise OutputError(f"the report could not be written to {path}: {error.strerror}") from error


def use_color(choice: str, to_file: bool) -> bool:
    """`auto` is a terminal that does not ask for plain text (NO_COLOR, TERM=dumb)."""
    if choice != "auto":
        return choice == "always"
    plain = to_file or bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") == "dumb"
    return not plain and is_terminal(sys.stdout)


def is_terminal(stream: TextIO | None) -> bool:
    try:
        return stream is not None and stream.isatty()
    except ValueError:  # closed
        return False


def _forgiving(stream: TextIO) -> None:
    """A character that the stream's encoding lacks is escaped instead of ending the program."""
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is not None and getattr(stream, "errors", None) in ("strict", "surrogateescape"):
        reconfigure(errors="backslashreplace")


def _discard(stream: TextIO) -> None:
    """Python flushes its streams once more at exit, and would end with exit code 120 there."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    except (OSError, ValueError):
        pass
