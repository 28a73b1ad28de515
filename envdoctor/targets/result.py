"""What the targets are read into, and what the command line says of reading them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from envdoctor.facts import Facts
from envdoctor.readers.declared import Declared, Ignore


class Misunderstood(ValueError):
    """The target was read and is not of a kind that can be judged: a usage error."""


class Options(NamedTuple):
    """`stage` is --target: the stage of a Dockerfile that is the workload. A name in `aliases` (--image-alias) is not
    looked for among the images that the files build."""

    build_args: Mapping[str, str] = {}
    stage: str | None = None
    aliases: Mapping[str, str] = {}


class Span(NamedTuple):
    """An ignore comment and the lines of `path` that it speaks for; `whole` if it speaks for the whole workload (it stands
    above the FROM that the image rests on, above the launch, or the file has neither)."""

    rule: str
    reason: str
    first: int
    last: int
    whole: bool
    path: str


class Workload(NamedTuple):
    """Either `declared` (a Dockerfile, a launch, requirements, an image) or `facts` (an environment document) is there.
    `context` are the real paths of the files that a Dockerfile installs from."""

    label: str
    declared: Declared | None = None
    facts: Facts | None = None
    ignores: tuple[Span, ...] = ()
    notices: tuple[str, ...] = ()
    context: frozenset[str] = frozenset()


def whole_file(ignores: tuple[Ignore, ...], path: str) -> tuple[Span, ...]:
    """Of a list of packages, where each line may silence a rule for what is not in the file (a driver, say) too."""
    return tuple(Span(ignore.rule, ignore.reason, ignore.line, ignore.line, True, path) for ignore in ignores)
