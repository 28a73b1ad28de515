"""What is mounted where, by /proc/self/mountinfo. proc_pid_mountinfo(5)"""

from __future__ import annotations

import re
from typing import NamedTuple

from envdoctor.facts import Fact, known, unknown
from envdoctor.probes.files import read_text

_MOST = 20_000


class Mount(NamedTuple):
    """`options` are those of the mount and of the file system together."""

    point: str
    kind: str
    options: tuple[str, ...]


def mounts(root: str) -> Fact[tuple[Mount, ...]]:
    text = read_text(root, "/proc/self/mountinfo", 8 * 1024 * 1024)
    if not text.is_known:
        return unknown(text.reason, text.origin)
    found = tuple(mount for line in text.need().splitlines()[:_MOST] if (mount := parse_line(line)))
    return known(found, text.origin) if found else unknown(f"{text.origin} names no mount", text.origin)


# 620 612 0:58 / /dev/shm rw,nosuid,nodev,noexec,relatime - tmpfs shm rw,size=65536k
def parse_line(line: str) -> Mount | None:
    words = line.split(" ")
    if len(words) < 10 or "-" not in words[6:]:
        return None
    after = words.index("-", 6)
    if len(words) < after + 4:
        return None
    return Mount(_plain(words[4]), words[after + 1], (*words[5].split(","), *words[after + 3].split(",")))


def _plain(path: str) -> str:
    """Blanks are written as \\040."""
    return re.sub(r"\\([0-7]{3})", lambda match: chr(int(match.group(1), 8)), path)


def over(found: tuple[Mount, ...], path: str) -> Mount | None:
    """The mount that a path lies on: the deepest, and of those the last."""
    holding = [item for item in found if path == item.point or path.startswith(item.point.rstrip("/") + "/")]
    return max(reversed(holding), key=lambda item: len(item.point), default=None)


# 65536k, 1g, 50%
def size(options: tuple[str, ...]) -> int | None:
    """The bytes of a tmpfs's size= option; None without one, or where it is a share of the memory."""
    for option in options:
        match = re.fullmatch(r"size=([0-9]{1,15})([kKmMgG]?)", option)
        if match:
            return int(match.group(1)) << 10 * " kmg".index(match.group(2).lower() or " ")
    return None
