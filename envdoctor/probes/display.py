"""The X11 or Wayland display that a program here would open: which is named, and whether its socket is there and answers.

Sources: DISPLAY, WAYLAND_DISPLAY, XDG_RUNTIME_DIR; /tmp/.X11-unix; a connection to the socket (this machine only), over
which nothing is said.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Mapping
from typing import NamedTuple

from envdoctor.facts import Fact, Origin, absent, known, unknown
from envdoctor.probes.files import listed
from envdoctor.probes.presence import LIVE, at

_X11 = "/tmp/.X11-unix"  # noqa: S108  # where X servers have their sockets
_LOCAL = re.compile(r"(?:unix)?:([0-9]{1,5})(?:\.[0-9]{1,3})?")
_SECONDS = 1.0


class DisplayFacts(NamedTuple):
    """`x11` and `wayland` are the variables' words; `sockets` those of X servers; `answers` for the display named."""

    x11: Fact[str]
    wayland: Fact[str]
    sockets: tuple[str, ...]
    answers: Fact[bool]


def probe(root: str, environment: Mapping[str, str]) -> DisplayFacts:
    x11, wayland = (_variable(environment, name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))
    if wayland.is_known and os.path.basename(wayland.need()) in ("", ".", ".."):
        wayland = absent("WAYLAND_DISPLAY names a folder, no socket")
    sockets = tuple(f"{_X11}/{name}" for name in listed(root, _X11)[:100] if re.fullmatch("X[0-9]{1,5}", name))
    return DisplayFacts(x11, wayland, sockets, _answers(root, _socket(environment, x11.get(), wayland.get())))


def _variable(environment: Mapping[str, str], name: str) -> Fact[str]:
    value = environment.get(name, "")
    return known(value[:200], Origin(f"the variable {name}")) if value else absent(f"{name} is not set")


def _socket(environment: Mapping[str, str], x11: str | None, wayland: str | None) -> Fact[str]:
    if wayland:
        folder = environment.get("XDG_RUNTIME_DIR", "")
        if not wayland.startswith("/") and not folder.startswith("/"):
            return absent("XDG_RUNTIME_DIR is not set")
        return known(wayland if wayland.startswith("/") else f"{folder}/{wayland}", Origin("WAYLAND_DISPLAY"))
    match = _LOCAL.fullmatch(x11 or "")
    if match:
        return known(f"{_X11}/X{match.group(1)}", Origin("DISPLAY"))
    if x11:
        return unknown("the display is not on this machine")
    return absent("neither DISPLAY nor WAYLAND_DISPLAY is set")


def _answers(root: str, path: Fact[str]) -> Fact[bool]:
    """An X server that listens on an abstract socket alone is reached from a container that shares the host's network."""
    if not path.is_known:
        return absent(path.reason) if path.is_absent else unknown(path.reason)
    try:
        is_socket = stat.S_ISSOCK(os.stat(at(root, path.need())).st_mode)
    except (OSError, ValueError):
        return known(False, Origin(f"there is no {path.need()[:200]}"))
    if root != LIVE:
        return unknown("a recorded socket cannot be asked")
    if not is_socket:
        return known(False, Origin(f"{path.need()[:200]} is no socket"))
    return known(_connects(path.need()), Origin(path.need()[:200]))


def _connects(path: str) -> bool:
    import socket

    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(_SECONDS)
        try:
            connection.connect(path)
        except (OSError, ValueError):
            return False
    return True
