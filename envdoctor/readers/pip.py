"""pip and `uv pip`: what an install command asks for, from where, under which constraints.

Options: https://pip.pypa.io/en/stable/cli/pip_install/ , https://docs.astral.sh/uv/reference/cli/#uv-pip-install
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable

from envdoctor.readers.arguments import Argument, Arguments, Grammar, Option, parse
from envdoctor.readers.collected import Collected
from envdoctor.readers.indexes import Indexes, redacted
from envdoctor.readers.pip_packages import packages_of
from envdoctor.readers.requirement import Requirement, RequirementError, normalized, parse_open, parse_requirement
from envdoctor.readers.requirements import Entry, RequirementsFile, parse_constraints, parse_requirements
from envdoctor.readers.shell import Command

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
        " --group --package --script --tag --branch --rev --marker --bounds --allow-insecure-host --with".split()
    ),
    {**_SHORT, "p": "--python", "P": "--upgrade-package", "b": "--build-constraint"},
    {"--constraints": "--constraint", "--requirements": "--requirement"},
)
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
    elif actions[:1] == ["sync"] or actions[:1] == [None]:
        into.unread(command.lines[0], " ".join(command.texts))


def _names(words: Iterable[Argument]) -> list[str]:
    return [normalized(word.value.partition("=")[0]) for word in words if word.value]


def install(arguments: Arguments, words: Iterable[Argument], command: Command, into: Collected, manager: str) -> None:
    if arguments.has("--dry-run", "--help", "-h"):
        return
    files: list[RequirementsFile] = []
    entries = _positional(words, command, into)
    constraints: list[Entry] = []
    for option in arguments.options:
        if option.name == "--requirement":
            files.append(_requirements(option, command, into))
        elif option.name == "--constraint":
            constraints += _constraints(option, command, into)
        elif option.name == "--editable":
            entries += _editable(option, into)
        elif option.name == "--group":
            into.unread(option.line, " ".join(command.texts))
    for found in files:
        entries += found.entries
        constraints += found.constraints
    indexes = _indexes(arguments, files, command, manager)
    strategy = _last(arguments, "--index-strategy") or command.variables.get("UV_INDEX_STRATEGY")
    if manager == "uv" and strategy == "unsafe-best-match":
        manager = "pip"  # the highest version over all indexes, as pip takes it
    into.add(packages_of(entries, constraints, indexes, manager), command)


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
    return _with_lost_specifiers(entries, command, into)


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


def _with_lost_specifiers(entries: list[Entry], command: Command, into: Collected) -> list[Entry]:
    """`pip install torch>=2.0` without quotes: the shell takes `>=2.0` for itself, and pip gets torch alone."""
    for redirect in command.redirects:
        target = redirect.target or ""
        if not redirect.attached_to or target[:1] not in "=0123456789" or not target:
            continue
        name = redirect.attached_to[:40]
        written = f"{name}{redirect.operator}{target}"[:80]
        if redirect.operator in (">", ">>"):
            what = f"writes to a file named {target[:40]!r}, so that pip gets {name} without a version"
        elif redirect.operator == "<":
            what = f"reads a file named {target[:40]!r}, which fails if there is none"
        else:
            continue
        into.problem(redirect.line, f'the shell {what}; quote it: "{redacted(written)}"')
    return entries


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


def _last(arguments: Arguments, name: str) -> str | None:
    found = arguments.values(name)
    return found[-1].value if found else None


def _indexes(arguments: Arguments, files: list[RequirementsFile], command: Command, manager: str) -> Indexes:
    """Options before what requirements files say, before the environment: as pip weighs them."""
    reader = _Addresses(command, "UV_" if manager == "uv" else "PIP_")
    default = reader.one(arguments, "--index-url", "--default-index")
    for found in files:
        default = default or found.index
    default = default or reader.from_environment("INDEX_URL") or reader.from_environment("DEFAULT_INDEX")
    extra = [*reader.several(arguments, "--index", "--extra-index-url")]
    extra += [address for found in files for address in found.extra_indexes]
    extra += reader.list_from_environment("INDEX") if manager == "uv" else []
    extra += reader.list_from_environment("EXTRA_INDEX_URL")
    pages = [*reader.several(arguments, "--find-links"), *(page for found in files for page in found.find_links)]
    pages += reader.list_from_environment("FIND_LINKS")
    no_index = arguments.has("--no-index") or any(found.no_index for found in files)
    indexes = Indexes.of(default, list(dict.fromkeys(extra)), pages, no_index=no_index)
    backend = _last(arguments, "--torch-backend") or reader.from_environment("TORCH_BACKEND")
    if manager == "uv" and backend and backend != "auto":
        indexes = indexes._replace(torch=f"https://download.pytorch.org/whl/{backend}")
    return indexes._replace(open_index=indexes.open_index or reader.is_open or backend == "auto")


class _Addresses:
    """Addresses out of options and environment, without their secrets. `is_open`: one depends on run time."""

    def __init__(self, command: Command, prefix: str) -> None:
        self.variables = command.variables
        self.prefix = prefix
        self.is_open = False

    def address(self, value: str | None, text: str) -> str | None:
        """A variable that only stands for a password is no obstacle: it is taken out before anyone looks."""
        known = redacted(value if value is not None else text.strip("\"'"))
        name, equals, rest = known.partition("=")  # uv: --index pytorch=https://…
        if equals and name.replace("-", "").isalnum() and "://" in rest and "://" not in name:
            known = rest
        if value is None and ("$" in known or "`" in known):
            self.is_open = True
        return known or None

    def one(self, arguments: Arguments, *names: str) -> str | None:
        found = [option for option in arguments.options if option.name in names]
        return self.address(found[-1].value, found[-1].text) if found else None

    def several(self, arguments: Arguments, *names: str) -> list[str]:
        found = [self.address(option.value, option.text) for option in arguments.options if option.name in names]
        return [address for address in found if address]

    def from_environment(self, name: str) -> str | None:
        value = self.variables.get(self.prefix + name)
        if value is None and self.prefix + name in self.variables:
            self.is_open = True
        return redacted(value) if value else None

    def list_from_environment(self, name: str) -> list[str]:
        return (self.from_environment(name) or "").split()
