"""What a declaration says, before the matrix is asked: the common result of the readers in this package."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from envdoctor.facts import Build, Fact, Launch, Origin, Packages, Slip, Statement, absent, unknown

__all__ = ["Declared", "Ignore", "SourceText", "Statement"]


class SourceText(str):
    """The text of a file that a build reads, with the path the user knows it by, for origins: inside the image it may
    have another name (COPY requirements.txt /tmp/r.txt)."""

    path: str

    def __new__(cls, text: str, path: str) -> SourceText:
        made = super().__new__(cls, text)
        made.path = path
        return made


class Ignore(NamedTuple):
    """`# envdoctor: ignore=RULE reason`: silences RULE for the next line that is not a comment (`line`, 1-based)."""

    rule: str
    reason: str
    line: int


class Declared(NamedTuple):
    """One workload as a file declares it. `image` is the registry (or local) reference the final stage rests on;
    absent for FROM scratch, or for a file that names no image (requirements.txt). `env` is the final stage's ENV.
    `placed` are the statements, from the first to the one behind the last, of the RUN that installs the package of a
    name and origin: several Dockerfiles of a chain can install a requirements.txt each."""

    label: str
    image: Fact[str] = unknown("no image is named")
    platform: str | None = None  # FROM --platform, "linux/arm64"
    env: Mapping[str, str] = {}
    env_origins: Mapping[str, Origin] = {}
    user: Fact[str] = unknown("no USER is declared")
    packages: Packages = Packages()
    statements: tuple[Statement, ...] = ()
    placed: Mapping[tuple[str, Origin], tuple[int, int]] = {}
    ignores: tuple[Ignore, ...] = ()
    path: str | None = None
    build: Fact[Build] = absent("no Dockerfile is read")
    launch: Launch = Launch()
    slips: tuple[Slip, ...] = ()
    problems: tuple[str, ...] = ()  # parts that could not be understood, each "Dockerfile:3: …, expected …"
