"""What CUDA an L4T release runs."""

from __future__ import annotations

import pytest

from envdoctor.findings import Severity
from tests.rules.vocabulary import (
    CUDNN_12_4,
    asked,
    does_not_apply,
    fires,
    fires_and_stays_open,
    on,
    silent,
    undecided,
    workload,
)

RULE = "jetson-release-too-old"
CUDA_12_2 = "nvidia/cuda:12.2.2-base-ubuntu22.04"


@pytest.mark.parametrize(
    ("release", "image"),
    [
        ("35.4.1", "nvidia/cuda:11.8.0-base-ubuntu20.04"),
        ("36.4.3", CUDA_12_2),
        ("36.2", "nvidia/cuda:12.6.3-base-ubuntu22.04"),
        ("38.2", "nvidia/cuda:13.0.1-base-ubuntu24.04"),
    ],
)
def test_within_the_major_of_its_driver_it_is_silent(release: str, image: str) -> None:
    silent(RULE, workload(image, host=on(None, ["Jetson AGX Orin"], l4t=release)))


def test_cuda_12_on_l4t_35_needs_the_compatibility_package() -> None:
    host = on(None, ["Jetson AGX Orin"], l4t="35.4.1")
    finding = fires(RULE, workload(CUDA_12_2, apt=["cuda-compat-12-2"], host=host))
    assert finding.severity is Severity.WARNING
    unread = workload(CUDA_12_2, gaps=["Dockerfile:4: make install"], host=host)
    assert fires(RULE, unread).severity is Severity.WARNING
    for part in ("12.2.2", "L4T 35.4.1", "11.4", "up to 12.2"):
        assert part in finding.message


def test_the_package_in_nvidia_cuda_images_is_the_desktops() -> None:
    image = "nvidia/cuda:12.4.1-runtime-ubuntu22.04"
    finding = fires(RULE, workload(image, host=on(None, ["Jetson AGX Orin"], l4t="35.3.1")))
    assert finding.severity is Severity.ERROR
    assert "is not the one made for Jetson: CUDA does not start." in finding.message


@pytest.mark.parametrize(
    ("release", "image", "native"),
    [("32.7.4", CUDA_12_2, "10.2"), ("36.4.3", "nvidia/cuda:13.0.1-base-ubuntu24.04", "12.6")],
)
def test_above_what_a_package_lifts_it_to_is_an_error(release: str, image: str, native: str) -> None:
    finding = fires(RULE, workload(image, host=on(None, ["Jetson AGX Orin"], l4t=release)))
    assert finding.severity is Severity.ERROR
    assert release in finding.message
    assert f"CUDA {native}" in finding.message


def test_a_wheel_is_told_where_it_stands() -> None:
    facts = workload("python:3.11", pip=["torch==2.11.0"], host=on(None, ["Jetson AGX Orin"], l4t="36.4.3"))
    finding = fires(RULE, facts)
    assert finding.message.startswith("torch 2.11.0 needs a newer CUDA")
    assert finding.at is not None
    assert finding.at.line == 3


def test_open_and_not_applicable() -> None:
    assert "L4T 99.1" in undecided(RULE, workload(CUDA_12_2, host=on(None, ["Jetson AGX Orin"], l4t="99.1")))
    assert "L4T release is not stated" in undecided(RULE, workload(CUDA_12_2, host=on(None, ["Jetson AGX Orin"])))
    assert "--image-alias" in undecided(RULE, workload("our_base:1", host=on(None, ["Jetson AGX Orin"], l4t="36.4")))
    does_not_apply(RULE, workload(CUDNN_12_4, host=on("550.54.14", ["T4"])))
    does_not_apply(RULE, workload(CUDNN_12_4))


