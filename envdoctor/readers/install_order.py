"""What is installed after one more RUN: pip leaves alone what already satisfies it, an uninstall takes away.

`pip install torch==2.1.0 --index-url …/cu118` followed by `pip install -r requirements.txt` with `torch>=2.0` in it
keeps 2.1.0 (https://pip.pypa.io/en/stable/cli/pip_install/: a satisfied requirement is not installed again), so the
later line must not replace the earlier pin.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from envdoctor.facts import Package, Slip
from envdoctor.patterns import lazily
from envdoctor.readers.declared import Statement
from envdoctor.readers.entrypoint_files import Write
from envdoctor.specifiers import within


class Installs(Protocol):
    """What one RUN installs, as `installs.run_installs` tells it. `removed` names what it uninstalls."""

    @property
    def packages(self) -> tuple[Package, ...]: ...
    @property
    def gaps(self) -> tuple[str, ...]: ...
    @property
    def statements(self) -> tuple[Statement, ...]: ...
    @property
    def removed(self) -> tuple[str, ...]: ...
    @property
    def problems(self) -> tuple[str, ...]: ...
    @property
    def writes(self) -> tuple[Write, ...]: ...
    @property
    def slips(self) -> tuple[Slip, ...]: ...


Key = tuple[str, bool]
Installed = dict[Key, Package]

_SYSTEM_MANAGERS = frozenset({"apt", "yum", "dnf", "apk", "image"})
AGAIN = frozenset({"-U", "--upgrade", "--force-reinstall", "-I", "--ignore-installed", "--reinstall"})
FROM_FILE = frozenset({"-r", "--requirement", "--requirements"})
_NAME = lazily(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_SEPARATORS = lazily(r"[-_.]+")
_ONLY_FROM_BELOW = lazily(r"\s*(?:(?:>=|>|!=)[^,<=~]*(?:,|$)\s*)+")


def is_python(package: Package) -> bool:
    """Does it live among Python's packages (pip, uv, conda) and not among the system's?"""
    return package.manager not in _SYSTEM_MANAGERS


def key(package: Package) -> Key:
    return package.name, is_python(package)


def install(installed: Installed, installs: Installs, dockerfile: str | None) -> None:
    """Changes `installed` to what is there after the RUN. `dockerfile` is the path of the file the RUN stands in."""
    for name in installs.removed:
        installed.pop((name, True), None)
        installed.pop((name, False), None)
    upgraded, from_files = _upgraded(installs.statements)
    for package in installs.packages:
        again = package.name in upgraded or (from_files and package.origin.path != dockerfile)
        before = installed.get(key(package))
        if before is not None and not again and _satisfies(before, package):
            continue
        installed.pop(key(package), None)
        installed[key(package)] = package


def _upgraded(statements: Iterable[Statement]) -> tuple[set[str], bool]:
    """The names that the commands with --upgrade name, and whether one of those reads a requirements file."""
    names: set[str] = set()
    from_files = False
    for statement in statements:
        if AGAIN.isdisjoint(statement.words):
            continue
        from_files = from_files or not FROM_FILE.isdisjoint(statement.words)
        for word in statement.words:
            match = _NAME.match(word) if word else None
            if match:
                names.add(_SEPARATORS.sub("-", match.group()).lower())
    return names, from_files


def _satisfies(before: Package, wanted: Package) -> bool:
    """Does what is installed satisfy the later requirement, so that pip leaves it?"""
    if wanted.version is not None:
        return before.version is not None and within(before.version, f"=={wanted.version}")
    if not wanted.specifier:
        return True
    if before.version is not None:
        return within(before.version, wanted.specifier)
    # The newest that the earlier requirement allows: above any lower bound, if it has no upper one itself.
    return _is_from_below(wanted.specifier) and (not before.specifier or _is_from_below(before.specifier))


def _is_from_below(specifier: str) -> bool:
    return _ONLY_FROM_BELOW.fullmatch(specifier) is not None
