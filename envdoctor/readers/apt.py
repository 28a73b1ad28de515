"""Packages of the distribution: apt-get and apt, dpkg, yum, dnf and rpm, apk.

Sources: https://manpages.ubuntu.com/manpages/noble/en/man8/apt-get.8.html (pkg=version, pkg/release, pkg:arch, pkg-),
https://dnf.readthedocs.io/en/latest/command_ref.html#specifying-packages
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from envdoctor.facts import Package
from envdoctor.patterns import lazily
from envdoctor.readers.arguments import Argument, Grammar, parse
from envdoctor.readers.collected import Collected
from envdoctor.readers.shell import Command
from envdoctor.readers.shell.wrappers import program

_APT = Grammar(
    frozenset({"--target-release", "--default-release", "--option", "--config-file", "--host-architecture"}),
    {"t": "--target-release", "o": "--option", "c": "--config-file", "a": "--host-architecture"},
)
_YUM = Grammar(
    frozenset(
        "--enablerepo --disablerepo --exclude --config --installroot --releasever --setopt --repo --repoid --forcearch"
        " --disableplugin --enableplugin".split()
    ),
    {"c": "--config", "x": "--exclude"},
)
_APK = Grammar(frozenset({"--virtual", "--repository"}), {"t": "--virtual", "X": "--repository"})
_MANAGERS = {"dnf": ("yum", _YUM), "microdnf": ("yum", _YUM), "yum": ("yum", _YUM), "apk": ("apk", _APK)}
_INSTALLS = frozenset({"install", "add", "reinstall", "full-upgrade", "localinstall", "groupinstall"})
_REMOVES = frozenset({"remove", "del", "purge", "autoremove", "erase"})
_NAME = lazily(r"[a-z0-9][a-z0-9+.-]*", re.IGNORECASE)
_DEB = lazily(r"([a-z0-9][a-z0-9+.-]*)_([^_/]+)_[a-z0-9]+\.deb")
_RPM_VERSION = lazily(r"([A-Za-z][A-Za-z0-9+._-]*?)-([0-9]+\.[0-9][^-]*)(?:-[^-]+)?")
_MAX_LENGTH = 300
_RPM = lazily(r"([A-Za-z0-9][A-Za-z0-9+._-]*)-([0-9][^-/]*|latest)-[^-/]+\.[a-z0-9_]+(?:\.rpm)?")


def read_system_packages(command: Command, into: Collected) -> None:
    """The command of any of the package managers of this module."""
    name = program(command.words[0])
    if name in ("dpkg", "rpm"):
        _read_files(command, into, "apt" if name == "dpkg" else "yum")
        return
    manager, grammar = _MANAGERS.get(name, ("apt", _APT))
    words = parse(command, 1, grammar).words
    action = words[0].value if words else ""
    if action is None:
        into.unread(command.lines[0], " ".join(command.texts))
    elif action in _INSTALLS:
        into.add(_packages(words[1:], command, into, manager), command)
    elif action in _REMOVES:
        into.remove([word.value for word in words[1:] if word.value], command)


def _read_files(command: Command, into: Collected, manager: str) -> None:
    """`dpkg -i cuda-keyring_1.1-1_all.deb`, `rpm -Uvh https://…`: the file's name says what it is."""
    arguments = parse(command, 1, Grammar(frozenset()))
    if arguments.has("-i", "-U", "--install", "--upgrade"):
        into.add(_packages(arguments.words, command, into, manager), command)


def _packages(words: Iterable[Argument], command: Command, into: Collected, manager: str) -> list[Package]:
    found: list[Package] = []
    for word in words:
        package = None if word.value is None else _package(word.value, manager)
        if package is None:
            into.unread(word.line, f"{' '.join(command.texts[:2])[:40]} {word.text}")
        elif package.name:
            found.append(package._replace(origin=into.origin_at(word.line)))
    return found


def _package(text: str, manager: str) -> Package | None:
    """None for what no name can be read from; an empty name for `pkg-`, which apt removes."""
    file = text.rpartition("/")[2]
    if len(text) > _MAX_LENGTH:
        return None
    if file.endswith((".deb", ".rpm")):
        match = (_DEB if file.endswith(".deb") else _RPM).fullmatch(file)
        return Package(match.group(1), match.group(2), manager=manager) if match else None
    if "://" in text or text.startswith((".", "/", "@")):
        return None
    return _rpm_package(text) if manager == "yum" else _deb_package(text, manager)


def _deb_package(text: str, manager: str) -> Package | None:
    """`libcudnn8=8.9.7.29-1+cuda12.2`, `gcc/jammy`, `libc6:i386`, `g++`."""
    name, equals, version = text.partition("=")
    name = name.partition("/")[0].partition(":")[0]
    if not _NAME.fullmatch(name):
        return None
    if text.endswith("-") and not equals:
        return Package("")
    if "*" in version:
        return Package(name, specifier=f"={version}", manager=manager)
    return Package(name, version or None, manager=manager)


def _rpm_package(text: str) -> Package | None:
    """`cuda-toolkit-12-4`, `libcudnn8-8.9.7.29-1.cuda12.2`: a version follows the name behind a dash."""
    match = _RPM_VERSION.fullmatch(text)
    if match is not None:
        return Package(match.group(1), match.group(2), manager="yum")
    return Package(text, manager="yum") if _NAME.fullmatch(text.replace("_", "-")) else None
