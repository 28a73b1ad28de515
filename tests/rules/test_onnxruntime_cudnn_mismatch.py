"""Which cuDNN major an onnxruntime-gpu needs, and who has it."""

from __future__ import annotations

import pytest

from envdoctor.findings import Severity
from tests.rules.vocabulary import (
    BASE_12_4,
    CUDA_12_FEED,
    CUDNN8_12_2,
    CUDNN_12_4,
    CUDNN_13_0,
    PYTHON,
    asked,
    does_not_apply,
    fires,
    fires_and_stays_open,
    on,
    package,
    silent,
    undecided,
    workload,
)

RULE = "onnxruntime-cudnn-mismatch"


@pytest.mark.parametrize(
    ("image", "version"),
    [
        (CUDNN_12_4, "1.19.0"),
        (CUDNN_12_4, "1.20.0"),
        ("nvidia/cuda:12.3.2-cudnn9-runtime-ubuntu22.04", "1.20.0"),
        ("nvidia/cuda:11.8.0-cudnn8-runtime-ubuntu22.04", "1.18.1"),
        (CUDNN_13_0, "1.31.1"),
    ],
)
def test_the_major_it_needs_is_in_the_image(image: str, version: str) -> None:
    silent(RULE, workload(image, pip=[f"onnxruntime-gpu=={version}"]))


def test_apt_brings_it_too() -> None:
    runtime = "nvidia/cuda:12.4.1-runtime-ubuntu22.04"
    silent(RULE, workload(runtime, pip=["onnxruntime-gpu==1.20.0"], apt=["libcudnn9-cuda-12=9.1.0.70-1"]))
    fires(RULE, workload(runtime, pip=["onnxruntime-gpu==1.20.0"], apt=["libcudnn8=8.9.7.29-1+cuda12.2"]))


def test_1_19_on_a_cudnn8_image() -> None:
    finding = fires(RULE, workload(CUDNN8_12_2, pip=["onnxruntime-gpu==1.19.0"], host=on("535.104.05", ["T4"])))
    assert finding.severity is Severity.ERROR
    for part in ("onnxruntime-gpu 1.19.0", "libcudnn.so.9", "8.9.6.50"):
        assert part in finding.message
    assert finding.remedy == (
        "use a base image with CUDA 12 and cuDNN 9, such as nvidia/cuda:12.9.1-cudnn-runtime-ubuntu22.04",
    )  # no version fits CUDA 12 with cuDNN 8


@pytest.mark.parametrize("flavor", ["base", "runtime", "devel"])
def test_flavors_without_cudnn(flavor: str) -> None:
    finding = fires(RULE, workload(f"nvidia/cuda:12.4.1-{flavor}-ubuntu22.04", pip=["onnxruntime-gpu==1.20.0"]))
    assert f"has no cuDNN (flavor {flavor})" in finding.message
    tag = finding.remedy[0].rpartition(" ")[2]
    assert tag == CUDNN_12_4
    mended = workload(tag, pip=["onnxruntime-gpu==1.20.0"])
    for rule in (RULE, "onnxruntime-cuda-mismatch", "image-tag-removed"):
        assert not asked(rule, mended).findings


def test_the_cuda_12_feeds_1_18_0_needs_cudnn_8_and_its_1_18_1_cudnn_9() -> None:
    older, newer = (package(f"onnxruntime-gpu=={version}", extra=[CUDA_12_FEED]) for version in ("1.18.0", "1.18.1"))
    silent(RULE, workload(CUDNN8_12_2, pip=[older]))
    fires(RULE, workload(CUDNN_12_4, pip=[older]))
    silent(RULE, workload(CUDNN_12_4, pip=[newer]))


def test_wheels_have_to_be_loaded() -> None:
    for packages in (
        ["onnxruntime-gpu[cuda,cudnn]==1.22.0"],
        ["onnxruntime-gpu==1.22.0", "nvidia-cudnn-cu12==9.1.0.70"],
    ):
        finding, reason = fires_and_stays_open(RULE, workload(PYTHON, pip=packages))
        assert finding.severity is Severity.NOTE
        assert "LD_LIBRARY_PATH" in finding.message
        assert "cuDNN 9" in reason
    assert "there is no cuDNN" in fires(RULE, workload(PYTHON, pip=["onnxruntime-gpu[cuda,cudnn]==1.20.0"])).message


def test_torch_with_cudnn_8_does_not_help() -> None:
    fires(RULE, workload(PYTHON, pip=["onnxruntime-gpu==1.20.0", "torch==2.3.1"]))  # cuDNN 8.9.2
    finding, _ = fires_and_stays_open(RULE, workload(PYTHON, pip=["onnxruntime-gpu==1.20.0", "torch==2.4.0"]))  # 9.1.0
    assert finding.remedy[0] == "import torch before the first session"


def test_from_1_28_on_it_is_opened_only_when_the_provider_is_used() -> None:
    runtime = "nvidia/cuda:13.0.2-runtime-ubuntu24.04"
    finding, reason = fires_and_stays_open(RULE, workload(runtime, pip=["onnxruntime-gpu==1.31.1"]))
    assert finding.severity is Severity.NOTE
    assert "does not load" not in finding.message
    assert "nvidia/cuda:13.0.2-cudnn-runtime-ubuntu24.04" in finding.remedy[0]
    assert "only when the CUDA provider is first used" in reason
    linked = fires(RULE, workload(runtime, pip=["onnxruntime-gpu==1.27.0"]))  # the last that links to it
    assert linked.severity is Severity.ERROR


def test_open_and_not_applicable() -> None:
    ort = ["onnxruntime-gpu==1.20.0"]
    assert "--image-alias" in undecided(RULE, workload("our_base:1", pip=ort))
    assert "which cuDNN" in undecided(RULE, workload("nvidia/cuda:12.9.2-cudnn-runtime-ubuntu22.04", pip=ort))
    assert "missing.txt" in undecided(RULE, workload(BASE_12_4, pip=ort, gaps=["Dockerfile:4: -r missing.txt"]))
    assert "names no image" in undecided(RULE, workload(None, pip=ort))
    does_not_apply(RULE, workload(BASE_12_4, pip=["torch==2.4.0"]))
