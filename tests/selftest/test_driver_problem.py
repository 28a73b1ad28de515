"""Which cause is named for what was seen: the silent side first."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from envdoctor.probes import surroundings
from envdoctor.probes.child import Answers
from envdoctor.probes.surroundings import Surroundings
from envdoctor.selftest.driver_problem import problem
from envdoctor.selftest.run import unanswered, with_reason

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
        (
            {"libcuda_error": "libcuda.so.1: cannot open shared object file: Too many open files"},
            {"nodes": ()},
            {},
            "raise the limit of open files",
        ),
        ({"libcuda_error": "libcuda.so.1: file too short"}, {}, {}, "remove the libcuda files that the image itself"),
        ({"cuInit": 100}, {"nodes": ("/dev/nvidiactl",)}, {}, "there is no /dev/nvidia0, only /dev/nvidiactl"),
        ({"cuInit": 100}, {"nodes": ("/dev/nvidiactl",)}, {"NVIDIA_VISIBLE_DEVICES": "none"}, "is none, so"),
        ({"cuInit": 100}, {}, {"CUDA_VISIBLE_DEVICES": "GPU-1"}, "CUDA_VISIBLE_DEVICES='GPU-1' leaves no GPU"),
        ({"cuInit": 999}, {}, {"CUDA_VISIBLE_DEVICES": "0"}, "cuInit gave 999"),
        ({"cuInit": 999}, {"nodes": NODES[1:]}, {"CUDA_VISIBLE_DEVICES": "0"}, "no /dev/nvidia-uvm"),
        (
            {"cuInit": 100},
            {"nodes": NODES[:2]},
            {"CUDA_VISIBLE_DEVICES": "0"},
            "there is no /dev/nvidiactl, which CUDA",
        ),
        ({"cuInit": 100}, {"nodes": ("/dev/nvidia0", "/dev/nvhost-gpu")}, {}, "cuInit gave 100"),  # Jetson
        ({"cuInit": 999}, {"nodes": ("/dev/dxg",)}, {}, "cuInit gave 999 (unknown error)"),
        ({"cuInit": 999, "opened": {"/dev/nvidia0": 5}}, {}, {}, "/dev/nvidia0 cannot be opened: Input/output error"),
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


BY_CDI = {"NVIDIA_VISIBLE_DEVICES": "void"}  # NVIDIA's specifications set it for every container that is given a GPU


@pytest.mark.parametrize(
    ("told", "changes", "words"),
    [
        (
            {"cuInit": 100},
            {"nodes": NODES[:1]},
            "there is no /dev/nvidia0, only /dev/nvidia-uvm -> create the container",
        ),
        ({"cuInit": 100}, {"nodes": ()}, "there is no /dev/nvidia*, although CDI mounted the driver's libraries -> "),
        (
            {"cuInit": 999, "opened": {NODES[1]: 6}},
            {},
            "cuInit gave 999 (unknown error); /dev/nvidia0 cannot be opened: No ",
        ),
        (
            {**MISSING, "opened": {NODES[0]: 6}},
            {"nodes": NODES[:1], "libcuda_kind": ""},
            "there is no /dev/nvidia0, only",
        ),
    ],
)
def test_void_is_not_blamed_where_cdi_gave_the_gpu(told: dict[str, Any], changes: dict[str, Any], words: str) -> None:
    assert text(told, FINE._replace(**changes), **BY_CDI).startswith(words)


@pytest.mark.parametrize(
    ("told", "changes"),
    [
        (MISSING, {"nodes": (), "libcuda_kind": ""}),
        ({**MISSING, "opened": {"/dev/nvidiactl": 1}}, {"nodes": ("/dev/nvidiactl",), "libcuda_kind": ""}),  # its own
        ({"cuInit": 100}, {"nodes": (), "libcuda_kind": "package"}),
    ],
)
def test_void_is_blamed_where_nothing_was_given(told: dict[str, Any], changes: dict[str, Any]) -> None:
    assert text(told, FINE._replace(**changes), **BY_CDI).startswith("NVIDIA_VISIBLE_DEVICES is void, so the container")


@pytest.mark.parametrize(
    ("told", "changes", "certain"),
    [
        ({"cuInit": 100, "nvmlInit": 0, "nvml": {"gpus": [15]}}, {}, True),
        ({"cuInit": 999, "opened": {"/dev/nvidia0": 1, "/dev/nvidiactl": 1}}, {}, True),
        ({"cuInit": 803}, {}, True),
        ({"cuInit": 803}, {"nodes": ()}, False),
        (WORKS, {"refused": ("/dev/nvidia0",)}, True),
        (MISSING, {"nodes": ()}, False),
        (MISSING, {}, False),  # --privileged shows all nodes of the host
        ({"cuInit": 34}, {}, False),
    ],
)
def test_who_lost_a_gpu_is_not_told_that_none_may_be_needed(
    told: dict[str, Any], changes: dict[str, Any], certain: bool
) -> None:
    found = problem(told, FINE._replace(**changes), {})
    assert found is not None
    assert found.certain is certain
    advised = "ENVDOCTOR_EXPECT=none" in with_reason(found, {"torch": "torch 2.5.1 with CUDA is installed"}).remedy
    assert advised is not certain


def test_a_driver_that_hangs_is_not_told_so_either() -> None:
    hung = unanswered("driver", Answers({}, "no answer within 4.5 s", "cuInit", hung=True))
    assert with_reason(hung, {"torch": "torch 2.5.1 with CUDA is installed"}) == hung


@pytest.mark.parametrize(
    ("states", "visible", "words"),
    [
        ([0, 15], "0", ""),
        ([15], "0", "GPU 0 is lost"),
        ([15, 16], "1", "GPU 0 is lost"),
        ([4, 16], "GPU-1", "GPU 1 needs a reset"),  # the first is not this container's
        ([0, 15], None, "GPU 1 is lost"),
    ],
)
def test_a_choice_of_gpus_hides_none_when_all_are_lost(states: list[int], visible: str | None, words: str) -> None:
    environment = {} if visible is None else {"CUDA_VISIBLE_DEVICES": visible}
    told = text({**WORKS, "nvml": {"gpus": states}}, FINE, **environment)
    assert (told == "") if not words else told.startswith(words)


@pytest.mark.parametrize(
    ("refused", "fine"),
    [
        (("/dev/nvidia1",), True),
        (("/dev/nvidia0", "/dev/nvidia1"), False),
        (("/dev/nvidiactl",), False),
        (("/dev/nvidia1", "/dev/nvidia-uvm"), False),
    ],
)
def test_one_gpu_of_several_may_be_kept_from_the_program(refused: tuple[str, ...], fine: bool) -> None:
    lines = tuple(f"{path} (crw-------, owner 0, group 0)" for path in refused)
    assert (text(WORKS, FINE._replace(nodes=(*NODES, "/dev/nvidia1"), refused=lines)) == "") is fine


def test_one_gpu_of_several_denied_on_purpose_is_not_the_cause() -> None:
    opened = {"/dev/nvidia0": 0, "/dev/nvidia1": 1, "/dev/nvidiactl": 0}
    assert "cgroup" not in text({"cuInit": 999, "opened": opened})


@pytest.mark.parametrize(
    ("allows", "words"), [(None, "permitted),"), (True, "permitted),"), (False, "and devices.list has no")]
)
def test_the_list_of_cgroup_version_1_is_told_where_it_explains(allows: bool | None, words: str) -> None:
    opened = {"/dev/nvidia0": 1, "/dev/nvidiactl": 1}
    assert words in text({"libcuda": LIBCUDA, "cuInit": 999, "opened": opened, "cgroup_allows": allows})


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
