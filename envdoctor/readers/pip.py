"""pip and `uv pip`: what an install command asks for, from where, under which constraints.

Options: https://pip.pypa.io/en/stable/cli/pip_install/ , https://docs.astral.sh/uv/reference/cli/#uv-pip-install
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from envdoctor.readers.arguments import Argument, Arguments, Grammar, Option, parse
from envdoctor.readers.collected import Collected
from envdoctor.readers.index_options import command_indexes, last_value
from envdoctor.readers.indexes import Indexes, redacted
from envdoctor.readers.pip_packages import packages_of
from envdoctor.readers.requirement import Requirement, RequirementError, normalized, parse_open, parse_requirement
from envdoctor.readers.requirements import Entry, RequirementsFile, parse_constraints, parse_requirements
from envdoctor.readers.shell import Command

if TYPE_CHECKING:
    from envdoctor.readers.project_install import Folder

_SHORT = {
    "r": "--requirement",
    "c": "--constraint",
    "e": "--editable",
    "t": "--target",
    "i": "--index-url",
    "f": "--find-links",
    "U": "--upgrade",
    "C": "--config-settings",
    "y": "--yes",
    "q": "--quiet",
    "v": "--verbose",
}
PIP = Grammar(
    frozenset(
        "--requirement --constraint --editable --target --index-url --extra-index-url --find-links --config-settings"
        " --platform --python-version --implementation --abi --root --prefix --src --upgrade-strategy --global-option"
        " --build-option --install-option --progress-bar --root-user-action --report --hash --no-binary --only-binary"
        " --cache-dir --trusted-host --cert --client-cert --proxy --retries --timeout --default-timeout --log"
        " --exists-action --python --use-feature --use-deprecated --keyring-provider --group --resume-retries"
        " --build-constraint --uploaded-prior-to --config-setting".split()
    ),
    _SHORT,
    {"--pypi-url": "--index-url", "--editable-mode": "--config-settings"},
)
UV = Grammar(
    PIP.valued
    | frozenset(
        "--index --default-index --index-strategy --override --overrides --build-constraint --extra --torch-backend"
        " --resolution --prerelease --link-mode --exclude-newer --directory --project --config-file --color"
        " --upgrade-package --reinstall-package --python-platform --no-build-package --no-binary-package --optional"
        " --group --no-group --only-group --no-extra --no-install-package --python-preference --refresh-package"
        " --package --script --tag --branch --rev --marker --bounds --allow-insecure-host --with".split()
    ),
    {**_SHORT, "p": "--python", "P": "--upgrade-package", "b": "--build-constraint"},
    {"--constraints": "--constraint", "--requirements": "--requirement"},
)
_PROJECT_FILE = "pyproject.toml"
_PROJECT_FILES = (".toml", ".py", ".cfg", ".lock")


def read_pip(command: Command, start: int, into: Collected) -> None:
    """`start` is the word after pip. `pip download` and `pip wheel` install nothing."""
    arguments = parse(command, start, PIP)
    action = arguments.words[0].value if arguments.words else ""
    if action is None:
        into.unread(command.lines[0], " ".join(command.texts))
    elif action == "install":
        install(arguments, arguments.words[1:], command, into, "pip")
    elif action == "uninstall":
        into.remove(_names(arguments.words[1:]), command)


def read_uv(command: Command, into: Collected) -> None:
    arguments = parse(command, 1, UV)
    actions = [word.value for word in arguments.words[:2]]
    if actions == ["pip", "install"]:
        install(arguments, arguments.words[2:], command, into, "uv")
    elif actions == ["pip", "sync"]:
        files = tuple(Option("--requirement", word.value, word.text, word.line) for word in arguments.words[2:])
        install(arguments._replace(options=arguments.options + files), (), command, into, "uv")
    elif actions == ["pip", "uninstall"]:
        into.remove(_names(arguments.words[2:]), command)
    elif actions[:1] == ["add"]:
        install(arguments, arguments.words[1:], command, into, "uv")
    elif actions[:1] == ["remove"]:
        into.remove(_names(arguments.words[1:]), command)
    elif actions[:1] == ["sync"]:
        from envdoctor.readers.project_install import read_sync

        read_sync(arguments, command_indexes(arguments, [], command, "uv"), command, into)
    elif actions[:1] == [None]:
        into.unread(command.lines[0], " ".join(command.texts))


def _names(words: Iterable[Argument]) -> list[str]:
    return [normalized(word.value.partition("=")[0]) for word in words if word.value]


def install(arguments: Arguments, words: Sequence[Argument], command: Command, into: Collected, manager: str) -> None:
    if arguments.has("--dry-run", "--help", "-h"):
        return
    files: list[RequirementsFile] = []
    projects = _projects(arguments, words, command, into)
    entries = _positional((word for word in words if word.text not in projects), command, into)
    constraints: list[Entry] = []
    for option in arguments.options:
        if option.text in projects:
            continue
        if option.name == "--requirement":
            files.append(_requirements(option, command, into))
        elif option.name == "--constraint":
            constraints += _constraints(option, command, into)
        elif option.name == "--editable":
            entries += _editable(option, into)
        elif option.name == "--group":
            entries += _group(option, command, into)
    for found in files:
        entries += found.entries
        constraints += found.constraints
    indexes = command_indexes(arguments, files, command, manager)
    strategy = last_value(arguments, "--index-strategy") or command.variables.get("UV_INDEX_STRATEGY")
    if projects and not arguments.has("--no-deps", "--no-dependencies"):
        entries += _of_projects(projects.values(), indexes, manager, command, into)
    if manager == "uv" and strategy == "unsafe-best-match":
        manager = "pip"  # the highest version over all indexes, as pip takes it
    into.add(packages_of(entries, constraints, indexes, manager), command)


def _projects(arguments: Arguments, words: Iterable[Argument], command: Command, into: Collected) -> dict[str, Folder]:
    """What is installed out of folders whose pyproject.toml can be read, by the words that name them."""
    named = [(word.text, word.value) for word in words if word.value and _may_be_folder(word.value)]
    named += [(option.text, option.value) for option in arguments.values("--editable") if option.value]
    files = [(option.text, option.value or "") for option in arguments.values("--requirement")]
    named += [(text, value) for text, value in files if value.endswith(_PROJECT_FILE)]
    if not named:
        return {}
    from envdoctor.readers.project_install import folder_of

    found: dict[str, Folder] = {}
    extras = tuple(normalized(option.value) for option in arguments.values("--extra") if option.value)
    for text, value in named:
        is_file = value.endswith(_PROJECT_FILE)
        folder = folder_of(posixpath.dirname(value) if is_file else value, command, into)
        if folder is not None:
            found[text] = folder._replace(extras=extras) if is_file else folder
    return found


def _may_be_folder(word: str) -> bool:
    return word.startswith((".", "/", "~")) or "/" in word.partition("@")[0] or word.endswith(_PROJECT_FILE)


def _of_projects(
    projects: Iterable[Folder], indexes: Indexes, manager: str, command: Command, into: Collected
) -> list[Entry]:
    from envdoctor.readers.project_install import add_by_uv, entries_of

    entries: list[Entry] = []
    for folder in projects:
        if manager == "uv":
            add_by_uv(folder, indexes, command, into)
        else:
            entries += entries_of(folder, into)
    return entries


def _group(option: Option, command: Command, into: Collected) -> list[Entry]:
    from envdoctor.readers.project_install import group_entries

    found = group_entries(option.value, command, into) if option.value else None
    if found is None:
        into.unread(option.line, " ".join(command.texts))
    return found or []


def _positional(words: Iterable[Argument], command: Command, into: Collected) -> list[Entry]:
    entries: list[Entry] = []
    for word in words:
        try:
            found = _open(word.text) if word.value is None else parse_requirement(word.value)
        except RequirementError as error:
            into.problem(word.line, str(error))
            found = None
        if found is None:
            into.unread(word.line, f"pip install {word.text}")
        else:
            entries.append(Entry(found, into.origin_at(word.line)))
    return entries


def _open(text: str) -> Requirement | None:
    """A word that depends on run time. Where only a password does, which is taken out, the rest is known."""
    shown = redacted(text.strip("\"'"))
    if "$" in shown or "`" in shown or shown == text:
        return parse_open(text)
    return parse_requirement(shown)


def _editable(option: Option, into: Collected) -> list[Entry]:
    """`-e` takes a folder, even one named like a package, or a repository, which #egg= may name."""
    found = None
    if option.value and "+" in option.value and "://" in option.value:
        try:
            found = parse_requirement(option.value)
        except RequirementError:
            found = None
    if found is None:
        into.unread(option.line, f"pip install -e {option.text}")
        return []
    return [Entry(found, into.origin_at(option.line))]


