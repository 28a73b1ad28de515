"""The CPU build of torch where the GPU is meant."""

from __future__ import annotations

import pytest

from envdoctor.findings import Severity
from tests.rules.launches import launched
from tests.rules.vocabulary import (
    CUDNN_12_4,
    PYTHON,
    PYTORCH,
    asked,
    document,
    does_not_apply,
    fires,
    installed,
    on,
    package,
    silent,
    undecided,
    workload,
)

RULE = "torch-cpu-wheel"
FROM_INDEX = package("torch==2.4.0", index=f"{PYTORCH}cpu")


def test_cuda_builds_are_silent() -> None:
    for torch in ("torch==2.4.0", "torch==2.4.0+cu121", "torch", "torch==2.4.0.dev20240601+cu121"):
        silent(RULE, workload(CUDNN_12_4, pip=[torch]))


@pytest.mark.parametrize("torch", [package("torch==2.4.0+cpu"), FROM_INDEX])
def test_in_an_image_with_cuda_it_is_a_warning(torch: object) -> None:
    finding = fires(RULE, workload(CUDNN_12_4, pip=[torch]))  # type: ignore[list-item]
    assert finding.severity is Severity.WARNING
    assert "torch.cuda.is_available() is False" in finding.message
    assert finding.remedy[0] == 'pip install "torch==2.4.0"  # CUDA 12.1'


def test_a_launch_that_asks_for_a_gpu_for_something_else() -> None:
    for other in ("onnxruntime-gpu==1.20.0", "jax[cuda12]", "llama-cpp-python"):
        does_not_apply(RULE, launched(workload(PYTHON, pip=[FROM_INDEX, other]), gpus="all"))
    does_not_apply(
        RULE, launched(workload(PYTHON, pip=[FROM_INDEX], gaps=["RUN at Dockerfile:4 runs x.sh"]), gpus="all")
    )
    does_not_apply(RULE, launched(workload(PYTHON, pip=[FROM_INDEX])))  # it asks for none


def test_a_launch_that_asks_for_a_gpu() -> None:
    finding = fires(RULE, launched(workload(PYTHON, pip=[FROM_INDEX]), "compose", gpus="1"))
    assert finding.severity is Severity.WARNING
    assert ("launch.gpus", "1") in [(each.fact, each.value) for each in finding.evidence]


def test_where_torch_is_said_to_need_the_gpu_it_is_an_error() -> None:
    assert fires(RULE, workload(PYTHON, pip=[FROM_INDEX], uses=["torch"])).severity is Severity.ERROR


def test_the_remedy_is_one_that_the_driver_runs() -> None:
    finding = fires(RULE, workload(CUDNN_12_4, pip=["torch==2.11.0+cpu"], host=on("550.54.14", ["T4"])))
    assert "2.11.0" in finding.remedy[0]
    assert "cu12" in finding.remedy[0]
    assert "whl/cpu" in fires(RULE, workload(CUDNN_12_4, pip=[FROM_INDEX])).message


def test_what_pypi_serves_for_arm64() -> None:
    grace = on("580.95.05", ["GH200"], arch="aarch64")
    finding = fires(RULE, workload(PYTHON, pip=["torch==2.4.0"], host=grace))
    assert "from PyPI on arm64" in finding.message
    pin = finding.remedy[0].split('"')[1]
    assert not asked(RULE, workload(PYTHON, pip=[pin], host=grace)).findings
    silent(RULE, workload(PYTHON, pip=["torch==2.11.0"], host=grace))
    does_not_apply(
        RULE, workload(PYTHON, pip=["torch==2.4.0"], platform="linux/arm64")
    )  # nobody said that there is a GPU


def test_on_a_jetson_nvidias_own_wheels_are_named() -> None:
    orin = on(None, ["Jetson AGX Orin"], l4t="36.4.3", arch="aarch64")
    finding = fires(RULE, workload(PYTHON, pip=["torch==2.4.0"], uses=["torch"], host=orin))
    assert "download.pytorch.org" not in " ".join(finding.remedy)
    assert "Jetson" in finding.remedy[0] or "JetPack" in finding.remedy[0]


def test_open_and_not_applicable() -> None:
    does_not_apply(RULE, workload(PYTHON, pip=["torch==2.4.0+cpu"], host=on("550.54.14", ["T4"])))
    does_not_apply(RULE, workload("nvcr.io/nvidia/pytorch:24.05-py3"))
    does_not_apply(RULE, workload(CUDNN_12_4, pip=["onnxruntime-gpu==1.20.0"]))
    does_not_apply(RULE, workload(CUDNN_12_4, pip=["torch==2.4.0+cpu"], uses=["onnxruntime-cuda"]))
    assert "missing.txt" in undecided(RULE, workload(CUDNN_12_4, gaps=["Dockerfile:4: -r missing.txt"]))


def test_a_number_that_no_jetson_build_bears_is_the_cpu_build() -> None:
    """NVIDIA's own are called 1.12.0a0+2c916ef.nv22.3 and the like; of other releases it built some under the plain number."""
    orin = {"arch": "aarch64", "gpus": [{"name": "Jetson AGX Orin"}]}
    finding = fires(RULE, document(host=orin, packages=[installed("torch", "1.12.0")], uses=["torch"]))
    assert "torch 1.12.0 from PyPI on arm64 is a build without CUDA" in finding.message
    silent(RULE, document(host=orin, packages=[installed("torch", "1.12.0a0+2c916ef.nv22.3")], uses=["torch"]))
    silent(RULE, document(host=orin, packages=[installed("torch", "1.11.0")], uses=["torch"]))
    silent(RULE, document(host=orin, packages=[installed("torch", "2.3.0")], uses=["torch"]))
