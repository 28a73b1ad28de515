"""What is installed after one RUN upon another."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from envdoctor.facts import Origin, Package
from envdoctor.readers.declared import Statement
from envdoctor.readers.install_order import Installed, install

DOCKERFILE = "Dockerfile"


class Run(NamedTuple):
    packages: tuple[Package, ...] = ()
    gaps: tuple[str, ...] = ()
    statements: tuple[Statement, ...] = ()
    removed: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


def after(*runs: Run) -> list[Package]:
    installed: Installed = {}
    for run in runs:
        install(installed, run, DOCKERFILE)
    return list(installed.values())


def torch(version: str | None = None, specifier: str = "", path: str = DOCKERFILE, manager: str = "pip") -> Package:
    return Package("torch", version, specifier, manager=manager, origin=Origin(path, path, 1))


@pytest.mark.parametrize(
    ("before", "later"),
    [
        (torch("2.1.0"), torch()),
        (torch("2.1.0+cu118"), torch("2.1.0")),
        (torch("2.1.0"), torch("2.1")),
        (torch("2.1.0+cu118"), torch(None, ">=2.0")),
        (torch("2.1.0"), torch(None, ">=2.0,<3")),
        (torch("2.1.0"), torch(None, "~=2.1.0")),
        (torch("2.2.0rc1"), torch(None, ">=2.1")),
        (torch("2.1.0", manager="conda"), torch(None, ">=1.8")),
        (torch(), torch(None, ">=1.8, !=2.0.1")),
        (torch(None, ">=2.0"), torch(None, ">1.7")),
        (torch(None, "<2.2"), torch()),
    ],
)
def test_what_is_satisfied_stays(before: Package, later: Package) -> None:
    assert after(Run((before,)), Run((later,))) == [before]


@pytest.mark.parametrize(
    ("before", "later"),
    [
        (torch("2.1.0"), torch("2.4.0")),
        (torch("2.1.0+cu118"), torch("2.1.0+cu121")),
        (torch("2.1.0"), torch("2.1.0+cu121")),
        (torch(), torch("2.4.0")),
        (torch("2.1.0"), torch(None, ">=2.2")),
        (torch("2.1.0"), torch(None, "<2")),
        (torch(), torch(None, "<2.2")),
        (torch(None, "<2.2"), torch(None, ">=2.3")),
        (torch("2.1.0"), torch(None, "@ git+https://example.org/torch")),
        (torch("nonsense"), torch(None, ">=2")),
    ],
)
def test_what_is_not_is_replaced(before: Package, later: Package) -> None:
    assert after(Run((before,)), Run((later,))) == [later]


@pytest.mark.parametrize("option", ["-U", "--upgrade", "--force-reinstall"])
def test_an_upgrade_replaces_what_it_names(option: str) -> None:
    words = ("pip", "install", option, "Torch>=1", "x")
    run = Run((torch(),), statements=(Statement(words, Origin("")),))
    assert after(Run((torch("2.1.0"),)), run) == [torch()]


def test_an_upgrade_of_pip_touches_nothing_else() -> None:
    statements = (
        Statement(("pip", "install", "-U", "pip"), Origin("")),
        Statement(("pip", "install", "-r", "requirements.txt"), Origin("")),
    )
    run = Run((torch(None, "", "requirements.txt"),), statements=statements)
    assert after(Run((torch("2.1.0"),)), run) == [torch("2.1.0")]


def test_an_upgrade_by_a_file_replaces_what_the_file_names() -> None:
    later = torch(None, "", "requirements.txt")
    run = Run((later,), statements=(Statement(("pip", "install", "-U", "-r", None), Origin("")),))
    assert after(Run((torch("2.1.0"),)), run) == [later]


def test_what_is_uninstalled_and_installed_again_is_there() -> None:
    assert after(Run((torch("2.1.0"),)), Run((torch(None, ">=2"),), removed=("torch",))) == [torch(None, ">=2")]


def test_the_systems_packages_are_apart_from_pythons() -> None:
    system = torch("1.8", manager="apt")
    assert after(Run((system,)), Run((torch("2.1.0"),))) == [system, torch("2.1.0")]
    assert after(Run((system,)), Run(removed=("torch",))) == []
