"""Which commands of a build install with pip."""

from __future__ import annotations

import pytest

from envdoctor.facts import Origin, Statement
from envdoctor.judging.pip_commands import pip_installs, uv_python

HERE = Origin("Dockerfile:3", "Dockerfile", 3)


@pytest.mark.parametrize(
    ("line", "tool", "python", "words"),
    [
        ("pip install torch", "pip", None, "torch"),
        ("pip3 install -r r.txt", "pip", None, "-r r.txt"),
        ("/usr/bin/pip3.11 install torch", "pip", "3.11", "torch"),
        ("pip --no-cache-dir install torch", "pip", None, "--no-cache-dir torch"),
        ("python3 -m pip install torch", "pip", None, "torch"),
        ("python3.12 -m pip install -U pip", "pip", "3.12", "-U pip"),
        ("uv pip install --system torch", "uv", None, "--system torch"),
    ],
)
def test_installs(line: str, tool: str, python: str | None, words: str) -> None:
    (found,) = pip_installs((Statement(tuple(line.split()), HERE),))
    assert (found.tool, found.python, found.words) == (tool, python, tuple(words.split()))


@pytest.mark.parametrize(
    "words",
    [
        (),
        (None,),
        ("pip",),
        ("pip", None, "torch"),
        ("pip", "download", "torch"),
        ("pip", "-q"),
        ("python3", "-m", "pip"),
        ("python3", "-m", "pip", "list"),
        ("python3", "setup.py", "install"),
        ("pipx", "install", "x"),
        ("uv", "sync"),
        ("apt-get", "install", "python3-pip"),
    ],
)
def test_what_installs_nothing(words: tuple[str | None, ...]) -> None:
    assert list(pip_installs((Statement(words, HERE),))) == []


def test_an_option_is_found_with_and_without_its_value_attached() -> None:
    (found,) = pip_installs((Statement(("pip", "install", "--target=/x", None, "torch"), HERE),))
    assert found.has("--target")
    assert not found.has("--tar", "-t")


@pytest.mark.parametrize(
    ("line", "env", "release"),
    [
        ("uv sync --no-dev", {"UV_PYTHON": "3.12"}, "3.12"),
        ("uv sync --python 3.11", {"UV_PYTHON": "3.12"}, "3.11"),
        ("uv venv --python=3.10 /opt/venv", {}, "3.10"),
        ("uv venv -p 3.13", {}, "3.13"),
        ("uv sync", {}, None),
        ("uv sync --python 3.12.4", {}, None),
        ("uv pip install --python 3.12 torch", {}, None),
        ("pip install uv", {"UV_PYTHON": "3.12"}, None),
    ],
)
def test_the_python_that_uv_is_told_to_take(line: str, env: dict[str, str], release: str | None) -> None:
    found = uv_python((Statement(tuple(line.split()), Origin("Dockerfile:3")),), env)
    assert (found.get() if found is not None else None) == release
