"""Volumes of a launch: which of them are directories of the host, and what the container may do with them."""

from __future__ import annotations

from typing import NamedTuple

from envdoctor.facts import Launch
from envdoctor.patterns import lazily

# ":" parts a volume, but not inside ${X:-y} or $(…).
_PART = lazily(r"(?:\$\{[^}]*\}|\$\([^)]*\)|[^:])+")
_HERE = lazily(r"(?:\.(?!\.)|\$\{?PWD\}?|\$\(pwd\)|`pwd`|\$\{PWD\b[^}]*\})(?:/|$)")
_FILE = lazily(r"[^/]+\.[A-Za-z0-9]{1,6}$")
_MAX_LENGTH = 4_096


class Mount(NamedTuple):
    """A directory or file of the host. `shown` is the volume as it is written."""

    source: str
    target: str
    read_only: bool
    shown: str

    @property
    def of_project(self) -> bool:
        """Is it the directory that the launch is started in, or one below it?"""
        return _HERE.match(self.source) is not None and not _FILE.search(self.source.rpartition("/")[2].lstrip("."))


def bind_mounts(launch: Launch) -> tuple[Mount, ...]:
    """Those that are known: named and anonymous volumes are none, and belong to the image's user."""
    found = (_mount(volume) for volume in launch.volumes.get() or () if len(volume) <= _MAX_LENGTH)
    return tuple(mount for mount in found if mount is not None)


def _mount(volume: str) -> Mount | None:
    parts = _PART.findall(volume)
    if len(parts) < 2 or parts[0][0] not in "/.~$`":
        return None
    options = parts[2].split(",") if len(parts) > 2 else []
    return Mount(parts[0], parts[1], "ro" in options or "readonly" in options, volume)
