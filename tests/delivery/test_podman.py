"""podman with CDI: the container gets its GPU from a specification file as nvidia-ctk writes it, and `podman healthcheck run`
tells of its loss."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.delivery import root_files
from tests.delivery.conftest import shown
from tests.delivery.engines import NODES, Engine, podman

pytestmark = pytest.mark.slow
IMAGE = "nvcr.io/nvidia/cuda:12.4.1-cudnn-runtime-ubuntu22.04"
LIBRARIES = ("libcuda.so.1", "libnvidia-ml.so.1")
# The only folders that podman 4.3 reads are /etc/cdi and /var/run/cdi.
SPECIFICATIONS = Path("/etc/cdi")
KIND = "envdoctor.example/gpu"
# podman 4.3 overrides an image's HEALTHCHECK as a whole or not at all.
AT_ONCE = ('--health-cmd=["envdoctor", "selftest", "--deep-first"]', "--health-retries=1", "--health-start-period=0s")


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with podman() as running:
        yield running


@pytest.fixture(scope="module")
def image(engine: Engine, single_file: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """The image of the documentation, in Docker's format, which keeps its HEALTHCHECK."""
    context = tmp_path_factory.mktemp("context")
    os.link(single_file, context / "envdoctor.pyz")
    root_files.write(context / "base.tar")
    settings = ("ENV NVIDIA_REQUIRE_CUDA=cuda>=12.4", 'CMD ["python3", "-c", "import time; time.sleep(600)"]')
    engine("import", *(f"--change={setting}" for setting in settings), str(context / "base.tar"), IMAGE)
    for name, tag in (("envdoctor", "envdoctor:0.1"), ("inference", "inference")):
        (context / f"Dockerfile.{name}").write_text(shown(f"Dockerfile.{name}"))
        options = (
            "--format=docker",
            "--pull=never",
            "-t",
            f"localhost/{tag}",
            "-f",
            str(context / f"Dockerfile.{name}"),
        )
        engine("build", *options, str(context))


@pytest.fixture
def gpu(host_driver: Path) -> Iterator[str]:
    """The name of a CDI device. Its file lies in the system's folder while the test runs."""
    made = not SPECIFICATIONS.exists()
    SPECIFICATIONS.mkdir(exist_ok=True)
    file = SPECIFICATIONS / f"envdoctor-test-{os.getpid()}.json"
    file.write_text(json.dumps(specification(host_driver)))
    try:
        yield f"{KIND}=all"
    finally:
        file.unlink()
        if made:
            SPECIFICATIONS.rmdir()


def specification(libraries: Path) -> dict[str, object]:
    nodes = [
        {"path": f"/dev/{name}", "hostPath": str(libraries.parent / name), "type": "c", "major": major, "minor": minor}
        for name, (major, minor) in NODES.items()
    ]
    mounts = [
        {
            "hostPath": str(libraries / name),
            "containerPath": f"/usr/lib/x86_64-linux-gnu/{name}",
            "options": ["ro", "nosuid", "nodev", "bind"],
        }
        for name in LIBRARIES
    ]
    edits = {"env": ["NVIDIA_VISIBLE_DEVICES=void"], "deviceNodes": nodes, "mounts": mounts}
    return {"cdiVersion": "0.5.0", "kind": KIND, "devices": [{"name": "all", "containerEdits": edits}]}


def check(engine: Engine, container: str) -> tuple[int, str]:
    """The exit code of `podman healthcheck run`, and what the check said (podman 4.3 keeps it without its line's end)."""
    code = engine.ask("healthcheck", "run", container).returncode
    state = json.loads(engine("inspect", "-f", "{{json .State.Health}}", container))
    return code, state["Log"][-1]["Output"].rstrip("\n")


def test_a_cdi_gpu_is_lost_and_comes_back(engine: Engine, image: None, gpu: str) -> None:
    given = ("--device", gpu, "--network=host", "-e", "STAND_IN_OPENS=/dev/nvidiactl")
    container = engine("run", "-d", *AT_ONCE, *given, "localhost/inference").strip()
    code, said = check(engine, container)
    assert (code, said) == (0, "healthy: Tesla T4, driver 535.104.05, CUDA 12.2; cuda")

    names = "('nvidia0', 'nvidiactl')"
    lose = f"import os; [os.rename('/dev/' + name, '/dev/lost-' + name) for name in {names}]"
    engine("exec", container, "python3", "-c", lose)
    code, said = check(engine, container)
    assert code == 1
    assert said.startswith("unhealthy: there is no /dev/nvidia0, only /dev/nvidia-uvm; remedy: ")
    assert engine("inspect", "-f", "{{.State.Health.Status}}", container) == "unhealthy\n"

    find = f"import os; [os.rename('/dev/lost-' + name, '/dev/' + name) for name in {names}]"
    engine("exec", container, "python3", "-c", find)
    assert check(engine, container)[0] == 0
    assert engine("inspect", "-f", "{{.State.Health.Status}}", container) == "healthy\n"


def test_without_the_device(engine: Engine, image: None) -> None:
    container = engine("run", "-d", "--network=host", "localhost/inference").strip()
    code, said = check(engine, container)
    assert code == 1
    assert said.startswith("unhealthy: the container was given no GPU (no /dev/nvidia*); ")
