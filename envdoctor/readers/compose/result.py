"""What a compose file declares."""

from __future__ import annotations

from typing import NamedTuple

from envdoctor.facts import BuildCommand, Fact, Launch, Origin, Slip
from envdoctor.readers.declared import Ignore


class Service(NamedTuple):
    """`image` is absent for a service that is only built. In `build` paths are told as seen from the compose file's folder
    (`context`) and from the context (`file`); `dockerfile_inline` is the text of a Dockerfile."""

    name: str
    image: Fact[str]
    launch: Launch
    build: BuildCommand | None
    dockerfile_inline: str | None
    platform: str | None
    origin: Origin
    slips: tuple[Slip, ...] = ()
    profiles: tuple[str, ...] = ()


class Compose(NamedTuple):
    """`ignores` are those of the file itself. `problems` are parts that could not be understood; `notes` tell of
    services that are left out because they only change those of another file, or because of their profiles."""

    services: tuple[Service, ...]
    ignores: tuple[Ignore, ...] = ()
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
