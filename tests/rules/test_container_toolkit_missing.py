"""Hosts without the NVIDIA Container Toolkit, or whose engine does not know its runtime."""

from __future__ import annotations

from collections.abc import Mapping

from envdoctor.facts import Facts
from envdoctor.findings import Severity
from tests.rules.launches import launched
from tests.rules.vocabulary import (
    CUDNN_12_4,
    PYTHON,
    document,
    does_not_apply,
    fires,
    installed,
    on,
    silent,
    undecided,
    workload,
)

RULE = "container-toolkit-missing"
DOCKER = {"engine": {"name": "docker"}}
WITHOUT = {**DOCKER, "container_toolkit": False}


def there(host: Mapping[str, object], facts: Facts | None = None) -> Facts:
    return (facts or workload(CUDNN_12_4))._replace(host=document(host=host).host)


def test_nobody_says_that_it_is_missing() -> None:
    does_not_apply(RULE, workload(CUDNN_12_4, host=on("550.54.15", ["T4"])))
    does_not_apply(RULE, there({**DOCKER, "container_toolkit": {"version": "1.17.8"}}))
    does_not_apply(RULE, there({"engine": {"name": "apptainer"}, "container_toolkit": False}))
    does_not_apply(RULE, there({"engine": False, "container_toolkit": False}))


def test_the_gpu_reaches_the_container_another_way() -> None:
    does_not_apply(RULE, there({**WITHOUT, "cdi": [{"kind": "nvidia.com/gpu", "devices": ["all"]}]}))
    does_not_apply(RULE, launched(there(WITHOUT), devices=["/dev/nvidia0", "/dev/nvidiactl"]))
    desktop = {"os": {"id": "windows"}, "engine": {"name": "docker-desktop"}, "container_toolkit": False}
    does_not_apply(RULE, there(desktop))
    in_wsl = {"os": {"id": "ubuntu"}, "wsl": 2, **WITHOUT}
    does_not_apply(RULE, there(in_wsl))  # Docker Desktop serves it without a toolkit of its own
    fires(RULE, there({**in_wsl, "engine": {"name": "docker", "runtimes": ["runc"]}}))


def test_a_workload_outside_of_containers_needs_no_toolkit() -> None:
    does_not_apply(RULE, document(host=WITHOUT, packages=[installed("torch", "2.4.0")]))
    does_not_apply(RULE, there(WITHOUT, workload(pip=["torch==2.4.0"])))


def test_a_workload_without_cuda_is_fine_there() -> None:
    does_not_apply(RULE, there(WITHOUT, workload(PYTHON, pip=["torch==2.4.0+cpu"])))


def test_it_is_not_installed() -> None:
    finding = fires(RULE, there(WITHOUT))
    assert finding.severity is Severity.ERROR
    assert 'could not select device driver ""' in finding.message
    assert "nvidia-ctk runtime configure" in finding.remedy[0]
    fires(RULE, document(host=WITHOUT))
    fires(RULE, document(host=WITHOUT, launch={"gpus": []}, uses=["torch"]))


def test_podman_looks_for_a_cdi_specification() -> None:
    podman = {"engine": {"name": "podman", "version": "5.2.2"}, "container_toolkit": False}
    assert "unresolvable CDI devices" in fires(RULE, there(podman)).message


def test_a_runtime_that_the_engine_does_not_know() -> None:
    two = {"engine": {"name": "docker", "runtimes": ["runc", "nvidia"]}}
    silent(RULE, launched(there(two), runtime="nvidia"))
    one = {"engine": {"name": "docker", "runtimes": ["runc", "io.containerd.runc.v2"]}}
    does_not_apply(RULE, launched(there(one), gpus="all"))
    finding = fires(RULE, launched(there(one), runtime="nvidia"))
    assert "unknown or invalid runtime name: nvidia" in finding.message


def test_an_image_of_unknown_making_is_open() -> None:
    assert "--image-alias" in undecided(RULE, there(WITHOUT, workload("our_base:1")))


def test_a_launch_that_asks_for_no_gpu_starts_without_it() -> None:
    does_not_apply(RULE, launched(there(WITHOUT)))
    does_not_apply(RULE, launched(there(WITHOUT), how="compose"))
    fires(RULE, launched(there(WITHOUT), gpus="all"))
    fires(RULE, launched(there(WITHOUT), runtime="nvidia"))
    fires(
        RULE, launched(there({"engine": {"name": "docker", "default_runtime": "nvidia"}, "container_toolkit": False}))
    )
