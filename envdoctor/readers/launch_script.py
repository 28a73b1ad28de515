"""Shell scripts that start containers and build images: `docker run`, `podman run`, `docker build` and their like.

Nothing is executed. What depends on run time is unknown: a word such as `$ARGS` may hold any number of options, so that
options which are not given beside it are unknown and not absent.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from envdoctor.facts import BuildCommand, Fact, Launch, Origin, Slip, absent, known, unknown
from envdoctor.patterns import lazily
from envdoctor.readers.declared import Ignore
from envdoctor.readers.docker_build import build_of
from envdoctor.readers.docker_commands import DockerCommand, docker_command
from envdoctor.readers.docker_options import launch_of
from envdoctor.readers.docker_words import RUN, Options, Word, options, words_of
from envdoctor.readers.ignore_comments import ignore_comments
from envdoctor.readers.image_reference import without_user
from envdoctor.readers.launch_flags import flags_after_image
from envdoctor.readers.launch_folders import Folders
from envdoctor.readers.launch_options import read_launch_options
from envdoctor.readers.launch_payload import payload_slips
from envdoctor.readers.launch_slips import repaired
from envdoctor.readers.secret_values import without_values, words_without_values
from envdoctor.readers.shell import Command
from envdoctor.readers.shell.as_written import is_only_expansion

__all__ = ["LaunchScript", "Launched", "is_launch_script", "read_launch_options", "read_launch_script"]

MAX_LAUNCHES = 500
"""Containers and builds of one script; further ones are a problem."""

_ENGINE = lazily(r"docker|podman|nerdctl|buildah", re.IGNORECASE)
_ACTIONS = frozenset({"run", "create", "build", "bud"})
_LOOK_AHEAD = 200
_MAX_MENTIONS = 2_000
_MAX_PROBLEMS = 50


class Launched(NamedTuple):
    """One container that the script starts. `conditional`: whether it does is known only at run time. `written` is the
    image as it is written, where its name is known only at run time."""

    image: Fact[str]
    launch: Launch
    slips: tuple[Slip, ...]
    origin: Origin
    platform: str | None = None
    conditional: bool = False
    written: str = ""


class LaunchScript(NamedTuple):
    launches: tuple[Launched, ...] = ()
    builds: tuple[BuildCommand, ...] = ()
    ignores: tuple[Ignore, ...] = ()
    problems: tuple[str, ...] = ()


def is_launch_script(text: str) -> bool:
    """Does the text mention a command that starts a container or builds an image? Cheap, for whole directories."""
    for number, mention in enumerate(_ENGINE.finditer(text)):
        if number >= _MAX_MENTIONS:
            break
        ahead = re.split(r"[;&|#]", text[mention.end() : mention.end() + _LOOK_AHEAD].replace("\\\n", " "), maxsplit=1)[
            0
        ]
        if not _ACTIONS.isdisjoint(ahead.split("\n", 1)[0].split()[:8]):
            return True
    return False


def read_launch_script(text: str, path: str, *, label: str | None = None) -> LaunchScript:
    """`path` is put into origins, `label` (the path if not given) into what people read. Never raises for bad input."""
    label = label or path
    problems: list[str] = []
    if "\r\n" in text:
        problems.append(
            f"{label}: has Windows line ends; a shell on Linux continues no line at them, so that the script fails there."
            " Write it with LF (dos2unix, or `*.sh text eol=lf` in .gitattributes); it is read here as if it were"
        )
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    reading = _Reading(plain, path, label)
    ignores, mistakes = ignore_comments(plain, label)
    found = [*problems, *reading.problems, *mistakes]
    return LaunchScript(_launches(reading.launches), _builds(reading.builds), ignores, tuple(dict.fromkeys(found)))


class _Reading:
    """The commands of one script, in order."""

    def __init__(self, text: str, path: str, label: str) -> None:
        self.path, self.label = path, label
        self.launches: list[Launched] = []
        self.builds: list[BuildCommand] = []
        self.problems: list[str] = []
        self.folders = Folders()
        self.is_full = False
        self.lines = text.split("\n")
        fixed = repaired(text)
        self.slips = fixed.slips
        for command in fixed.shell.commands:
            self.folders.follow(command)
            self.command(command)
        for problem in fixed.shell.problems:
            self.problems.append(f"{label}:{problem.line + 1}: {problem.message}")

    def origin_at(self, line: int) -> Origin:
        return Origin(f"{self.label}:{line + 1}", self.path, line + 1)

    def command(self, command: Command) -> None:
        words = words_of(command)
        docker = docker_command(words)
        if docker is None:
            return
        if len(self.launches) + len(self.builds) >= MAX_LAUNCHES:
            if not self.is_full:
                self.is_full = True
                self.problem(command.lines[0], f"more than {MAX_LAUNCHES} containers and builds; the rest is not read")
            return
        origin = self.origin_at(command.lines[0])
        slips = [
            Slip(slip.kind, slip.shown, self.origin_at(slip.number), docker.name)
            for slip in self.slips
            if command.lines[0] <= slip.number <= command.end
        ]
        if docker.builds:
            built = build_of(words[docker.start :], origin, self.folders.of(command), command.variables)
            self.builds.append(built._replace(slips=tuple(slips)))
        else:
            self.launches.append(self.launch(command, docker, words[docker.start :], origin, slips))

    def launch(
        self, command: Command, docker: DockerCommand, words: list[Word], origin: Origin, slips: list[Slip]
    ) -> Launched:
        found = options(words, RUN)
        image, rest = self.image(found, origin)
        reason = _open_reason(found)
        read = launch_of(found.given, docker.name, self.origin_at, origin, reason, found.possible)
        for line, message in (*found.problems, *read.problems):
            self.problem(line, message)
        launch = read.launch._replace(command=self.program(found, origin))
        if docker.nvidia_docker and not launch.runtime.is_known:
            launch = launch._replace(runtime=known("nvidia", origin))
        for word, shown in flags_after_image(found.rest, {item.name for item in found.given}):
            slips.append(Slip("flag-after-image", shown, self.origin_at(word.line), docker.name))
        entrypoint = [Word(text, text, origin.line or 1) for text in launch.entrypoint.get() or ()]
        slips.extend(payload_slips([*entrypoint, *rest], self.origin_at, self.lines))
        written = next((without_values(word.shown) for word in found.rest[:1] if word.value is None), "")
        return Launched(image, launch, tuple(slips), origin, read.platform, command.conditional, written)

    def image(self, found: Options, origin: Origin) -> tuple[Fact[str], list[Word]]:
        """The image, and the words behind it."""
        if not found.rest:
            if found.unknown:
                shown = without_values(found.unknown[-1].shown)[:80]
                return unknown(f"the image is in {shown}, which is known only at run time", origin), []
            self.problem((origin.line or 1) - 1, "the command names no image; expected docker run [OPTIONS] IMAGE")
            return unknown("the command names no image", origin), []
        word, at = found.rest[0], self.origin_at(found.rest[0].line)
        rest = list(found.rest[1:])
        if word.value is None:
            return unknown(f"the image {without_values(word.shown)[:200]} is known only at run time", at), rest
        return known(without_user(word.value), at), rest

    def program(self, found: Options, origin: Origin) -> Fact[tuple[str | None, ...]]:
        """The command. A word of which only a part is unknown stays as it is written."""
        if not found.rest:
            reason = "the command is known only at run time" if found.unknown else "the command names no image"
            return unknown(reason, origin)
        if len(found.rest) == 1:
            return absent("no command is given", origin)
        words = found.rest[1:]
        shown = words_without_values([word.shown if _has_text(word) else None for word in words])
        return known(shown, self.origin_at(words[0].line))

    def problem(self, line: int, message: str) -> None:
        if len(self.problems) < _MAX_PROBLEMS:
            self.problems.append(f"{self.label}:{line + 1}: {message}")


def _has_text(word: Word) -> bool:
    """Is anything known of it? `"$1"` and `$(date)` say nothing, "--epochs=$N" does."""
    return word.value is not None or not is_only_expansion(word.shown)


def _open_reason(found: Options) -> str | None:
    if not found.unknown:
        return None
    shown = ", ".join(dict.fromkeys(without_values(word.shown)[:60] for word in found.unknown[:3]))
    return f"{shown} may hold further options that are known only at run time"


def _launches(found: Sequence[Launched]) -> tuple[Launched, ...]:
    """A launch in a loop or a function counts once for each image and each way to ask for GPUs. Where some call names the image, a
    reading without it says nothing more."""
    named = {item.origin.line for item in found if item.image.is_known}
    kept: dict[tuple[object, ...], Launched] = {}
    for item in found:
        if item.image.is_known or item.origin.line not in named:
            key = (item.origin.line, item.image.get(), item.image.reason, item.launch.gpus.state)
            kept.setdefault(key, item)
    return tuple(kept.values())


def _builds(found: Sequence[BuildCommand]) -> tuple[BuildCommand, ...]:
    kept: dict[tuple[object, ...], BuildCommand] = {}
    for item in found:
        kept.setdefault((item.origin.line, item.tags, item.file, item.context, item.target), item)
    return tuple(kept.values())
