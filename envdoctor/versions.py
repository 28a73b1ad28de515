"""Dotted numeric versions (drivers, CUDA, cuDNN), where a partial one stands for all its releases.

"535" is any 535.x.y and "13" any CUDA 13.x. A comparison answers True or False only where every
release that the text can mean agrees, and None where they do not. PEP 440 versions of Python
packages are a different thing and are compared with `packaging` (see `envdoctor.matrix`).
"""

from __future__ import annotations

import re
from functools import lru_cache

_DOTTED = re.compile(r"\d{1,9}(?:\.\d{1,9}){0,5}", re.ASCII)


class VersionError(ValueError):
    """The text is not a dotted numeric version."""


@lru_cache(maxsize=4096)
def parse(text: str) -> tuple[int, ...]:
    """ "535.104.05" -> (535, 104, 5). Raises VersionError for anything but dotted decimal numbers."""
    stripped = text.strip()
    if not _DOTTED.fullmatch(stripped):
        raise VersionError(f"{text[:60]!r} is not a dotted version such as 535.104.05")
    return tuple(int(part) for part in stripped.split("."))


def numbers(text: str) -> tuple[int, ...]:
    """To look up and to sort by: as `parse`, and empty for what is no dotted version."""
    try:
        return parse(text)
    except VersionError:
        return ()


@lru_cache(maxsize=4096)
def release(text: str) -> tuple[int, ...]:
    """As PEP 440 compares release numbers: "2.7" and "2.7.0" are one. Raises VersionError."""
    found = list(parse(text))
    while found and found[-1] == 0:
        found.pop()
    return tuple(found)


def leading(text: str) -> str | None:
    """The dotted number that a longer text starts with: "8.9.7.29-1+cuda12.2" -> "8.9.7.29"; None if none."""
    match = _DOTTED.match(text.strip().lstrip("v"))
    return match.group(0) if match else None


def at_least(version: str, floor: str) -> bool | None:
    """Is every release that `version` can mean `floor` or newer? None where some are and some are not."""
    ours, theirs = parse(version), parse(floor)
    for index, wanted in enumerate(theirs):
        if index >= len(ours):
            return True if not any(theirs[index:]) else None
        if ours[index] != wanted:
            return ours[index] > wanted
    return True


def below(version: str, ceiling: str) -> bool | None:
    """The opposite of `at_least`, with the same None."""
    answer = at_least(version, ceiling)
    return None if answer is None else not answer


def matches(version: str, pattern: str) -> bool | None:
    """Is `version` within `pattern` ("12.4.1" is within "12.4")? None where a partial version may be."""
    ours, theirs = parse(version), parse(pattern)
    shared = min(len(ours), len(theirs))
    if ours[:shared] != theirs[:shared]:
        return False
    return True if len(ours) >= len(theirs) else None


def major(version: str) -> int:
    return parse(version)[0]


def minor(version: str) -> str | None:
    """ "12.4.1" -> "12.4"; None for a version without a minor."""
    parts = parse(version)
    return f"{parts[0]}.{parts[1]}" if len(parts) > 1 else None
