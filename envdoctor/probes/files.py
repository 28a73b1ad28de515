"""Small text files of a machine or of its recording."""

from __future__ import annotations

import os
import stat

from envdoctor.facts import Fact, Origin, absent, known, unknown
from envdoctor.probes.presence import at

_MOST_BYTES = 1024 * 1024
# Opening must neither wait for the other end of a pipe nor take a terminal.
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0) | getattr(os, "O_CLOEXEC", 0)


def read_text(root: str, path: str, most: int = _MOST_BYTES) -> Fact[str]:
    """The first `most` bytes of a file: known, absent if it is not there, unknown if it cannot be read. What is no file
    (a folder, a pipe, a device that may do something when it is opened) is not opened."""
    origin = Origin(path)
    try:
        if not stat.S_ISREG(os.stat(at(root, path)).st_mode):
            return unknown(f"{path} cannot be read: it is not a file", origin)
        with open(os.open(at(root, path), _FLAGS), "rb") as file:
            return known(file.read(most).decode("utf-8", "replace"), origin)
    except (FileNotFoundError, NotADirectoryError):
        return absent(f"there is no {path}", origin)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        return unknown(f"{path} cannot be read: {reason}", origin)


def folder(root: str, path: str) -> Fact[tuple[str, ...]]:
    """The names in a folder, sorted: absent if there is no such folder, unknown if it cannot be read."""
    origin = Origin(path)
    try:
        return known(tuple(sorted(os.listdir(at(root, path)))), origin)
    except (FileNotFoundError, NotADirectoryError):
        return absent(f"there is no {path}", origin)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        return unknown(f"{path} cannot be listed: {reason}", origin)


def listed(root: str, path: str) -> tuple[str, ...]:
    """The names in a folder, sorted; none if there is no such folder or it cannot be read: for callers to whom both are
    the same."""
    return folder(root, path).get() or ()
