"""A size as container engines take it: a number and b, k, m, g or t, each 1,024 of the one before."""

from __future__ import annotations

import re

from envdoctor.patterns import lazily

# https://github.com/docker/go-units/blob/master/size.go, RAMInBytes
_SIZE = lazily(r"([0-9]{1,18}(?:\.[0-9]{1,9})?) ?([bkmgtp]?)(?:i?b)?", re.IGNORECASE | re.ASCII)
_POWERS = {"": 0, "b": 0, "k": 1, "m": 2, "g": 3, "t": 4, "p": 5}


def size_in_bytes(text: str) -> int | None:
    """ "64m" -> 67108864; None if it is not such a size."""
    found = _SIZE.fullmatch(text.strip())
    if found is None:
        return None
    return int(float(found.group(1)) * 1024 ** _POWERS[found.group(2).lower()])
