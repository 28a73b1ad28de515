"""`pip install .`, `uv sync` and the like in a RUN, with the project's files in the image."""

from __future__ import annotations

import pytest

from tests.readers.installing import installs, names, versions

CU124 = "https://download.pytorch.org/whl/cu124"
PROJECT = f"""\
[project]
name = "detector"
dependencies = ["numpy", "torch>=2.4"]

[project.optional-dependencies]
gpu = ["onnxruntime-gpu==1.19.2"]
plots = ["matplotlib"]

[dependency-groups]
dev = ["ruff"]
train = ["deepspeed"]

[tool.uv.sources]
torch = {{ index = "pytorch" }}

[[tool.uv.index]]
name = "pytorch"
url = "{CU124}"
explicit = true
"""
LOCK = f"""\
version = 1

[[package]]
name = "detector"
source = {{ editable = "." }}
dependencies = [
    {{ name = "torch" }},
]

[package.optional-dependencies]
gpu = [
    {{ name = "onnxruntime-gpu" }},
]

[[package]]
name = "onnxruntime-gpu"
version = "1.19.2"
source = {{ registry = "https://pypi.org/simple" }}

[[package]]
name = "torch"
version = "2.5.1+cu124"
source = {{ registry = "{CU124}" }}
"""
FILES = {"/app/pyproject.toml": PROJECT}
BASE = [("numpy", ""), ("torch", ">=2.4")]


@pytest.mark.parametrize(
    "command", ["pip install --no-deps .", "pip install --no-deps -e '.[gpu]'", "uv pip install --no-deps -e ."]
)
def test_without_dependencies_nothing_is_installed(command: str) -> None:
    found = installs(command, FILES, workdir="/app")
    assert (found.packages, found.gaps, found.problems) == ((), (), ())


@pytest.mark.parametrize(
    "command", ["pip download .", "uv lock", "uv sync --dry-run", "uv build", "python setup.py --version"]
)
def test_commands_that_install_nothing(command: str) -> None:
    found = installs(command, FILES, workdir="/app")
    assert (found.packages, found.gaps) == ((), ())


@pytest.mark.parametrize(
    "command",
    [
        "pip install .",
        "pip install -e .",
        "pip install ./",
        "python3 -m pip install --no-cache-dir /app",
        "cd / && pip install ./app",
    ],
)
def test_a_project_by_its_folder(command: str) -> None:
    found = installs(command, FILES, workdir="/app")
    assert (versions(found), found.gaps) == (BASE, ())
    torch = found.packages[1]
    assert (torch.manager, torch.index, torch.cuda) == ("pip", None, None)  # pip knows nothing of uv's sources
    assert str(torch.origin).endswith("pyproject.toml:3")


def test_extras_and_what_stands_beside() -> None:
    found = installs(
        "pip install -e '.[gpu,plots]' torch==2.4.1 -c c.txt", {**FILES, "/app/c.txt": "numpy<2\n"}, "/app"
    )
    assert sorted(versions(found)) == [
        ("matplotlib", ""), ("numpy", "<2"), ("onnxruntime-gpu", "1.19.2"), ("torch", "2.4.1"),
    ]  # fmt: skip


def test_the_indexes_of_the_command_hold_for_the_project() -> None:
    found = installs(f"pip install . --extra-index-url {CU124}", FILES, "/app")
    assert [item.extra_indexes for item in found.packages] == [(CU124,), (CU124,)]


def test_uv_heeds_its_sources() -> None:
    found = installs("uv pip install --system -e '.[gpu]'", FILES, "/app")
    assert sorted(versions(found)) == sorted([*BASE, ("onnxruntime-gpu", "1.19.2")])
    (torch,) = [item for item in found.packages if item.name == "torch"]
    assert (torch.manager, torch.index, torch.cuda) == ("uv", CU124, "12.4")


def test_uv_reads_requirements_out_of_a_project() -> None:
    found = installs("uv pip install -r pyproject.toml --extra gpu", FILES, "/app")
    assert set(names(found)) == {"numpy", "torch", "onnxruntime-gpu"}


