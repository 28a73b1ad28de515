"""Deep takes no memory that the workload needs: limits of a real cgroup (version 1), and what NVML says."""

from __future__ import annotations

import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from envdoctor.probes import memory
from envdoctor.probes.child import ask
from envdoctor.probes.imported import prepared
from envdoctor.selftest.deep import room
from envdoctor.selftest.deep.room import Gpu
from tests.places import ABOVE
from tests.selftest.conftest import Run

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs Linux: not on this system")
MIB = 1024 * 1024
FREE = Gpu("Tesla T4", 15360 * MIB, 15360 * MIB, 0, 0)
MEMORY = Path("/sys/fs/cgroup/memory")


@pytest.mark.parametrize(
    ("gpus", "allowed"),
    [
        (None, None),  # nobody could tell
        ([FREE], (0,)),
        ([FREE, FREE], (0, 1)),
        ([Gpu("NVIDIA A100", None, None, None, 1)], (0,)),  # MIG: what is free is not told
        ([FREE._replace(free=512 * MIB)], (0,)),
        ([FREE._replace(free=512 * MIB - 1), FREE], (1,)),
        ([FREE._replace(mode=3), FREE, FREE._replace(mode=2)], (1,)),
    ],
)
def test_gpus_that_have_room(gpus: list[Gpu] | None, allowed: tuple[int, ...] | None) -> None:
    assert room.allowed(gpus, 512) == (allowed, "")
    assert room.allowed(gpus, 0) == (None, "")
    assert room.prohibited(gpus) == ""


def test_no_gpu_has_room() -> None:
    assert room.allowed([FREE._replace(free=0)], 512)[0] == ()
    assert (
        "GPU 0 has 0 MiB of memory free, and the test takes up to 512" in room.allowed([FREE._replace(free=0)], 512)[1]
    )
    assert "exclusive compute mode" in room.allowed([FREE._replace(mode=3)], 512)[1]
    assert room.prohibited([FREE._replace(mode=2)]).startswith("the compute mode of Tesla T4 is Prohibited")


def test_the_machine_has_a_little_memory() -> None:
    assert room.without_memory(1) == ""
    assert "and the test takes up to" in room.without_memory(1 << 40)


def test_a_child_dies_before_the_workload() -> None:
    import time

    def work(say) -> None:  # type: ignore[no-untyped-def]
        prepared("")
        say("score", Path("/proc/self/oom_score_adj").read_text().strip())

    assert ask(work, time.monotonic() + 20).told == {"score": "1000"}


@pytest.fixture
def limited() -> Iterator[Path]:
    """A cgroup with 200 MiB."""
    if os.geteuid() != 0 or not (MEMORY / "memory.limit_in_bytes").exists():
        pytest.skip("not on this system: needs root and cgroup v1 for memory")
    above = next(memory.folders("/"), "")
    folder = Path(above if Path(above).is_dir() else MEMORY) / f"envdoctor-test-{uuid.uuid4().hex[:8]}"
    folder.mkdir()
    (folder / "memory.limit_in_bytes").write_text(str(200 * MIB))
    yield folder
    folder.rmdir()


@pytest.fixture
def eater(tmp_path: Path) -> dict[str, str]:
    """An onnxruntime that takes memory without end."""
    site = tmp_path / "site-packages"
    (site / "onnxruntime" / "capi").mkdir(parents=True)
    (site / "onnxruntime-1.23.2.dist-info").mkdir()
    (site / "onnxruntime" / "capi" / "onnxruntime_pybind11_state.so").write_text("")
    (site / "onnxruntime" / "__init__.py").write_text("kept = []\nwhile True:\n    kept.append(b'x' * (4 << 20))\n")
    return {"PYTHONPATH": f"{site}:{ABOVE}"}


def within(limited: Path, environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    script = f'echo $$ > {limited}/tasks; exec "$@"'
    command = ["sh", "-ec", script, "sh", sys.executable, "-m", "envdoctor", "selftest", "--deep", *arguments]
    return subprocess.run(command, env=environment, cwd="/", capture_output=True, text=True, timeout=120)


def test_a_test_that_would_not_fit_is_left_out(
    limited: Path, environment: dict[str, str], libraries: Path, tmp_path: Path
) -> None:
    site = tmp_path / "site-packages"
    (site / "torch").mkdir(parents=True)
    (site / "torch-2.5.1.dist-info").mkdir()
    (site / "torch" / "version.py").write_text("cuda: Optional[str] = '12.2'\n")
    settings = {**environment, "PYTHONPATH": f"{site}:{ABOVE}", "LD_LIBRARY_PATH": str(libraries)}
    done = within(limited, settings, "--expect", "torch")
    assert (done.returncode, done.stderr) == (0, "")
    assert "; deep skipped: torch: " in done.stdout
    assert " MiB of memory are left to this container, and the test takes up to 1280" in done.stdout


def test_a_test_that_eats_the_memory_is_ended_and_nothing_else(
    limited: Path, environment: dict[str, str], eater: dict[str, str]
) -> None:
    """The workload beside it, in the same cgroup, lives on."""
    script = f"echo $$ > {limited}/tasks; exec sleep 300"
    with subprocess.Popen(["sh", "-ec", script]) as workload:
        done = within(limited, {**environment, **eater}, "--expect", "onnxruntime")
        alive = workload.poll() is None
        workload.kill()
    assert alive
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == (
        "healthy: onnxruntime; deep skipped: onnxruntime: memory ran out in import onnxruntime, and the kernel ended the "
        "test\n"
    )


def test_a_child_that_somebody_killed_is_a_failure(run: Run, eater: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "site-packages" / "onnxruntime" / "__init__.py").write_text("import os\nos.kill(os.getpid(), 9)\n")
    done = run("--deep", "--expect", "onnxruntime", **eater)
    assert done.returncode == 1
    assert done.stdout.startswith("unhealthy: ONNX Runtime was killed in import onnxruntime: signal SIGKILL; remedy: ")
