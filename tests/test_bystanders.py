"""Containers beside the GPU workload: databases, proxies and the like that nobody wants judged."""

from __future__ import annotations

from pathlib import Path

import pytest

from envdoctor.targets import Options, Targets, collect

CUDA = "nvidia/cuda:12.4.1-base-ubuntu22.04"


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".git").mkdir()


def _script(*commands: str) -> None:
    Path("start.sh").write_text("".join(f"{command}\n" for command in commands), encoding="utf-8")


def _labels(found: Targets) -> list[str]:
    return [workload.label.partition(" -> ")[2] or workload.label for workload in found.workloads]


@pytest.mark.parametrize(
    "command",
    [
        "docker run -d -p 5432:5432 postgres:16",
        "docker run --rm $ARGS redis:7",
        "docker run -d grafana/grafana:11.2.0",
        "docker run --rm -v data:/d alpine:3.20 chown -R 1000 /d",
        "docker run --rm -v data:/d ubuntu:22.04 tar czf /d/x.tgz /d",
        "podman run -d docker.io/library/nginx",
        "docker run -d qdrant/qdrant:v1.12.0",
    ],
)
def test_what_stands_beside_is_passed_over(command: str) -> None:
    _script(command, f"docker run --gpus all {CUDA}")
    found = collect(["."], Options())
    assert _labels(found) == [CUDA]
    assert ["not judged: it asks for no GPU" in detail for detail in found.details] == [True]
    assert found.notices == ()


@pytest.mark.parametrize(
    "command",
    [
        "docker run --gpus all postgres:16",
        "docker run --runtime nvidia redis:7",
        "docker run --device /dev/nvidia0 redis:7",
        "docker run -d qdrant/qdrant:v1.12.0-gpu-nvidia",
        "docker run ubuntu:22.04 ./train.sh",
        "docker run python:3.11 python train.py",
        "docker run someone/redis",
        f"docker run {CUDA}",
        "docker run -d redis:7 --gpus all",
    ],
)
def test_what_may_need_a_gpu_or_is_faulty_is_judged(command: str) -> None:
    _script(command)
    assert len(collect(["."], Options()).workloads) == 1


def test_one_that_is_built_here_is_judged() -> None:
    Path("Dockerfile").write_text(f"FROM {CUDA}\n", encoding="utf-8")
    _script("docker build -t redis:7 .", "docker run redis:7")
    assert _labels(collect(["."], Options())) == ["Dockerfile"]


def test_one_that_the_user_speaks_of_is_judged() -> None:
    _script("docker run redis:7")
    assert _labels(collect(["."], Options(aliases={"redis:7": CUDA}))) == ["redis:7"]


def test_a_file_that_is_named_is_judged_and_says_what_it_is() -> None:
    _script("docker run -d postgres:16", "docker run -d redis:7", f"docker run --gpus all {CUDA}")
    found = collect(["start.sh"], Options())
    assert _labels(found) == ["postgres:16", "redis:7", CUDA]
    assert found.notices == ("start.sh: nothing in postgres:16, redis:7 is known to need a GPU",)


def test_where_there_is_nothing_else_that_is_the_error() -> None:
    _script(*(f"docker run -d {name}:1" for name in ("postgres", "redis", "nginx", "mysql", "mongo", "nats", "kong")))
    found = collect(["."], Options())
    assert (found.workloads, found.usage) == ((), ())
    (error,) = found.errors
    assert error.message == (
        "nothing to check: what is started (postgres:1, redis:1, nginx:1, mysql:1, mongo:1 and 2 more) asks for no GPU and"
        " has no use for one; name a file to have it judged all the same"
    )


def test_services_of_a_compose_file() -> None:
    services = f"services:\n  db: {{image: 'postgres:16'}}\n  app: {{image: '{CUDA}', gpus: all}}\n"
    Path("compose.yaml").write_text(services, encoding="utf-8")
    assert _labels(collect(["."], Options())) == ["compose.yaml: app"]
    found = collect(["compose.yaml"], Options())
    assert _labels(found) == ["compose.yaml: db", "compose.yaml: app"]
    assert found.notices == ("compose.yaml: nothing in postgres:16 is known to need a GPU",)