def test_a_dependency_group_alone() -> None:
    assert names(installs("pip install --group train", FILES, "/app")) == ["deepspeed"]
    assert names(installs("pip install --group app/pyproject.toml:train", FILES)) == ["deepspeed"]
    assert len(installs("pip install --group docs", FILES, "/app").gaps) == 1


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("uv sync", {"numpy", "torch", "ruff"}),
        ("uv sync --no-dev", {"numpy", "torch"}),
        ("uv sync --frozen --no-install-project --no-default-groups", {"numpy", "torch"}),
        ("UV_NO_DEV=1 uv sync", {"numpy", "torch"}),
        ("uv sync --no-dev --extra gpu --extra=plots", {"numpy", "torch", "onnxruntime-gpu", "matplotlib"}),
        ("uv sync --all-extras --no-extra plots --group train", {"numpy", "torch", "onnxruntime-gpu", "ruff", "deepspeed"}),
        ("uv sync --all-groups --no-group dev", {"numpy", "torch", "deepspeed"}),
        ("uv sync --only-group train", {"deepspeed"}),
        ("uv sync --only-dev --all-extras", {"ruff"}),
        ("cd / && uv sync --no-dev --project app", {"numpy", "torch"}),
    ],
)  # fmt: skip
def test_what_uv_sync_chooses(command: str, expected: set[str]) -> None:
    found = installs(command, FILES, workdir="/app")
    assert (set(names(found)), found.gaps) == (expected, ())


def test_uv_sync_installs_what_is_locked() -> None:
    found = installs("uv sync --locked --no-dev --extra gpu", {**FILES, "/app/uv.lock": LOCK}, "/app")
    assert versions(found) == [("torch", "2.5.1+cu124"), ("onnxruntime-gpu", "1.19.2")]
    assert str(found.packages[0].origin) == "pyproject.toml:3, uv.lock:20"
    assert (found.packages[0].cuda, found.packages[0].manager) == ("12.4", "uv")


@pytest.mark.parametrize(
    ("command", "files"),
    [
        ("pip install .", {}),
        ("pip install .", {"/app/setup.py": "import setuptools"}),
        ("pip install .", {"/app/pyproject.toml": "[build-system]\nrequires = ['setuptools']\n"}),
        ("pip install $DIR", FILES),
        ("pip install /other", FILES),
        ("uv sync", {}),
        ("uv sync --package api", FILES),
        ("uv sync --extra $DIR", FILES),
        ("poetry install", FILES),
        ("python setup.py install", FILES),
    ],
)
def test_what_cannot_be_told_is_a_gap(command: str, files: dict[str, str]) -> None:
    found = installs(command, files, workdir="/app", DIR=None)
    assert found.packages == ()
    assert len(found.gaps) == 1
    assert "installs what cannot be read here" in found.gaps[0]


def test_dynamic_dependencies_are_a_gap_of_the_file() -> None:
    files = {"/app/pyproject.toml": "[project]\nname = 'x'\ndynamic = ['dependencies']\n"}
    assert installs("pip install .", files, "/app").gaps == (
        "pyproject.toml:3 leaves its dependencies to the build, which is not run here",
    )
    files["/app/pyproject.toml"] += "[tool.setuptools.dynamic]\ndependencies = {file = 'requirements.txt'}\n"
    files["/app/requirements.txt"] = "torch==2.4.0\n"
    assert versions(installs("pip install .", files, "/app")) == [("torch", "2.4.0")]


def test_a_broken_project_is_a_problem_and_a_gap() -> None:
    found = installs("pip install .", {"/app/pyproject.toml": "[project\n"}, "/app")
    assert found.problems[0].startswith("pyproject.toml:1: is not valid TOML")
    assert len(found.gaps) == 1


def test_a_condition_leaves_a_gap() -> None:
    found = installs('if [ "$GPU" = 1 ]; then pip install .[gpu]; fi', FILES, "/app", GPU=None)
    assert found.packages == ()
    assert "installs numpy, torch, onnxruntime-gpu only if a condition holds" in found.gaps[0]