def _requirements(option: Option, command: Command, into: Collected) -> RequirementsFile:
    place, text = _file(option, command, into)
    if place is None or text is None:
        into.gap(option.line, f"installs the requirements file {_shown(option)}, which cannot be read here")
        return RequirementsFile()
    found = parse_requirements(
        text, place, into.read_file, label=option.value, folder=posixpath.dirname(place), variables=command.variables
    )
    _report(found, into)
    return found


def _constraints(option: Option, command: Command, into: Collected) -> tuple[Entry, ...]:
    place, text = _file(option, command, into)
    if place is None or text is None:
        into.gap(option.line, f"installs under the constraints file {_shown(option)}, which cannot be read here")
        return ()
    found = parse_constraints(text, option.value or place, into.read_file, posixpath.dirname(place))
    _report(found, into)
    return found.constraints


def _report(found: RequirementsFile, into: Collected) -> None:
    into.gaps.update(dict.fromkeys(found.gaps))
    into.problems.update(dict.fromkeys(found.problems))


def _file(option: Option, command: Command, into: Collected) -> tuple[str | None, str | None]:
    name = option.value
    if not name or "://" in name or name.endswith(_PROJECT_FILES):
        return None, None
    place = into.place(command, name)
    return place, into.read_file(place) if place is not None else None


def _shown(option: Option) -> str:
    return redacted(option.text or "(no name)")[:80]
