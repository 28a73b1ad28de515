"""PyTorch in `--deep`, with a stand-in of it: the real one is too large for CI (CPU build 970 MiB, CUDA build 5.5 GiB
installed). It says what PyTorch says, and runs through the same child."""

from __future__ import annotations

import json
import shutil
import sys
import time
from pathlib import Path

import pytest

from envdoctor.probes import torch_use
from envdoctor.selftest.deep.torch import cudnn
from tests.places import ABOVE
from tests.selftest.conftest import SOURCES, Run, processes

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs Linux: not on this system")
TWO = "Tesla T4|2|7.5|15360|-1;NVIDIA L4|14|8.9|23034|-1"


@pytest.fixture
def torch(with_driver: Run, tmp_path: Path) -> Run:
    """`torch(IMPORT="hang")` runs the deep self-test with that stand-in."""
    site = tmp_path / "site-packages"
    shutil.copytree(SOURCES / "torch", site / "torch", ignore=shutil.ignore_patterns("__pycache__"))
    (site / "torch-2.5.1+cu124.dist-info").mkdir()
    (site / "torch" / "version.py").write_text("__version__ = '2.5.1+cu124'\ncuda: Optional[str] = '12.4'\n")

    def start(*arguments: str, driver: dict[str, str] | None = None, **settings: str):  # type: ignore[no-untyped-def]
        named = {f"STAND_IN_TORCH_{name}": value for name, value in settings.items()}
        return with_driver(
            "--deep", "--expect", "torch", *arguments, PYTHONPATH=f"{site}:{ABOVE}", **named, **(driver or {})
        )

    return start


def test_it_computes(torch: Run) -> None:
    done = torch()
    assert (done.stdout, done.returncode) == (
        "healthy: Tesla T4, driver 535.104.05, CUDA 12.2; torch; deep: torch 2.5.1+cu124 computed on Tesla T4 "
        "(cuDNN 9.1.0)\n",
        0,
    )


def test_on_every_gpu(torch: Run) -> None:
    done = torch("--format", "json", GPUS="Tesla T4|7.5;NVIDIA L4|8.9", driver={"STAND_IN_GPUS": TWO})
    (part,) = json.loads(done.stdout)["deep"]
    assert (part["part"], part["result"]) == ("torch", "ok")
    gpus = part["observed"]["torch gpus"]
    assert [(gpu["name"], gpu["capability"], gpu["right"]) for gpu in gpus] == [
        ("Tesla T4", "7.5", True),
        ("NVIDIA L4", "8.9", True),
    ]
    assert part["observed"]["torch"]["arch_list"] == ["sm_75", "sm_80", "sm_90"]


def test_code_that_the_list_does_not_promise_but_that_runs(torch: Run) -> None:
    """What was seen to run counts, not what the list of architectures says."""
    assert torch(GPUS="NVIDIA GeForce RTX 5090|12.0").returncode == 0


@pytest.mark.parametrize("text", ["CUDA out of memory. Tried to allocate 20.00 MiB", "CUDA error: out of memory"])
def test_no_memory_on_the_gpu_is_no_failure(torch: Run, text: str) -> None:
    done = torch(RAISES=text)
    assert done.returncode == 0
    assert "; deep skipped: torch: there was not enough memory: " in done.stdout


