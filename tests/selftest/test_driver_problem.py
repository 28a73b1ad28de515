"""Which cause is named for what was seen: the silent side first."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from envdoctor.probes import surroundings
from envdoctor.probes.surroundings import Surroundings
from envdoctor.selftest.driver_problem import problem

RECORDINGS = Path(__file__).parents[1] / "recordings"
NODES = ("/dev/nvidia-uvm", "/dev/nvidia0", "/dev/nvidiactl")
LIBCUDA = "/usr/lib/x86_64-linux-gnu/libcuda.so.535.104.05"
FINE = Surroundings(NODES, 0, (0,), (), "535.104.05", "injected", "", True)
WORKS: dict[str, Any] = {"libcuda": LIBCUDA, "cuInit": 0, "gpus": ["Tesla T4"], "nvmlInit": 0, "nvml": {"gpus": [0]}}
MISSING = {"libcuda_error": "libcuda.so.1: cannot open shared object file: No such file or directory"}


def text(told: dict[str, Any], seen: Surroundings = FINE, **environment: str) -> str:
    found = problem(told, seen, environment)
    return f"{found.cause} -> {found.remedy}" if found else ""


@pytest.mark.parametrize(
    ("told", "seen"),
    [
        (WORKS, FINE),
        ({"libcuda": LIBCUDA, "cuInit": 0, "gpus": ["T4"]}, FINE),  # no NVML: NVIDIA_DRIVER_CAPABILITIES=compute
        ({**WORKS, "nvmlInit": 18, "nvml": None}, FINE),  # forward compatibility: CUDA's word counts
        (WORKS, FINE._replace(nodes=("/dev/dxg",), kernel_module="", libcuda_kind="wsl")),
        (WORKS, FINE._replace(nodes=("/dev/nvhost-gpu",))),
        (WORKS, FINE._replace(nodes=(), uid=None)),  # no /proc, no /dev that can be listed
        ({**WORKS, "nvml": {"gpus": [4, 0]}}, FINE),  # a GPU that this container may not see
    ],
)
def test_what_works_is_no_problem(told: dict[str, Any], seen: Surroundings) -> None:
    assert text(told, seen) == ""


@pytest.mark.parametrize(
    ("told", "changes", "environment", "words"),
    [
        (MISSING, {"nodes": ()}, {}, "the host has NVIDIA driver 535.104.05 and the container was given no GPU"),
        (MISSING, {"nodes": (), "kernel_module": ""}, {}, "the container was given no GPU (no /dev/nvidia*)"),
        (MISSING, {"nodes": (), "container": False, "kernel_module": ""}, {}, "no NVIDIA driver is loaded"),
        (MISSING, {}, {"NVIDIA_DRIVER_CAPABILITIES": "utility"}, "set NVIDIA_DRIVER_CAPABILITIES=utility,compute"),
        (MISSING, {}, {"NVIDIA_DRIVER_CAPABILITIES": "all"}, "there are device nodes"),
        (MISSING, {}, {}, "did not mount the driver"),
        ({"libcuda_error": "libcuda.so.1: file too short"}, {}, {}, "remove the libcuda files that the image itself"),
        ({"cuInit": 100}, {"nodes": ("/dev/nvidiactl",)}, {}, "there is no /dev/nvidia0, only /dev/nvidiactl"),
        ({"cuInit": 100}, {"nodes": ("/dev/nvidiactl",)}, {"NVIDIA_VISIBLE_DEVICES": "none"}, "is none, so"),
        ({"cuInit": 100}, {}, {"CUDA_VISIBLE_DEVICES": "GPU-1"}, "CUDA_VISIBLE_DEVICES='GPU-1' leaves no GPU"),
        ({"cuInit": 999}, {"nodes": NODES[1:]}, {}, "no /dev/nvidia-uvm"),
        ({"cuInit": 999}, {"nodes": ("/dev/dxg",)}, {}, "cuInit gave 999 (unknown error)"),
        ({"cuInit": 999, "opened": {"/dev/nvidia0": 5}}, {}, {}, "/dev/nvidia0: error 5 on opening"),
        ({"cuInit": 12345}, {}, {}, "cuInit gave 12345"),
        ({"cuInit": 0, "gpus": []}, {}, {}, "CUDA starts and sees no GPU"),
        ({"cuInit": 100, "nvmlInit": 0, "nvml": {"gpus": [15]}}, {}, {}, "GPU 0 is lost"),
        ({"cuInit": 999, "opened": {"/dev/nvidia0": 1, "/dev/nvidiactl": 1}}, {}, {}, "systemctl daemon-reload"),
        ({"cuInit": 803}, {}, {}, "create the container again; if that does not help, restart the host"),
        ({"cuInit": 803}, {"libcuda_kind": "compat"}, {}, "the image's cuda-compat does not fit this driver"),
        ({"cuInit": 803}, {"libcuda_kind": "file"}, {}, "the image brings its own driver files"),
        ({"cuInit": 803}, {"libcuda_kind": "file", "container": False}, {}, "upgraded without a restart"),
        ({"cuInit": 804}, {"libcuda_kind": "compat"}, {}, "does not support"),
    ],
)
def test_causes(told: dict[str, Any], changes: dict[str, Any], environment: dict[str, str], words: str) -> None:
    assert words in text(told, FINE._replace(**changes), **environment)


def test_one_gpu_of_several_denied_on_purpose_is_not_the_cause() -> None:
    opened = {"/dev/nvidia0": 0, "/dev/nvidia1": 1, "/dev/nvidiactl": 0}
    assert "cgroup" not in text({"cuInit": 999, "opened": opened})


def test_a_node_that_the_program_made_itself_is_not_the_cause() -> None:
    """PyTorch run by root in a container without a GPU leaves a /dev/nvidiactl, which the cgroup denies."""
    seen = FINE._replace(nodes=("/dev/nvidiactl",))
    assert "the container was given no GPU" in text({"cuInit": 100, "opened": {"/dev/nvidiactl": 1}}, seen)


def test_recorded_containers() -> None:
    given = surroundings.probe(str(RECORDINGS / "container-given-a-gpu"), LIBCUDA)
    assert given == Surroundings(NODES, 1000, (1000, 44), given.refused, "535.104.05", "injected", "", True)
    own = surroundings.probe(str(RECORDINGS / "container-with-own-driver"), LIBCUDA)
    assert (own.uid, own.refused, own.libcuda_kind, own.container) == (0, (), "package", True)
    assert "remove the package libnvidia-compute-535 from it" in text({"cuInit": 803, "libcuda": LIBCUDA}, own)
    without = surroundings.probe(str(RECORDINGS / "container-without-gpu"), "")
    assert (without.nodes, without.uid) == ((), None)
    assert "the host has NVIDIA driver 535.104.05" in text(MISSING, without)


def test_a_program_that_is_not_root(tmp_path: Path) -> None:
    """With gosu the health check runs as root and the workload does not."""
    (tmp_path / "dev").mkdir()
    (tmp_path / "proc/1").mkdir(parents=True)
    node = tmp_path / "dev/nvidia0"
    node.write_text("")
    node.chmod(0o660)
    status = (RECORDINGS / "container-given-a-gpu/proc/1/status").read_text().replace("1000", "4711")
    (tmp_path / "proc/1/status").write_text(status)
    seen = surroundings.probe(str(tmp_path), "")
    assert text(WORKS, seen).startswith(
        "process 1 runs as user 4711 with groups 4711, 44 and may not open /dev/nvidia0 (-rw-rw----, owner "
    )
    node.chmod(0o666)
    assert text(WORKS, surroundings.probe(str(tmp_path), "")) == ""
    node.chmod(0o660)
    (tmp_path / "proc/1/status").write_text(status.replace("CapEff:\t0000000000000000", "CapEff:\t00000000a80425fb"))
    assert text(WORKS, surroundings.probe(str(tmp_path), "")) == ""
