"""Real containers of a real dockerd, with the images that docs/delivery.md shows and their HEALTHCHECK.

The base images are of the tests' own, under the names of NVIDIA's; the driver's libraries are stand-ins, mounted as GKE
does it, and the device nodes are NVIDIA's numbers without a driver behind them.
"""

from __future__ import annotations

import importlib.util
import os
import re
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.delivery import root_files
from tests.delivery.conftest import PAGE, shown
from tests.delivery.engines import NODES, Engine, docker

pytestmark = pytest.mark.slow
CUDA_IMAGE = "nvcr.io/nvidia/cuda:12.4.1-cudnn-runtime-ubuntu22.04"
NGC_IMAGE = "nvcr.io/nvidia/pytorch:24.12-py3"
OTHER_PYTHON = "3.10" if sys.version_info[:2] == (3, 12) else "3.12"  # its torch is metadata alone: not to be imported
SETTINGS = (
    "ENV LD_LIBRARY_PATH=/usr/local/nvidia/lib:/usr/local/nvidia/lib64",
    "ENV NVIDIA_VISIBLE_DEVICES=all",
    "ENV NVIDIA_DRIVER_CAPABILITIES=compute,utility",
    "ENV NVIDIA_REQUIRE_CUDA=cuda>=12.4",
    "ENV PYTHONDONTWRITEBYTECODE=1",
    'CMD ["python3", "-c", "import time; time.sleep(600)"]',
)
OFTEN = ("--health-interval=1s", "--health-retries=1", "--health-start-period=1ms")  # 0 would mean the image's own


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with docker() as running:
        yield running


