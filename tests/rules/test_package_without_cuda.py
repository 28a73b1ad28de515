"""decord and OpenCV from PyPI, where the GPU is needed."""

from __future__ import annotations

import pytest

from envdoctor.facts import Launch, Origin, known
from envdoctor.findings import Severity
from tests.rules.vocabulary import (
    BASE_12_4,
    CUDNN_12_4,
    PYTHON,
    dockerfile,
    document,
    does_not_apply,
    fires,
    installed,
    package,
    workload,
)

RULE = "package-without-cuda"


def test_decord_on_the_cpu_is_what_most_use_it_for() -> None:
    does_not_apply(RULE, workload(CUDNN_12_4, pip=["decord", "torch"]))


@pytest.mark.parametrize("decoder", ["ffmpeg", "torchcodec", "PyNvVideoCodec", "nvidia-dali-cuda120"])
def test_something_else_may_decode(decoder: str) -> None:
    does_not_apply(RULE, workload(BASE_12_4, pip=["decord", decoder], uses=["nvdec"]))


def test_a_decord_of_ones_own() -> None:
    does_not_apply(RULE, document(packages=[installed("decord", manager="source")], uses=["nvdec"]))
    does_not_apply(RULE, document(packages=[{"name": "decord"}], uses=["nvdec"]))
    mine = package("decord", index="https://pypi.example.com/simple")
    does_not_apply(RULE, workload(BASE_12_4, pip=[mine], uses=["nvdec"]))


def test_decord_from_pypi() -> None:
    finding = fires(RULE, workload(BASE_12_4, pip=["decord"], uses=["nvdec"]))
    assert finding.severity is Severity.ERROR
    assert "CUDA not enabled" in finding.message
    assert "-DUSE_CUDA=ON" in finding.remedy[0]


def test_opencv_from_pypi_where_video_is_decoded_on_the_gpu() -> None:
    finding = fires(RULE, workload(BASE_12_4, pip=["opencv-python-headless"], uses=["opencv", "nvdec"]))
    assert finding.severity is Severity.WARNING
    assert "cv2.cudacodec" in finding.message


def test_a_build_of_opencv_from_source_may_hold_cuda() -> None:
    both = [installed("opencv", "4.8.0", manager="source")]
    does_not_apply(RULE, document(packages=both, uses=["opencv", "nvdec"]))


def test_a_build_that_compiles_opencv_with_cuda() -> None:
    cmake = "cmake -D WITH_CUDA=ON -D WITH_NVCUVID=ON .. && make install"
    does_not_apply(RULE, dockerfile(cmake, "pip install opencv-python", image=CUDNN_12_4))


def test_an_image_of_cuda_with_nothing_but_a_pypi_opencv_gets_a_remark() -> None:
    finding = fires(RULE, workload(BASE_12_4, pip=["opencv-python"]))
    assert finding.severity is Severity.NOTE
    assert "no CUDA" in finding.message
    launch = Launch(stated=True, gpus=known("all", Origin("run.sh:1", "run.sh", 1)))
    fires(RULE, workload(PYTHON, pip=["opencv-python-headless"])._replace(launch=launch))


def test_no_remark_without_a_gpu_or_beside_something_that_uses_it() -> None:
    does_not_apply(RULE, workload(PYTHON, pip=["opencv-python"]))
    does_not_apply(RULE, workload(BASE_12_4, pip=["opencv-python", "torch"]))
    does_not_apply(RULE, workload(BASE_12_4, pip=["opencv-python", "cupy-cuda12x"]))
    does_not_apply(RULE, workload(BASE_12_4, pip=["opencv-python"], gaps=["Dockerfile:4: -r missing.txt"]))
    does_not_apply(RULE, workload(BASE_12_4, pip=["numpy"]))
