"""Entrypoint scripts that become another user, by a uid that the launch passes: `useradd -u "$USER_ID"`, `gosu $PUID`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from envdoctor.facts import Origin, Script
from envdoctor.patterns import lazily

# USER_ID, LOCAL_USER_ID, HOST_UID, PUID, NB_GID, …; UID and EUID are bash's own.
_ID = lazily(r"(?:[A-Za-z0-9]+_)*(?:P[UG]ID|USER_?ID|GROUP_?ID|UID|GID)", re.ASCII)
_OF_SHELL = frozenset({"UID", "EUID", "GID", "PPID"})
_TOOLS = lazily(
    r"\b(?:useradd|usermod|adduser|groupadd|groupmod|addgroup|gosu|su-exec|setpriv|runuser|chroot|fixuid|chown)\b|\bsu\s"
)
_CHANGES = lazily(r"\b(?:gosu|su-exec|setpriv|runuser|fixuid|sudo\s+-u)\b|\bsu\s+-?|chroot\s+--userspec")
_NAME = lazily(r"\$\{?([A-Za-z_][A-Za-z0-9_]*)")
_ASSIGNED = lazily(r"\s*(?:export\s+|local\s+|readonly\s+)?([A-Za-z_][A-Za-z0-9_]*)=(.*)")
MAX_LINES = 2_000
_MAX_NAMES = 20


class Wanted(NamedTuple):
    """A variable that a script takes a uid or gid from. `guarded`: it does without, `stops`: it ends where it is not set.
    `default` is what it takes instead, "" if that is nothing or not known."""

    name: str
    origin: Origin
    guarded: bool
    stops: bool
    default: str = ""


def wanted(script: Script) -> tuple[Wanted, ...]:
    """The variables from outside, in the order they are used."""
    lines = [line for line in script.text.split("\n")[:MAX_LINES] if len(line) < 2_000]
    assigned = _assigned(lines)
    found: dict[str, Wanted] = {}
    for number, line in enumerate(lines):
        if line.lstrip().startswith("#") or not _TOOLS.search(line):
            continue
        for inner in _ids(line):
            for name in assigned.get(inner, [inner]):
                if name not in found and name not in _OF_SHELL and len(found) < _MAX_NAMES:
                    guarded, stops = _when_missing(name, script.text)
                    found[name] = Wanted(name, script.origin_at(number), guarded, stops, _default(name, script.text))
    return tuple(found.values())


def _ids(text: str) -> list[str]:
    return [name for name in dict.fromkeys(_NAME.findall(text)) if is_id(name)]


def _assigned(lines: Iterable[str]) -> dict[str, list[str]]:
    """`USER_ID=${LOCAL_USER_ID:-9001}`: what is wanted is LOCAL_USER_ID; of `$(stat -c %u /code)` nothing is."""
    found: dict[str, list[str]] = {}
    for line in lines:
        match = _ASSIGNED.match(line)
        if match is not None and _ID.fullmatch(match.group(1)):
            found[match.group(1)] = _ids(match.group(2))
    return found


def _when_missing(name: str, text: str) -> tuple[bool, bool]:
    guarded = re.search(rf"\$\{{{name}:?[-=+]|(?:-[nzv]|\[)[ \t]{{1,9}}(?:![ \t]{{1,9}})?[\"']?\$?\{{?{name}\b", text)
    return guarded is not None, re.search(rf"\$\{{{name}:?\?", text) is not None


def _default(name: str, text: str) -> str:
    """`${LOCAL_UID:-9001}`."""
    found = re.search(rf"\$\{{{name}:?[-=]([0-9]{{1,10}})\}}", text)
    return found.group(1) if found is not None else ""


def changes_user(script: Script) -> bool:
    """Does it run the command as somebody else, whoever that is?"""
    return _CHANGES.search(script.text) is not None


def is_id(name: str) -> bool:
    """Is it called like a uid or a gid?"""
    return len(name) < 100 and _ID.fullmatch(name) is not None


def ids_in(names: Iterable[str]) -> tuple[str, ...]:
    """Those that are called like a uid and a gid, if there are both: together they ask for a mapping."""
    found = sorted(name for name in names if is_id(name))
    users = [name for name in found if re.search(r"U(?:SER_?)?ID$|PUID$", name)]
    groups = [name for name in found if re.search(r"G(?:ROUP_?)?ID$|PGID$", name)]
    return tuple(found) if users and groups else ()
