"""The files of one check as one repository: which image is built from which Dockerfile, by which command.

An index by tag, so that a thousand files take a thousand look-ups. Where several commands build one tag, those nearest to
the file that names it count: each is entered under its own directory and all above, and a search goes upwards from the
file that asks.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from envdoctor.facts import SCRIPT_FOLDER, BuildCommand
from envdoctor.patterns import lazily
from envdoctor.readers.image_reference import ReferenceError_, parse_reference
from envdoctor.readers.indexes import redacted
from envdoctor.targets.files import is_within, real
from envdoctor.targets.result import Options, Span
from envdoctor.targets.starters import Start, Starter

_DEFAULT_NAMES = ("Dockerfile", "Containerfile")
_ELSEWHERE = ("http://", "https://", "git@", "git://", "ssh://", "github.com/")
_HERE = lazily(r"^(?:\$PWD|\$\{PWD\}|\$\(pwd\)|`pwd`)(?:/|$)")
_POSITIONAL = lazily(r"\$\{?[0-9@*]")
_BRACED = lazily(r"\$\{([A-Za-z_]\w*)\}")
_MAX_PARENTS = 40  # of directories above a script that are tried or entered


class Variant(NamedTuple):
    """A Dockerfile (its real path) with what a command builds of it. An argument's value may be known only at run time."""

    path: str
    arguments: tuple[tuple[str, str | None], ...] = ()
    stage: str | None = None
    platform: str | None = None


class Built(NamedTuple):
    """One build command. Without a `variant` its Dockerfile is not there; `missing` says so. `shown` is the Dockerfile as
    the command has it, `context` the real path of the directory that it builds from."""

    command: BuildCommand
    shown: str
    variant: Variant | None = None
    missing: str = ""
    context: str | None = None


class Choice(NamedTuple):
    """The one command that builds an image; or none, with the reason if there are several or its Dockerfile is missing."""

    built: Built | None = None
    reason: str | None = None


NOBODY = Choice()


class Project:
    def __init__(self, starters: Iterable[Starter], options: Options) -> None:
        self._options = options
        self._by_tag: dict[str, dict[str, list[Built]]] = {}
        self._own: dict[tuple[str, str], Built] = {}
        self.commands: dict[Variant, list[BuildCommand]] = {}
        self.variants: dict[str, list[Variant]] = {}
        self.contexts: dict[Variant, str] = {}
        self.boundaries: dict[str, str] = {}
        self.built: dict[str, list[Built]] = {}
        self.spans: dict[str, tuple[Span, ...]] = {}
        for starter in starters:
            self.spans[starter.label] = starter.spans
            found = self.built.setdefault(starter.label, [])
            for command in starter.builds:
                found.append(self._enter(command, starter))
            for start in starter.starts:
                if start.build is not None:
                    self._own[starter.label, start.label] = self._enter(_tagged(start.build, start), starter)

    def choose(self, reference: str, directory: str) -> Choice:
        """Who builds the image that a file in `directory` names."""
        by_directory = self._by_tag.get(tag_key(reference))
        if by_directory is None:
            return NOBODY
        nearest = next((by_directory[each] for each in _upwards(directory) if each in by_directory), None)
        if nearest is None:  # another drive, or deeper than what is entered
            return NOBODY
        if len(nearest) > 1:
            first, second = (f"{built.command.origin} ({built.shown})" for built in nearest[:2])
            why = f"it is built in several ways, at {first} and at {second}"
            return Choice(None, not_known(reference, why))
        return self._checked(nearest[0], reference)

    def own(self, starter: Starter, start: Start) -> Choice:
        """The `build:` of a compose service."""
        built = self._own.get((starter.label, start.label))
        return NOBODY if built is None else self._checked(built, start.image.get())

    def alike(self, starter: Starter, start: Start) -> Variant | None:
        """What the script itself builds under the same words, where they are known only at run time: `-t "app:$TAG"` and
        then `run "app:$TAG"`. `$1` is another word in each function."""
        if not start.written or _POSITIONAL.search(start.written):
            return None
        asked = _unbraced(start.written)
        built = self.built.get(starter.label, ())
        found = {each.variant for each in built if asked in map(_unbraced, each.command.tags)}
        return found.pop() if len(found) == 1 else None

    def _checked(self, built: Built, reference: str | None) -> Choice:
        if built.variant is not None:
            return Choice(built)
        return Choice(built, not_known(reference, f"it is built at {built.command.origin}, and {built.missing}"))

    def _enter(self, command: BuildCommand, starter: Starter) -> Built:
        built = self._located(command, starter)
        if built.variant is not None:
            known = self.commands.setdefault(built.variant, [])
            if not known:
                self.variants.setdefault(built.variant.path, []).append(built.variant)
                self.boundaries.setdefault(built.variant.path, starter.boundary)
            known.append(command)
            if built.context is not None:
                self.contexts.setdefault(built.variant, built.context)
        for tag in command.tags:
            by_directory = self._by_tag.setdefault(tag_key(tag), {})
            for directory in _upwards(starter.directory):
                held = by_directory.setdefault(directory, [])
                if len(held) < 2 and all(_differ(built, other) for other in held):
                    held.append(built)
        return built

    def _located(self, command: BuildCommand, starter: Starter) -> Built:
        shown = command.file or _in_context(command.context)
        if shown is None or "-" in (command.context, command.file):
            return Built(command, "standard input", None, "it is built from standard input or from no directory")
        if shown.startswith(_ELSEWHERE):
            return Built(command, shown, None, f"its Dockerfile is elsewhere ({redacted(shown)[:80]}) and is not read")
        for directory in _places(shown, starter):
            context = real(_joined(starter, directory, command.context or "."))
            for name in () if context is None else _names(command, directory, context, starter):
                path = real(name)
                if path is not None and is_within(path, starter.boundary) and os.path.isfile(path):
                    return Built(command, shown, self.variant(command, path), "", context)
        if "$" in shown or "`" in shown:
            return Built(command, shown, None, f"which Dockerfile it uses ({shown[:80]}) is known only at run time")
        return Built(command, shown, None, f"its Dockerfile, {shown[:80]}, is not there")

    def variant(self, command: BuildCommand, path: str) -> Variant:
        """What the command builds of that Dockerfile; --build-arg of the command line wins."""
        arguments: Mapping[str, str | None] = {**command.arguments, **self._options.build_args}
        return Variant(path, tuple(sorted(arguments.items())), command.target, command.platform)


