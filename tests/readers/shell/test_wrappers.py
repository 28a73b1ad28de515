"""Programs in front of the program that counts."""

from __future__ import annotations

import pytest

from envdoctor.readers.shell import commands


@pytest.mark.parametrize(
    "script",
    [
        "sudo pip install x",
        "sudo -E -H -u user pip install x",
        "env pip install x",
        "env -u HOME A=1 B=2 pip install x",
        "sudo A=1 pip install x",
        "exec pip install x",
        "command pip install x",
        "time pip install x",
        "nice -n 5 pip install x",
        "timeout 600 pip install x",
        "timeout -k 5 600 pip install x",
        "nohup pip install x",
        "gosu user pip install x",
        "sudo env nice pip install x",
        "conda run -n base --no-capture-output pip install x",
        "micromamba run -n base pip install x",
        "poetry run pip install x",
        "uv run pip install x",
        'bash -c "pip install x"',
        "sh -lc 'pip install x'",
        '/bin/bash -euxo pipefail -c "pip install x"',
        "bash -o pipefail -c 'pip install x'",
        "bash --login -c 'pip install x'",
        'su - user -c "pip install x"',
        'eval "pip install x"',
        "bash -c \"bash -c 'pip install x'\"",
    ],
)
def test_the_command_inside(script: str) -> None:
    (command,) = commands(script, {})
    assert command.words == ("pip", "install", "x")


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("command -v pip", ("command", "-v", "pip")),
        ("conda install x", ("conda", "install", "x")),
        ("uv pip install x", ("uv", "pip", "install", "x")),
        ("bash install.sh -c x", ("bash", "install.sh", "-c", "x")),
        ("env", ("env",)),
        ("time", ("time",)),
    ],
)
def test_calls_that_wrap_nothing(script: str, expected: tuple[str, ...]) -> None:
    (command,) = commands(script, {})
    assert command.words == expected


def test_xargs_adds_words_that_are_not_known() -> None:
    (_, command) = commands("cat packages.txt | xargs -n1 apt-get install -y", {})
    assert command.words == ("apt-get", "install", "-y", None)


def test_a_payload_sees_the_variables_and_keeps_its_own() -> None:
    found = commands('X=1; bash -c "Y=2; pip install $X $Y a==\\$X"; echo $Y', {})
    assert found[0].words[:3] == ("pip", "install", "1")
    assert found[0].words[-1] == "a==1"
    assert found[1].words == ("echo", None)


def test_a_payload_with_an_unknown_part_is_read_all_the_same() -> None:
    (command,) = commands('bash -c "pip install torch==$V numpy"', {"V": None})
    assert command.words == ("pip", "install", None, "numpy")


def test_a_payload_that_is_not_known_stays_a_command() -> None:
    (command,) = commands("bash -c $SCRIPT", {"SCRIPT": None})
    assert command.words == ("bash", "-c", None)


@pytest.mark.parametrize(
    "script", ["xargs", "sudo", "sudo -u", "env A=1", "timeout", "> file", "bash -c", "eval", "su -c"]
)
def test_incomplete_calls_do_no_harm(script: str) -> None:
    assert len(commands(script, {})) <= 1
