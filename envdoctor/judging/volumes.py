"""Volumes of a launch as an engine reads them: which part is the source, which the place in the container.

Sources: https://docs.docker.com/engine/storage/bind-mounts/ , https://docs.docker.com/reference/compose-file/services/#volumes
"""

from __future__ import annotations

from typing import NamedTuple

from envdoctor.facts import Launch
from envdoctor.patterns import lazily

_MAX_LENGTH = 4_096
# ":" parts a volume, but not inside ${X:-y}, $(…) or `…`, and not behind the letter of a Windows drive.
_EXPANSION = lazily(r"\$\{[^}]*\}|\$\([^)]*\)|`[^`]*`")
_DRIVE = lazily(r"[A-Za-z]:[\\/]")
# What only the run knows, and what stands for something that is to be filled in: <path>, {{ path }}, YOUR_DATA.
_OPEN = lazily(r"[$`<>{}]|(?:^|/)[A-Z]+_[A-Z_]+(?:/|$)")


class Volume(NamedTuple):
    """`source` is None for an anonymous volume and "" where nothing stands in front of the colon. `shown` is what is written."""

    source: str | None
    target: str
    shown: str

    @property
    def source_is_known(self) -> bool:
        return self.source is not None and not _OPEN.search(self.source)

    @property
    def target_is_known(self) -> bool:
        return bool(self.target) and not _OPEN.search(self.target)

    @property
    def of_windows(self) -> bool:
        return _DRIVE.match(self.source or "") is not None

    def is_at(self, path: str) -> bool:
        """Is it mounted there, or on a directory above?"""
        target = self.target.rstrip("/") or "/"
        return path == target or path.startswith(target + "/") or target == "/"


def volumes(launch: Launch) -> tuple[Volume, ...]:
    """Those that are known."""
    return tuple(_volume(text) for text in launch.volumes.get() or () if len(text) <= _MAX_LENGTH)


def has_mount(launch: Launch, path: str) -> bool:
    """Does the launch put something of its own at `path`: a volume, or a tmpfs?"""
    places = (text.partition(":")[0].rstrip("/") for text in launch.tmpfs.get() or ())
    return path in places or any(volume.is_at(path) for volume in volumes(launch))


def _volume(text: str) -> Volume:
    masked = _EXPANSION.sub(lambda match: match.group().replace(":", ";"), text)
    start = 2 if _DRIVE.match(masked) else 0
    first = masked.find(":", start)
    if first < 0:
        return Volume(None, text, text)
    second = masked.find(":", first + 1)
    return Volume(text[:first], text[first + 1 : second if second >= 0 else None], text)