def not_known(reference: str | None, why: str) -> str:
    """The reason for an image that cannot be followed, with what to state where it has a name."""
    if reference is None:
        return f"what the image holds is not known: {why}"
    return f"what {reference} holds is not known: {why}; state what it rests on: --image-alias {reference}=BASE"


def tag_key(reference: str) -> str:
    """One key for all ways to name an image: with or without :latest, docker.io/library/ and podman's localhost/."""
    text = reference.removeprefix("localhost/")
    try:
        parsed = parse_reference(text)
    except ReferenceError_:
        return text
    return f"{parsed.name}:{parsed.pulled_tag}" if parsed.digest is None else str(parsed)


def _unbraced(text: str) -> str:
    return _BRACED.sub(r"$\1", text)


def _tagged(command: BuildCommand, start: Start) -> BuildCommand:
    """A compose service's `image:` is the tag of what it builds."""
    image = start.image.get()
    return command if image is None or image in command.tags else command._replace(tags=(*command.tags, image))


def _in_context(context: str | None) -> str | None:
    if context is None or context.startswith(_ELSEWHERE):
        return context
    return f"{context.rstrip('/')}/Dockerfile" if context not in (".", "./") else "Dockerfile"


def _names(command: BuildCommand, directory: str, context: str, starter: Starter) -> Iterator[str]:
    if command.file is not None:
        yield os.path.join(context, command.file) if starter.from_context else _joined(starter, directory, command.file)
    else:
        yield from (os.path.join(context, name) for name in _DEFAULT_NAMES)


def _places(shown: str, starter: Starter) -> Iterable[str]:
    """Where the command may run. A script may be started from its own directory or from one above; compose counts from
    its file, and a path from the script's folder on from there."""
    if starter.from_context or shown.startswith(SCRIPT_FOLDER):
        return (starter.directory,)
    return _upwards(starter.directory, starter.boundary)


def _joined(starter: Starter, directory: str, path: str) -> str:
    """A path as the reader of scripts gives it, in the file system."""
    if path == SCRIPT_FOLDER or path.startswith(f"{SCRIPT_FOLDER}/"):
        return starter.directory + path[len(SCRIPT_FOLDER) :]
    return os.path.join(directory, _HERE.sub("./", path))


def _differ(one: Built, other: Built) -> bool:
    return (
        (one.variant, one.shown) != (other.variant, other.shown)
        if one.variant is None
        else one.variant != other.variant
    )


def _upwards(directory: str, boundary: str | None = None) -> Iterator[str]:
    """The directory and those above it, up to the boundary or the root."""
    for _ in range(_MAX_PARENTS):
        yield directory
        parent = os.path.dirname(directory)
        if parent == directory or directory == boundary:
            return
        directory = parent