@pytest.mark.parametrize(
    ("release", "image"),
    [
        ("35.4.1", "nvcr.io/nvidia/l4t-jetpack:r35.2.1"),
        ("36.4.3", "nvcr.io/nvidia/l4t-jetpack:r36.4.0"),
        ("36.4.3", "nvcr.io/nvidia/tritonserver:24.12-py3-igpu"),
        ("36.4.3", "nvcr.io/nvidia/pytorch:24.12-py3-igpu"),
        ("36.4.3", "nvcr.io/nvidia/pytorch:25.06-py3-igpu"),  # CUDA 12.9 on a driver of 12.6, and NVIDIA names it
        ("38.4", "nvcr.io/nvidia/pytorch:26.03-py3"),  # CUDA 13.2 on a driver of 13.0, and NVIDIA names it
        ("39.2", "nvcr.io/nvidia/tensorrt:26.05-py3"),
    ],
)
def test_an_image_made_for_the_board_is_silent(release: str, image: str) -> None:
    silent(RULE, workload(image, host=on(None, ["Jetson AGX Orin"], l4t=release)))


@pytest.mark.parametrize(
    ("release", "image", "reason"),
    [
        ("36.4.3", "nvcr.io/nvidia/l4t-jetpack:r36.2.0", "is made for L4T 36.2.0"),
        ("36.4.3", "nvcr.io/nvidia/l4t-pytorch:r32.7.1-pth1.10-py3", "is made for L4T 32.7.1"),
        ("36.4.0", "nvcr.io/nvidia/pytorch:25.06-py3-igpu", "NVIDIA names JetPack 6.2"),
        ("38.2", "nvcr.io/nvidia/pytorch:26.04-py3", "needs a newer CUDA than the 13.0"),
        ("38.2", "nvidia/cuda:13.1.0-base-ubuntu24.04", "needs a newer CUDA than the 13.0"),
        ("36.4.3", "nvcr.io/nvidia/tensorrt:24.05-py3", "build for servers"),
        ("36.4.3", "nvcr.io/nvidia/pytorch:24.12-py3", "the -igpu tags"),
        ("36.4.3", "dustynv/l4t-pytorch:r36.4.0", "an image for Jetson with L4T 36.4.0, holds is not in the matrix"),
    ],
)
def test_an_image_made_for_another_board_is_undecided(release: str, image: str, reason: str) -> None:
    assert reason in undecided(RULE, workload(image, host=on(None, ["Jetson AGX Orin"], l4t=release)))


def test_a_server_image_whose_cuda_is_too_new_is_an_error_all_the_same() -> None:
    facts = workload("nvcr.io/nvidia/tensorrt:25.09-py3", host=on(None, ["Jetson AGX Orin"], l4t="36.4.3"))
    assert "13.0.1" in fires_and_stays_open(RULE, facts)[0].message


@pytest.mark.parametrize(
    ("release", "image"),
    [
        ("36.4.3", "nvcr.io/nvidia/l4t-jetpack:r35.4.1"),
        ("36.4.3", "nvcr.io/nvidia/l4t-pytorch:r35.2.1-pth2.0-py3"),
        ("35.4.1", "nvcr.io/nvidia/l4t-jetpack:r36.2.0"),
    ],
)
def test_in_an_image_of_another_jetpack_cuda_does_not_start(release: str, image: str) -> None:
    result = asked(RULE, workload(image, host=on(None, ["Jetson AGX Orin"], l4t=release)))
    finding = result.findings[0]
    assert finding.severity is Severity.ERROR
    assert f"On L4T {release} CUDA does not start in it" in finding.message
    assert finding.sources


def test_an_unlisted_image_of_another_jetpack_is_refused_by_its_tag_all_the_same() -> None:
    facts = workload("dustynv/l4t-pytorch:r35.4.1", host=on(None, ["Jetson Orin Nano"], l4t="36.4.3"))
    finding, reason = fires_and_stays_open(RULE, facts)
    assert "is made for L4T 35.4.1" in finding.message
    assert "not in the matrix" in reason


def test_nvidias_word_is_of_the_image_and_not_of_a_wheel_over_it() -> None:
    image = "nvcr.io/nvidia/pytorch:26.03-py3"
    facts = workload(image, pip=["torch==2.15.0"], host=on(None, ["Jetson AGX Thor"], l4t="38.4"))
    assert undecided(RULE, facts).startswith("torch 2.15.0 needs a newer CUDA than the 13.0")
