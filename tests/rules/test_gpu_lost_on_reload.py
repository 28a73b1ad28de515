"""Hosts on which a systemctl daemon-reload takes the GPU from running containers."""

from __future__ import annotations

from typing import Any

import pytest

from envdoctor.facts import Facts
from envdoctor.findings import Severity
from tests.rules.launches import launched
from tests.rules.vocabulary import CUDNN_12_4, PYTHON, document, does_not_apply, fires, on, undecided, workload

RULE = "gpu-lost-on-reload"


def with_cgroups(cgroup_driver: str | None, version: int | None = None, image: str = CUDNN_12_4, **more: Any) -> Facts:
    engine = {"name": "docker", "cgroup_driver": cgroup_driver, "cgroup_version": version}
    return workload(image)._replace(host=document(host={"engine": engine, **more}).host)


def test_hosts_that_are_as_most_are() -> None:
    """systemd with cgroup v2 is what every distribution has today: that alone is no reason to warn."""
    does_not_apply(RULE, with_cgroups("systemd", 2))
    does_not_apply(RULE, with_cgroups("systemd"))
    does_not_apply(RULE, with_cgroups("cgroupfs", 1, device_links=False))
    does_not_apply(RULE, workload(CUDNN_12_4, host=on("550.54.15", ["T4"])))


@pytest.mark.parametrize(
    "more", [{"device_links": True}, {"gpus": []}, {"driver": False}, {"container_toolkit": {"mode": "cdi"}}]
)
def test_nothing_to_lose_or_the_engine_knows_the_devices(more: dict[str, Any]) -> None:
    does_not_apply(RULE, with_cgroups("systemd", 1, **more))


def test_cdi_devices_are_in_the_containers_own_list() -> None:
    does_not_apply(RULE, launched(with_cgroups("systemd", 1), devices=["nvidia.com/gpu=all"]))


def test_a_workload_without_cuda() -> None:
    does_not_apply(RULE, with_cgroups("systemd", 1, image=PYTHON))


def test_systemd_without_the_links() -> None:
    finding = fires(RULE, with_cgroups("systemd", 2, device_links=False))
    assert finding.severity is Severity.WARNING
    assert "daemon-reload" in finding.message
    assert "create-dev-char-symlinks" in finding.remedy[0]
    fires(RULE, with_cgroups("systemd", 1))


def test_an_image_of_unknown_making_is_open() -> None:
    assert "--image-alias" in undecided(RULE, with_cgroups("systemd", 1, image="our_base:1"))
