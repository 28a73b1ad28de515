"""A choice among the parts of the driver that leaves out CUDA's."""

from __future__ import annotations

from envdoctor.facts import Facts, Origin, Reservation
from envdoctor.findings import Severity
from tests.rules.launches import launched
from tests.rules.vocabulary import CUDNN_12_4, PYTHON, document, does_not_apply, fires, on, silent, workload

RULE = "driver-capabilities-without-compute"
TORCH = workload(CUDNN_12_4, pip=["torch==2.4.0"])


def reserving(*capabilities: str, facts: Facts = TORCH, driver: str | None = "nvidia") -> Facts:
    reservation = Reservation(Origin("compose.yaml:9", "compose.yaml", 9), driver, "all", None, capabilities)
    return launched(facts, "compose", gpus="all", reservations=(reservation,))


def test_nothing_is_chosen() -> None:
    does_not_apply(RULE, TORCH)
    does_not_apply(RULE, launched(TORCH, gpus="all", gpu_capabilities=["gpu"]))
    does_not_apply(RULE, reserving("gpu"))
    does_not_apply(RULE, launched(TORCH, env={"NVIDIA_DRIVER_CAPABILITIES": ""}))


def test_compute_is_among_them() -> None:
    silent(RULE, launched(TORCH, env={"NVIDIA_DRIVER_CAPABILITIES": "compute,utility,video"}))
    silent(RULE, launched(TORCH, env={"NVIDIA_DRIVER_CAPABILITIES": "all"}))
    silent(RULE, workload(CUDNN_12_4, env={"NVIDIA_DRIVER_CAPABILITIES": "video, compute, utility"}))
    silent(RULE, reserving("gpu", "compute", "video"))


def test_a_window_needs_no_cuda() -> None:
    does_not_apply(RULE, launched(workload(PYTHON), gpus="all", gpu_capabilities=["graphics", "display"]))
    does_not_apply(RULE, launched(workload("our_base:1"), gpus="all", gpu_capabilities=["graphics"]))


def test_cdi_mounts_the_whole_driver() -> None:
    by_cdi = TORCH._replace(host=document(host={"container_toolkit": {"mode": "cdi"}}).host)
    does_not_apply(RULE, launched(by_cdi, env={"NVIDIA_DRIVER_CAPABILITIES": "video"}))
    does_not_apply(RULE, launched(TORCH, devices=["nvidia.com/gpu=all"], env={"NVIDIA_DRIVER_CAPABILITIES": "video"}))


def test_a_reservation_for_video_drops_cuda() -> None:
    """Docker sets NVIDIA_DRIVER_CAPABILITIES from it, whatever image and launch say."""
    finding = fires(RULE, reserving("gpu", "video"))
    assert finding.severity is Severity.WARNING
    assert "capabilities: [gpu, video] leaves out compute" in finding.message
    own = launched(TORCH, gpus="all", gpu_capabilities=["video"], env={"NVIDIA_DRIVER_CAPABILITIES": "all"})
    fires(RULE, own)


def test_a_variable_for_video_drops_cuda() -> None:
    finding = fires(RULE, workload(CUDNN_12_4, env={"NVIDIA_DRIVER_CAPABILITIES": "video,utility"}))
    assert "NVIDIA_DRIVER_CAPABILITIES=video,utility" in finding.message


def test_a_variable_that_the_reservation_replaces_is_named() -> None:
    both = reserving("gpu", "video")
    both = launched(
        both, "compose", gpus="all", reservations=both.launch.reservations, env={"NVIDIA_DRIVER_CAPABILITIES": "all"}
    )
    assert "takes the place of NVIDIA_DRIVER_CAPABILITIES=all" in fires(RULE, both).message


def test_the_codecs_need_cuda_too() -> None:
    encoding = workload("debian:12", uses=["nvenc"])
    assert "NVENC finds no CUDA driver" in fires(RULE, reserving("gpu", "video", facts=encoding)).message
    silent(RULE, reserving("gpu", "compute", "video", facts=encoding))
    does_not_apply(RULE, reserving("gpu", "graphics", facts=workload("debian:12")))


def test_an_error_where_the_hook_is_known_to_mount_part_by_part() -> None:
    old = document(host={"engine": {"name": "docker", "version": "27.5.1"}}).host
    assert fires(RULE, reserving("gpu", "video", facts=TORCH._replace(host=old))).severity is Severity.ERROR
    new = document(host={"engine": {"name": "docker", "version": "29.1.3"}}).host
    assert fires(RULE, reserving("gpu", "video", facts=TORCH._replace(host=new))).severity is Severity.WARNING
    legacy = workload(CUDNN_12_4, pip=["torch==2.4.0"], host=on("550.54.15", ["T4"], mode="legacy"))
    assert fires(RULE, reserving("gpu", "video", facts=legacy)).severity is Severity.ERROR