@pytest.fixture(scope="module")
def images(engine: Engine, single_file: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """envdoctor:0.1, inference and training, built from the Dockerfiles of the documentation as they stand."""
    context = tmp_path_factory.mktemp("context")
    os.link(single_file, context / "envdoctor.pyz")
    root_files.write(context / "base.tar", _of_onnxruntime())
    changes = [word for setting in SETTINGS for word in ("--change", setting)]
    engine("import", *changes, str(context / "base.tar"), CUDA_IMAGE)
    (context / "base.tar").unlink()
    torch = "__version__ = '2.6.0a0+df5bbc09d1.nv24.12'\ncuda: Optional[str] = '12.6'\n"
    place = f"/usr/local/lib/python{OTHER_PYTHON}/dist-packages"
    (context / "version.py").write_text(torch)
    (context / "Dockerfile.ngc").write_text(
        f"FROM {CUDA_IMAGE}\nCOPY version.py {place}/torch/version.py\n"
        f"COPY version.py {place}/torch-2.6.0a0+df5bbc09d1.nv24.12.dist-info/METADATA\n"
    )
    engine("build", "-t", NGC_IMAGE, "-f", str(context / "Dockerfile.ngc"), str(context))
    for name, tag in (("envdoctor", "envdoctor:0.1"), ("inference", "inference"), ("training", "training")):
        (context / f"Dockerfile.{name}").write_text(shown(f"Dockerfile.{name}"))
        engine("build", "-t", tag, "-f", str(context / f"Dockerfile.{name}"), str(context))


def _of_onnxruntime() -> list[Path]:
    """The compiled modules of ONNX Runtime and numpy, where they are installed."""
    spec = importlib.util.find_spec("onnxruntime")
    site = Path(spec.origin).parents[1] if spec is not None and spec.origin else None
    return [] if site is None else [*site.glob("onnxruntime/capi/*.so"), *site.glob("numpy/_core/*.so")]


def start(engine: Engine, image: str, driver: Path, *options: str, command: tuple[str, ...] = ()) -> str:
    """A container as the NVIDIA runtime makes it: nodes and libraries of the host."""
    nodes = [f"--device={driver.parent / name}:/dev/{name}" for name in NODES]
    given = ["-v", f"{driver}:/usr/local/nvidia/lib64:ro", "-e", "STAND_IN_OPENS=/dev/nvidiactl"]
    return engine("run", "-d", "--network=host", *OFTEN, *nodes, *given, *options, image, *command).strip()


def test_the_documentation_s_check_is_the_image_s(engine: Engine, images: None) -> None:
    told = engine("inspect", "-f", "{{json .Config.Healthcheck}}", "inference")
    assert '"Test":["CMD","envdoctor","selftest","--deep-first"]' in told
    assert '"Interval":30000000000,"Timeout":65000000000' in told


def test_it_loses_its_devices_and_gets_them_back(engine: Engine, images: None, host_driver: Path) -> None:
    """As after `systemctl daemon-reload`: the nodes are there, and the cgroup no longer lets them be opened."""
    container = start(engine, "inference", host_driver)
    assert engine.wait(container, "healthy") == "healthy: Tesla T4, driver 535.104.05, CUDA 12.2; cuda\n"
    cgroup = device_cgroup(engine, container)
    for major, minor in NODES.values():
        (cgroup / "devices.deny").write_text(f"c {major}:{minor} rwm")
    said = engine.wait(container, "unhealthy")
    assert said.startswith("unhealthy: the container's cgroup no longer lets it open /dev/nvidia0")
    cause, _, remedy = said.partition("; remedy: ")
    assert remedy.startswith("create the container again")
    # Between the brackets stands what this machine's cgroup version lets be told.
    assert re.sub(r" \(.*?\)", "", cause) in re.sub(r" \(.*?\)", "", PAGE), "docs/delivery.md shows what is said here"
    assert engine("ps", "--format", "{{.Status}}", "--no-trunc").strip().endswith("(unhealthy)")
    for major, minor in NODES.values():
        (cgroup / "devices.allow").write_text(f"c {major}:{minor} rwm")
    assert engine.wait(container, "healthy").startswith("healthy: Tesla T4")


def device_cgroup(engine: Engine, container: str) -> Path:
    pid = engine("inspect", "-f", "{{.State.Pid}}", container).strip()
    for line in Path(f"/proc/{pid}/cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        if "devices" in controllers.split(","):
            return Path(f"/sys/fs/cgroup/devices{path}")
    pytest.skip("needs cgroup version 1, where access can be taken away by writing a file: not on this system")


def test_it_loses_its_library_and_gets_it_back(engine: Engine, images: None, host_driver: Path) -> None:
    container = start(engine, "inference", host_driver)
    engine.wait(container, "healthy")
    (host_driver / "libcuda.so.1").rename(host_driver / "elsewhere")
    said = engine.wait(container, "unhealthy")
    assert said.startswith("unhealthy: there are device nodes (")
    assert "no driver library (libcuda.so.1: cannot open shared object file: No such file or directory)" in said
    (host_driver / "elsewhere").rename(host_driver / "libcuda.so.1")
    engine.wait(container, "healthy")


def test_it_loses_its_node_and_gets_it_back(engine: Engine, images: None, host_driver: Path) -> None:
    container = start(engine, "inference", host_driver)
    engine.wait(container, "healthy")
    engine("exec", container, "python3", "-c", "import os; os.rename('/dev/nvidiactl', '/dev/gone')")
    said = engine.wait(container, "unhealthy")
    assert said.startswith(
        "unhealthy: there is no /dev/nvidiactl, which CUDA needs; remedy: run nvidia-smi on the host"
    )
    assert "ENVDOCTOR_EXPECT" not in said
    engine("exec", container, "python3", "-c", "import os; os.rename('/dev/gone', '/dev/nvidiactl')")
    engine.wait(container, "healthy")


def test_an_ngc_image_read_only_and_without_rights(engine: Engine, images: None, host_driver: Path) -> None:
    limits = ("--read-only", "--user=1000:1000", "--cap-drop=ALL", "--memory=64m", "--pids-limit=20")
    container = start(engine, "training", host_driver, *limits, "-e", "STAND_IN_CUDA=12060")
    said = engine.wait(container, "healthy")
    assert said.startswith("healthy: Tesla T4, driver 535.104.05, CUDA 12.6; torch; deep skipped: ")


def test_a_gpu_that_only_root_may_open(engine: Engine, images: None, host_driver: Path) -> None:
    """The check runs as the image's user, like the program; the nodes' mode comes from the host."""
    (host_driver.parent / "nvidia0").chmod(0o660)
    container = start(engine, "inference", host_driver, "--user=1000:1000")
    said = engine.wait(container, "unhealthy")
    assert "process 1 runs as user 1000 with groups 1000 and may not open /dev/nvidia0 (crw-rw----" in said


def test_a_program_that_gave_up_root(engine: Engine, images: None, host_driver: Path) -> None:
    """As gosu does it: the check runs as root, and may open what the program may not."""
    (host_driver.parent / "nvidia0").chmod(0o660)
    os.chown(host_driver.parent / "nvidia0", 0, 44)
    leave = "import os, time; os.setgroups({}); os.setgid(1000); os.setuid(1000); time.sleep(600)"
    alone = start(engine, "inference", host_driver, command=("python3", "-c", leave.format([])))
    in_group = start(engine, "inference", host_driver, command=("python3", "-c", leave.format([44])))
    assert "process 1 runs as user 1000 with groups 1000 and may not open" in engine.wait(alone, "unhealthy")
    assert engine.wait(in_group, "healthy").startswith("healthy: Tesla T4")


def test_no_gpu_given(engine: Engine, images: None) -> None:
    container = engine("run", "-d", "--network=host", *OFTEN, "inference").strip()
    assert engine.wait(container, "unhealthy").startswith(
        "unhealthy: the container was given no GPU (no /dev/nvidia*); "
    )


def test_an_image_that_needs_none(engine: Engine, images: None) -> None:
    container = engine("run", "-d", "--network=host", *OFTEN, "-e", "ENVDOCTOR_EXPECT=none", "inference").strip()
    assert engine.wait(container, "healthy").startswith("healthy: ")


def test_a_driver_that_hangs_leaves_no_process(engine: Engine, images: None, host_driver: Path) -> None:
    options = ("-e", "STAND_IN_HANGS=cuInit", "--no-healthcheck")
    nodes = [f"-v={host_driver}:/usr/local/nvidia/lib64:ro", "--network=host"]
    container = engine("run", "-d", *nodes, *options, "inference").strip()
    done = engine.ask("exec", container, "envdoctor", "selftest", "--timeout", "1")
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.startswith("unhealthy: the driver does not answer")
    assert len(engine("top", container, "-eo", "pid,comm").splitlines()) == 2  # the heading and process 1


def test_a_check_that_docker_cuts_off_leaves_no_process(engine: Engine, images: None, host_driver: Path) -> None:
    """A --timeout shorter than the command's own: Docker ends the command, and its child goes with it."""
    container = start(engine, "inference", host_driver, "-e", "STAND_IN_HANGS=cuInit", "--health-timeout=1s")
    for _ in range(2):
        said = engine.wait(container, "unhealthy")
        assert said == "Health check exceeded timeout (1s)"
        until = time.monotonic() + 5
        while len(engine("top", container, "-eo", "pid,comm").splitlines()) > 2:  # until the next check starts
            assert time.monotonic() < until
            time.sleep(0.05)
        time.sleep(1.5)


@pytest.mark.skipif(not _of_onnxruntime(), reason="needs onnxruntime: pip install '.[test]'")
def test_a_real_session_is_proven_once_in_each_start(engine: Engine, images: None) -> None:
    site = _of_onnxruntime()[0].parents[2]
    given = (f"-v={site}:/packages:ro", "-e=PYTHONPATH=/packages", "-e=ENVDOCTOR_EXPECT=onnxruntime")
    container = engine("run", "-d", "--network=host", *OFTEN, *given, "inference").strip()
    for _ in range(2):
        assert engine.wait(container, "healthy").startswith("healthy: onnxruntime; deep: a session ran on CPUExecution")
        wait_for(engine, container, "healthy: onnxruntime; deep: succeeded since the start\n")
        engine("restart", "-t", "0", container)


def wait_for(engine: Engine, container: str, said: str) -> None:
    until = time.monotonic() + 20
    while (log := engine.health(container)[1])[-1:] != [said]:
        assert time.monotonic() < until, log
        time.sleep(0.1)
