"""Sound repositories of every kind report nothing at warning level or above, on every host that fits them."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest

from tests.repositories.checking import HERE, HOSTS, checked, copied

_SERVERS = ("A100 on R570", "H100 on R580")
_ALL = ("T4 on R550", "L4 on R570", *_SERVERS)


class Clean(NamedTuple):
    """`workloads` as they are labelled: a launch with the Dockerfile that builds its image is one. `unknown` are the
    workloads that hold something which no file and no row of the matrix says."""

    hosts: tuple[str, ...]
    workloads: frozenset[str]
    unknown: frozenset[str] = frozenset()


def _clean(hosts: tuple[str, ...], *workloads: str, unknown: tuple[str, ...] = ()) -> Clean:
    return Clean(hosts, frozenset((*workloads, *unknown)), frozenset(unknown))


REPOSITORIES = {
    "training": _clean(_SERVERS, "train.sh:21 -> docker/Dockerfile", "requirements-dev.txt"),
    "inference": _clean(_ALL, "run.sh:2 -> Dockerfile"),
    "video": _clean(("T4 on R550", "L4 on R570"), "run.sh:3 -> Dockerfile"),
    "stack": _clean(_ALL, "compose.yaml: api", "compose.yaml: worker"),
    "chain": _clean(_ALL, "app/run.sh:3 -> app/Dockerfile"),
    "uv-service": _clean(_ALL, "compose.yaml: ocr"),
    # conda-forge's own builds of PyTorch are in no table: which GPUs they hold code for is not known.
    "conda-training": _clean(_SERVERS, unknown=("train.sh:7 -> docker/Dockerfile",)),
    "podman": _clean(("A100 with Podman",), "start.sh:6 -> Containerfile"),
    "compose-override": _clean(_SERVERS, "compose.yaml: trainer", "compose.yaml: sweep"),
    "torch-index": _clean(_ALL, "run.sh:11 -> Dockerfile"),
    "multi-gpu": _clean(_SERVERS, "docker-compose.yml: app", "docker-compose.yml: board", "requirements.txt"),
    # Services beside the work, a profile for training, and an API that may write to /tmp alone
    "platform": _clean(_ALL, *(f"docker-compose.yml: {name}" for name in ("api", "mlflow", "train", "web"))),
    "bare-metal": _clean(_ALL, "install.sh:10 -> nvidia/cuda:12.4.1-base-ubuntu22.04"),
    # A page of one CUDA variant with --find-links, and an array of options that may be empty
    "find-links": _clean(("T4 on R550", "L4 on R570", "A100 on R570"), "run.sh:11 -> Dockerfile"),
    "robot": _clean(_ALL, "start.sh:19 -> docker/Dockerfile"),
    "extension": _clean(_SERVERS, "deploy.sh:5 -> Dockerfile"),
    # What starts beside a workload, and holds no software for GPUs, is none: a data base, a proxy, a linter.
    "devops": _clean(_ALL, "tools/Dockerfile"),
}
_CASES = [(name, host) for name, clean in REPOSITORIES.items() for host in clean.hosts]


@pytest.fixture(autouse=True)
def _there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "tree").mkdir()
    monkeypatch.chdir(tmp_path / "tree")


def test_every_repository_is_checked() -> None:
    assert {each.name for each in (HERE / "clean").iterdir()} == set(REPOSITORIES)


@pytest.mark.parametrize(("name", "host"), _CASES)
def test_a_sound_repository_is_silent_and_each_launch_is_judged_with_its_image(name: str, host: str) -> None:
    clean = REPOSITORIES[name]
    copied(f"clean/{name}", Path.cwd())
    outcome = checked(".", "--fail-on", "warning", host=HOSTS[host])
    assert outcome.loud == set()
    assert (outcome.code, outcome.report["errors"], outcome.report["notices"]) == (0, [], [])
    assert set(outcome.verdicts) == clean.workloads
    open_ones = {workload for workload, verdict in outcome.verdicts.items() if verdict != "compatible"}
    assert open_ones == clean.unknown, outcome.undecided
    assert set(outcome.undecided) == clean.unknown, outcome.undecided


@pytest.mark.parametrize("name", REPOSITORIES)
def test_a_sound_repository_is_silent_without_a_host(name: str) -> None:
    copied(f"clean/{name}", Path.cwd())
    outcome = checked(".", "--fail-on", "warning")
    assert (outcome.code, outcome.loud) == (0, set())
    assert set(outcome.verdicts) == REPOSITORIES[name].workloads


def test_scripts_of_an_office_are_not_worth_a_word() -> None:
    """No note either: of what asks for no GPU there is nothing to tell."""
    copied("clean/devops", Path.cwd())
    outcome = checked(".", host=HOSTS["H100 on R580"])
    assert outcome.told == frozenset()


def test_only_what_no_table_holds_is_left_open_of_a_conda_environment() -> None:
    copied("clean/conda-training", Path.cwd())
    outcome = checked(".", host=HOSTS["A100 on R570"])
    (reasons,) = outcome.undecided.values()
    assert all("torch 2.5.1 (CUDA 12.6) is in no table" in reason for reason in reasons)