@pytest.mark.parametrize(
    ("settings", "cause", "remedy"),
    [
        (
            {"INIT": "Found no NVIDIA driver on your system."},
            "torch.cuda.is_available() is False with torch 2.5.1+cu124: Found no NVIDIA driver",
            "install torch again",
        ),
        (
            {"WARNS": "The NVIDIA driver on your system is too old (found version 11040)."},
            "is_available() is False with torch 2.5.1+cu124: The NVIDIA driver on your system is too old",
            "update the host's driver, or install torch for an older CUDA",
        ),
        (
            {"WARNS": "Unexpected error from cudaGetDeviceCount(). Error 802: system not yet initialized"},
            "Error 802",
            "nvidia-fabricmanager",
        ),
        ({"CUDA": ""}, "torch 2.5.1+cu124 is a build without CUDA", "install a CUDA build"),
        (
            {"RAISES": "CUDA error: no kernel image is available", "GPUS": "NVIDIA GeForce RTX 5090|12.0"},
            "has no code for GPU 0 (NVIDIA GeForce RTX 5090), sm_120, only sm_75 sm_80 sm_90",
            "install a torch build that has code for this GPU",
        ),
        ({"RAISES": "cuDNN error: CUDNN_STATUS_NOT_INITIALIZED"}, "cannot compute on GPU 0 (Tesla T4)", "cuDNN"),
        ({"WRONG": "1"}, "torch 2.5.1+cu124 computes wrong results on GPU 0 (Tesla T4)", "dcgmi diag"),
        (
            {"CUDNN": "cuDNN version incompatibility: PyTorch was compiled  against (9, 1, 0) but found (8, 9, 2)"},
            "cannot use cuDNN: RuntimeError: cuDNN version incompatibility",
            "take the other cuDNN out of LD_LIBRARY_PATH",
        ),
        (
            {"IMPORT": "libcudnn.so.9: cannot open shared object file: No such file or directory"},
            "import torch fails: ImportError: libcudnn.so.9: cannot open shared object file",
            "install torch again",
        ),
        ({"IMPORT": "crash"}, "PyTorch crashed in import torch: signal SIGSEGV", "install torch again"),
        ({"IMPORT": "killed"}, "PyTorch was killed in import torch: signal SIGKILL", "install torch again"),
    ],
)
def test_failures(torch: Run, settings: dict[str, str], cause: str, remedy: str) -> None:
    done = torch(**settings)
    assert (done.returncode, done.stderr, done.stdout.count("\n")) == (1, "", 1)
    said, _, helps = done.stdout.partition("; remedy: ")
    assert said.startswith("unhealthy: ")
    assert cause in said
    assert remedy in helps


def test_a_hang_meets_the_deadline(torch: Run, tmp_path: Path) -> None:
    started = time.monotonic()
    done = torch("--timeout", "2", IMPORT="hang")
    assert time.monotonic() - started < 15
    assert done.stdout.startswith("unhealthy: PyTorch does not answer in import torch: no answer within ")
    assert not processes(tmp_path)


def test_a_package_of_another_python_is_left_out(with_driver: Run, tmp_path: Path) -> None:
    """Its modules would not load; that envdoctor lies elsewhere is no fault of the GPU stack."""
    version = "3.8" if sys.version_info[:2] != (3, 8) else "3.9"
    site = tmp_path / "lib" / f"python{version}" / "site-packages"
    (site / "torch").mkdir(parents=True)
    (site / "torch-2.4.1+cu121.dist-info").mkdir()
    (site / "torch" / "version.py").write_text("__version__ = '2.4.1+cu121'\ncuda: Optional[str] = '12.1'\n")
    (tmp_path / "bin").mkdir()
    done = with_driver("--deep", "--expect", "torch", PATH=f"{tmp_path / 'bin'}:/usr/bin:/bin")
    assert done.returncode == 0
    assert f"deep skipped: torch: PyTorch is in {site}, of Python {version}: install envdoctor" in done.stdout


def test_nothing_is_run_for_an_image_that_is_unhealthy_already(torch: Run, tmp_path: Path) -> None:
    done = torch("--format", "json", COUNTS=str(tmp_path / "count"), driver={"STAND_IN_CUINIT": "803"})
    (part,) = json.loads(done.stdout)["deep"]
    assert (part["result"], part["text"]) == ("skipped", "the quick self-test found a problem already")
    assert not (tmp_path / "count").exists()


@pytest.mark.parametrize(("number", "text"), [(8902, "8.9.2"), (90100, "9.1.0"), (92800, "9.28.0"), (7605, "7.6.5")])
def test_versions_of_cudnn(number: int, text: str) -> None:
    assert cudnn(number) == text


def test_results_are_compared_with_a_tolerance_that_nan_never_meets() -> None:
    assert torch_use._same([1.0, 100.0], [1.5, 99.5])
    assert not torch_use._same([1.0, 100.0], [1.0, 90.0])
    assert not torch_use._same([1.0, 100.0], [float("nan"), 100.0])
