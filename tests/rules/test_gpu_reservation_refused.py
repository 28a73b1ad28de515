"""Reservations of GPUs that Compose or Docker refuses."""

from __future__ import annotations

from envdoctor.facts import Facts, Origin, Reservation
from envdoctor.findings import Severity
from tests.rules.launches import launched
from tests.rules.vocabulary import CUDNN_12_4, does_not_apply, fires, silent, workload

RULE = "gpu-reservation-refused"
LINE = Origin("compose.yaml:9", "compose.yaml", 9)


def reserving(**parts: object) -> Facts:
    reservation = Reservation(LINE, **parts)  # type: ignore[arg-type]
    return launched(workload(CUDNN_12_4), "compose", gpus="all", reservations=(reservation,))


def test_what_docker_takes() -> None:
    silent(RULE, reserving(driver="nvidia", count="all", capabilities=("gpu",)))
    silent(RULE, reserving(count="1", capabilities=("gpu", "compute", "utility", "video")))
    silent(RULE, reserving(driver="nvidia", device_ids=("0", "3"), capabilities=("gpu",)))
    silent(RULE, reserving(driver="cdi", device_ids=("nvidia.com/gpu=all",)))
    silent(RULE, reserving(capabilities=("compute", "utility")))


def test_other_devices_are_not_judged() -> None:
    silent(RULE, reserving(driver="amd.com/gpu", capabilities=("gpu",)))
    does_not_apply(RULE, workload(CUDNN_12_4))
    does_not_apply(RULE, launched(workload(CUDNN_12_4), gpus="all"))


def test_without_capabilities() -> None:
    finding = fires(RULE, reserving(driver="nvidia", count="all"))
    assert finding.severity is Severity.ERROR
    assert finding.at == LINE
    assert finding.remedy == ("add capabilities: [gpu] to the reservation",)
    fires(RULE, reserving(count="1", capabilities=()))


def test_both_a_count_and_devices() -> None:
    finding = fires(RULE, reserving(count="1", device_ids=("0",), capabilities=("gpu",)))
    assert "exclusive" in finding.message


def test_what_the_driver_does_not_have() -> None:
    assert "capability nvidia-compute" in fires(RULE, reserving(capabilities=("gpu", "nvidia-compute"))).message
    assert "driver gpu" in fires(RULE, reserving(driver="gpu", capabilities=("gpu",))).message
