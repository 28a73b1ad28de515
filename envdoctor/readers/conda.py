"""conda, mamba and micromamba: what their commands install, with channels and environment files.

Source: https://docs.conda.io/projects/conda/en/stable/commands/install.html
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable

from envdoctor.facts import Origin
from envdoctor.readers.arguments import Argument, Arguments, Grammar, Option, parse
from envdoctor.readers.collected import Collected
from envdoctor.readers.conda_environment import environment_part
from envdoctor.readers.conda_file import CondaEnvironmentError, read_conda_file
from envdoctor.readers.conda_specs import PYPI_NAMES, Spec, conda_packages, parse_spec
from envdoctor.readers.declared import SourceText
from envdoctor.readers.indexes import redacted
from envdoctor.readers.shell import Command

GRAMMAR = Grammar(
    frozenset(
        "--name --prefix --channel --file --solver --clone --root-prefix --rc-file --platform --subdir --repodata-fn"
        " --override-channels-enabled --category --revision --log-level".split()
    ),
    {
        "n": "--name",
        "p": "--prefix",
        "c": "--channel",
        "f": "--file",
        "y": "--yes",
        "q": "--quiet",
        "r": "--root-prefix",
    },
)


def read_conda(command: Command, into: Collected) -> None:
    arguments = parse(command, 1, GRAMMAR)
    actions = [word.value for word in arguments.words[:2]]
    if actions[:1] in (["install"], ["create"], ["update"], ["upgrade"]):
        _install(arguments, arguments.words[1:], command, into)
    elif actions in (["env", "create"], ["env", "update"]):
        _install(arguments, arguments.words[2:], command, into)
    elif actions[:1] in (["remove"], ["uninstall"]):
        names = [PYPI_NAMES.get(word.value, word.value) for word in arguments.words[1:] if word.value]
        into.remove(names, command)
    elif actions[:1] == [None]:
        into.unread(command.lines[0], " ".join(command.texts))


def _install(arguments: Arguments, words: Iterable[Argument], command: Command, into: Collected) -> None:
    if arguments.has("--dry-run", "--clone"):
        if arguments.has("--clone"):
            into.unread(command.lines[0], " ".join(command.texts))
        return
    channels = tuple(redacted(option.value) for option in arguments.values("--channel") if option.value)
    specs: list[tuple[Spec, Origin]] = []
    for word in words:
        spec = parse_spec(word.value) if word.value is not None else None
        if spec is None:
            into.unread(word.line, f"conda {word.text}")
        else:
            specs.append((spec, into.origin_at(word.line)))
    for option in arguments.values("--file") or _default_file(arguments, command):
        specs += _file(option, command, into, channels)
    into.add(conda_packages(specs, channels), command)


def _default_file(arguments: Arguments, command: Command) -> list[Option]:
    """`conda env create` alone reads environment.yml."""
    name = "environment.yml"
    return [Option("--file", name, name, command.lines[0])] if arguments.words[0].value == "env" else []


def _file(option: Option, command: Command, into: Collected, channels: tuple[str, ...]) -> list[tuple[Spec, Origin]]:
    """`--file`: an environment.yml with its pip part, or a list of specs, one a line."""
    name = option.value
    place = into.place(command, name) if name and "://" not in name else None
    text = into.read_file(place) if place is not None else None
    if name is None or place is None or text is None:
        shown = redacted(option.text)[:80]
        into.gap(option.line, f"installs the conda environment file {shown}, which cannot be read here")
        return []
    try:
        found = read_conda_file(text, name)
    except CondaEnvironmentError as error:
        into.problem(option.line, str(error))
        into.gap(
            option.line, f"installs the conda environment file {redacted(option.text)[:80]}, which cannot be read here"
        )
        return []
    here, shown = (text.path, text.path) if isinstance(text, SourceText) else (place, name)
    part = environment_part(found, here, shown, into.read_file, folder=posixpath.dirname(place))
    into.gaps.update(dict.fromkeys(part.gaps))
    into.problems.update(dict.fromkeys(part.problems))
    specs = list(part.specs)
    if part.channels and specs:
        into.add(conda_packages(specs, (*channels, *part.channels)), command)
        specs = []
    into.add(part.pip, command)
    return specs
