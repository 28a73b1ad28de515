"""Small text files of a machine or of its recording."""

from __future__ import annotations

import os

from envdoctor.facts import Fact, Origin, absent, known, unknown
from envdoctor.probes.presence import at

_MOST_BYTES = 1024 * 1024


def read_text(root: str, path: str) -> Fact[str]:
    """The first MiB of a file: known, absent if it is not there, unknown if it cannot be read."""
    origin = Origin(path)
    try:
        with open(at(root, path), "rb") as file:
            return known(file.read(_MOST_BYTES).decode("utf-8", "replace"), origin)
    except (FileNotFoundError, NotADirectoryError):
        return absent(f"there is no {path}", origin)
    except OSError as error:
        return unknown(f"{path} cannot be read: {error.strerror or type(error).__name__}", origin)


def listed(root: str, path: str) -> tuple[str, ...]:
    """The names in a folder, sorted; none if there is no such folder or it cannot be read."""
    try:
        return tuple(sorted(os.listdir(at(root, path))))
    except OSError:
        return ()
