"""Packages of the distribution."""

from __future__ import annotations

import pytest

from tests.readers.installing import installs, names, versions


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("libcudnn8=8.9.7.29-1+cuda12.2", ("libcudnn8", "8.9.7.29-1+cuda12.2")),
        ("libcudnn9-cuda-12", ("libcudnn9-cuda-12", "")),
        ("cuda-compat-12-4", ("cuda-compat-12-4", "")),
        ("python3.11", ("python3.11", "")),
        ("g++", ("g++", "")),
        ("libstdc++6", ("libstdc++6", "")),
        ("gcc/jammy", ("gcc", "")),
        ("libc6:i386", ("libc6", "")),
        ("libnvinfer8=8.6.*", ("libnvinfer8", "=8.6.*")),
        ("./cuda-keyring_1.1-1_all.deb", ("cuda-keyring", "1.1-1")),
        ('"python${PYTHON}-dev"', ("python3.10-dev", "")),
        ("libcudnn8=${CUDNN}", ("libcudnn8", "8.9.7.29-1+cuda11.8")),
    ],
)
def test_apt_packages(words: str, expected: tuple[str, str]) -> None:
    found = installs(f"apt-get install -y {words}", PYTHON="3.10", CUDNN="8.9.7.29-1+cuda11.8")
    assert (versions(found), found.gaps) == ([expected], ())
    assert found.packages[0].manager == "apt"


@pytest.mark.parametrize(
    "command",
    [
        "apt-get install -y --no-install-recommends curl",
        "apt-get -y -qq install curl",
        "apt install -yq curl",
        "DEBIAN_FRONTEND=noninteractive apt-get install -y curl",
        "sudo apt-get -o Acquire::Retries=3 install -t jammy-backports curl",
        "apt-get install -oDpkg::Options::=--force-confold --allow-downgrades curl",
        "aptitude install -y curl",
        "apt-get install -y curl vim-",
    ],
)
def test_options_of_apt(command: str) -> None:
    found = installs(command)
    assert (names(found), found.gaps) == (["curl"], ())


@pytest.mark.parametrize(
    ("command", "expected", "manager"),
    [
        ("yum install -y cuda-toolkit-12-4", ("cuda-toolkit-12-4", ""), "yum"),
        ("dnf install -y --enablerepo epel libcudnn8-8.9.7.29-1.cuda12.2", ("libcudnn8", "8.9.7.29"), "yum"),
        ("microdnf install python3.11", ("python3.11", ""), "yum"),
        ("rpm -Uvh https://example.org/epel-release-latest-9.noarch.rpm", ("epel-release", "latest"), "yum"),
        ("apk add --no-cache -t deps gcc", ("gcc", ""), "apk"),
        ("dpkg -i /tmp/libnccl2_2.18.3-1+cuda12.1_amd64.deb", ("libnccl2", "2.18.3-1+cuda12.1"), "apt"),
    ],
)
def test_other_managers(command: str, expected: tuple[str, str], manager: str) -> None:
    found = installs(command)
    assert (versions(found), found.gaps) == ([expected], ())
    assert found.packages[0].manager == manager


@pytest.mark.parametrize(
    "words", ["$PACKAGES", "$(cat packages.txt)", "./local.deb", "lib{a,b}", "https://example.org/x"]
)
def test_names_that_cannot_be_read(words: str) -> None:
    found = installs(f"apt-get install -y {words} curl", PACKAGES=None)
    assert names(found) == ["curl"]
    assert found.gaps == (f"RUN at Dockerfile:1 installs what cannot be read here (apt-get install {words})",)


def test_removing() -> None:
    found = installs("apt-get install -y gcc curl && apt-get purge -y --auto-remove gcc && dnf erase vim")
    assert (names(found), found.removed) == (["curl"], ("gcc", "vim"))


@pytest.mark.parametrize(
    "command",
    [
        "apt-get update",
        "apt-get upgrade -y",
        "apt-get build-dep -y x",
        "apt-mark hold libcudnn8",
        "apt-cache policy x",
        "dpkg -l",
        "dpkg --print-architecture",
    ],
)
def test_commands_that_install_nothing_new(command: str) -> None:
    found = installs(command)
    assert (found.packages, found.gaps) == ((), ())
