"""Parts of NVIDIA's driver inside the image."""

from __future__ import annotations

import pytest

from envdoctor.facts import Facts
from envdoctor.findings import Severity
from tests.rules.vocabulary import (
    CUDNN_12_4,
    document,
    does_not_apply,
    fires,
    fires_and_stays_open,
    on,
    workload,
)

RULE = "driver-in-image"
HOST = on("550.54.15", ["T4"])


def holding(*sonames: str, origin: str = "image", **host: object) -> Facts:
    libraries = [{"soname": soname, "path": f"/usr/lib/{soname}", "origin": origin} for soname in sonames]
    return document(host=host or {"driver": {"version": "550.54.15"}}, libraries=libraries)


@pytest.mark.parametrize(
    "name",
    ["cuda-toolkit-12-4", "cuda-libraries-12-4", "cuda-compat-12-4", "cuda-nvcc-12-4", "libcudnn9-cuda-12",
     "libnvidia-container1", "nvidia-container-toolkit", "cuda-keyring", "libnvidia-ml-dev", "nvidia-cuda-toolkit"],
)  # fmt: skip
def test_what_is_no_driver(name: str) -> None:
    does_not_apply(RULE, workload(CUDNN_12_4, apt=[name], host=HOST))


def test_a_wheel_of_that_name_is_no_driver() -> None:
    does_not_apply(RULE, workload(CUDNN_12_4, pip=["nvidia-driver-550==1.0"], host=HOST))


def test_packages_of_a_host_are_no_images() -> None:
    does_not_apply(RULE, document(host={}, packages=[{"name": "nvidia-driver-550", "manager": "apt"}]))


def test_libraries_that_the_toolkit_mounted_or_that_are_no_drivers() -> None:
    does_not_apply(RULE, holding("libcuda.so.1", origin="system"))
    does_not_apply(RULE, holding("libcudart.so.12", "libnvidia-container.so.1"))
    compat = [
        {"soname": "libcuda.so.550.54.15", "path": "/usr/local/cuda/compat/libcuda.so.550.54.15", "origin": "image"}
    ]
    does_not_apply(RULE, document(libraries=compat))


@pytest.mark.parametrize("name", ["nvidia-driver-450", "nvidia-utils-535", "libnvidia-compute-535", "cuda-drivers-535"])
def test_an_older_driver_is_a_warning(name: str) -> None:
    finding = fires(RULE, workload(CUDNN_12_4, apt=[name], host=HOST))
    assert finding.severity is Severity.WARNING
    assert finding.message.startswith(f"{name} is NVIDIA's driver")
    assert finding.at is not None
    assert finding.at.line == 2


def test_a_newer_driver_shadows_the_hosts() -> None:
    assert fires(RULE, workload(CUDNN_12_4, apt=["nvidia-driver-570"], host=HOST)).severity is Severity.ERROR
    pinned = "libnvidia-compute-550=550.163.01-0ubuntu1"
    assert fires(RULE, workload(CUDNN_12_4, apt=[pinned], host=HOST)).severity is Severity.ERROR


@pytest.mark.parametrize("name", ["cuda", "cuda-12-4", "cuda-runtime-12-4", "cuda-$CUDA_PKG_VERSION"])
def test_a_cuda_that_brings_the_driver(name: str) -> None:
    finding = fires(RULE, workload("ubuntu:22.04", apt=[name], host=HOST))
    assert f"{name} brings NVIDIA's driver along" in finding.message
    assert "cuda-toolkit-X-Y" in finding.remedy[0]


def test_without_the_hosts_driver_it_depends() -> None:
    finding, reason = fires_and_stays_open(RULE, workload(CUDNN_12_4, apt=["nvidia-driver-450"]))
    assert finding.severity is Severity.NOTE
    assert "host's driver" in reason


def test_libraries_left_in_the_image() -> None:
    assert fires(RULE, holding("libcuda.so.418.56")).severity is Severity.NOTE
    assert fires(RULE, holding("libcuda.so.570.86.10", "libnvidia-ml.so.570.86.10")).severity is Severity.ERROR


def test_on_wsl_the_container_does_not_start() -> None:
    finding = fires(RULE, holding("libnvidia-ml.so.1", wsl=2))
    assert finding.severity is Severity.ERROR
    assert "file exists" in finding.message
