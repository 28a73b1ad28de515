"""The window of GPUs that the image's toolkit targets."""

from __future__ import annotations

import pytest

from envdoctor.findings import Severity
from tests.rules.vocabulary import (
    CUDNN_12_4,
    PYTHON,
    document,
    does_not_apply,
    fires,
    fires_and_stays_open,
    on,
    silent,
    undecided,
    workload,
)

RULE = "gpu-not-in-cuda"
CUDA_13 = "nvidia/cuda:13.0.1-base-ubuntu24.04"


@pytest.mark.parametrize(
    ("image", "gpu"),
    [
        (CUDNN_12_4, "RTX 4090"),
        ("nvidia/cuda:11.4.3-base-ubuntu20.04", "RTX 4090"),  # 8.6 code runs on 8.9
        ("nvidia/cuda:12.8.1-base-ubuntu24.04", "RTX 5090"),
        (CUDA_13, "T4"),  # 7.5 is the lowest
        ("nvidia/cuda:12.9.1-base-ubuntu24.04", "V100"),  # the last for Volta
        ("nvidia/cuda:11.8.0-base-ubuntu22.04", "Tesla K80"),
        ("nvidia/cuda:12.8.1-base-ubuntu24.04", "B300"),  # 10.3 runs 10.0 code
    ],
)
def test_targeted_gpus_are_silent(image: str, gpu: str) -> None:
    silent(RULE, workload(image, host=on("580.95.05", [gpu])))


@pytest.mark.parametrize("image", ["nvcr.io/nvidia/tensorrt:24.05-py3-igpu", "nvcr.io/nvidia/l4t-jetpack:r36.4.0"])
def test_an_image_for_jetson_is_promised_to_no_other_gpu(image: str) -> None:
    silent(RULE, workload(image, host=on(None, ["Jetson AGX Orin"], l4t="36.4.3")))
    assert "is made for Jetson boards" in undecided(RULE, workload(image, host=on("580.95.05", ["A100"])))
    undecided(RULE, workload(image, host=on("580.95.05")))


@pytest.mark.parametrize(
    ("gpu", "capability", "last"),
    [("V100", "7.0", "12.9"), ("GTX 1080 Ti", "6.1", "12.9"), ("Tesla K80", "3.7", "11.8")],
)
def test_dropped_gpus_are_an_error(gpu: str, capability: str, last: str) -> None:
    finding = fires(RULE, workload(CUDA_13, host=on("580.95.05", [gpu])))
    assert finding.severity is Severity.ERROR
    assert f"CUDA 13.0 dropped {gpu} (compute capability {capability}; it starts at 7.5)" in finding.message
    assert f"CUDA {last}, the last" in finding.remedy[0]


@pytest.mark.parametrize(
    ("image", "gpu", "first"),
    [(CUDNN_12_4, "RTX 5090", "12.8"), ("nvidia/cuda:11.3.1-base-ubuntu20.04", "H100", "11.8")],
)
def test_newer_gpus_are_a_warning(image: str, gpu: str, first: str) -> None:
    finding = fires(RULE, workload(image, host=on("580.95.05", [gpu])))
    assert finding.severity is Severity.WARNING
    assert gpu in finding.message
    assert f"CUDA {first}, the first" in finding.remedy[0]


def test_a_partial_cuda_is_every_minor_it_can_mean() -> None:
    host = {"driver": {"version": "580.95.05"}, "gpus": [{"name": "NVIDIA GeForce RTX 5090"}]}
    silent(RULE, document(host=host, image={"cuda": "13"}))
    assert "depends on its minor" in undecided(RULE, document(host=host, image={"cuda": "12"}))


def test_a_torch_wheel_links_to_nothing_of_the_base() -> None:
    assert "links" in does_not_apply(RULE, workload(CUDA_13, pip=["torch==2.8.0"], host=on("580.95.05", ["V100"])))
    fires(RULE, workload(CUDA_13, pip=["torch==2.8.0", "onnxruntime-gpu==1.31.1"], host=on("580.95.05", ["V100"])))


def test_a_gap_makes_it_a_note() -> None:
    facts = workload(CUDA_13, pip=["torch==2.8.0"], gaps=["Dockerfile:9: make install"], host=on("580.95.05", ["V100"]))
    finding, reason = fires_and_stays_open(RULE, facts)
    assert finding.severity is Severity.NOTE
    assert "links" in reason


def test_open_without_the_gpu() -> None:
    assert "GPUs are not stated" in undecided(RULE, workload(CUDA_13, host=on("580.95.05")))
    assert "GT 1030" in undecided(RULE, workload(CUDA_13, host=on("580.95.05", ["GT 1030"])))


def test_without_the_gpu_a_driver_whose_every_gpu_is_targeted_is_enough() -> None:
    silent(RULE, workload("nvidia/cuda:13.4.2-base-ubuntu24.04", host=on("595.58.03")))


def test_not_applicable() -> None:
    assert "NGC" in does_not_apply(RULE, workload("nvcr.io/nvidia/pytorch:25.03-py3", host=on("570.211.01", ["V100"])))
    does_not_apply(RULE, workload(PYTHON, host=on("580.95.05", ["V100"])))
    does_not_apply(RULE, workload(None, pip=["torch==2.8.0"], host=on("580.95.05", ["V100"])))


@pytest.mark.parametrize(
    ("image", "gpu"),
    [
        ("nvcr.io/nvidia/tensorrt:24.05-py3", "V100"),
        ("nvcr.io/nvidia/tensorrt:24.12-py3", "P100"),
        ("nvcr.io/nvidia/tritonserver:25.03-py3", "T4"),
        ("nvcr.io/nvidia/tritonserver:25.09-py3", "RTX 5090"),
    ],
)
def test_gpus_that_an_ngc_releases_notes_support_are_silent(image: str, gpu: str) -> None:
    silent(RULE, workload(image, host=on("580.95.05", [gpu])))


def test_a_gpu_that_an_ngc_releases_notes_do_not_support_is_undecided() -> None:
    facts = workload("nvcr.io/nvidia/tensorrt:25.03-py3", host=on("570.124.06", ["V100"]))
    assert "tensorrt:25.03 support compute capability 7.5 and later, and" in undecided(RULE, facts)


def test_a_gpu_that_an_ngc_images_cuda_dropped_is_an_error() -> None:
    facts = workload("nvcr.io/nvidia/tensorrt:25.10-py3", host=on("580.95.05", ["V100"]))
    assert fires(RULE, facts).severity is Severity.ERROR
