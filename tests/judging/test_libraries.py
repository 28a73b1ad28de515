"""Who provides CUDA and cuDNN."""

from __future__ import annotations

import pytest

from envdoctor.judging import libraries
from envdoctor.judging.libraries import Supply
from tests.rules.vocabulary import BASE_12_4, CUDNN_12_4, MATRIX, PYTHON, workload


@pytest.mark.parametrize(
    ("image", "packages", "apt", "wanted", "supply"),
    [
        (CUDNN_12_4, [], [], 12, Supply.THERE),
        (CUDNN_12_4, [], [], 11, Supply.MISSING),
        (CUDNN_12_4, [], [], 13, Supply.MISSING),
        (BASE_12_4, [], [], 12, Supply.MISSING),
        (BASE_12_4, [], ["libcublas-12-4"], 12, Supply.THERE),
        (BASE_12_4, [], ["cuda-libraries-12-4"], 12, Supply.THERE),
        ("ubuntu:22.04", [], ["cuda-toolkit-12-4"], 12, Supply.THERE),
        (PYTHON, [], [], 12, Supply.MISSING),
        (PYTHON, ["nvidia-cublas-cu12"], [], 12, Supply.IF_LOADED),
        (PYTHON, ["nvidia-cublas-cu11"], [], 12, Supply.MISSING),
        (PYTHON, ["nvidia-cublas==13.0.2"], [], 13, Supply.IF_LOADED),
        (PYTHON, ["torch==2.4.0"], [], 12, Supply.IF_LOADED),
        (PYTHON, ["torch==2.4.0"], [], 13, Supply.MISSING),
        (PYTHON, ["torch==2.4.0+cpu"], [], 12, Supply.MISSING),
        (PYTHON, ["onnxruntime-gpu[cuda,cudnn]==1.22.0"], [], 12, Supply.IF_LOADED),
        (PYTHON, ["onnxruntime-gpu[cuda]==1.22.0"], [], 12, Supply.MISSING),  # cuBLAS comes with cudnn
        (PYTHON, ["onnxruntime-gpu[cuda,cudnn]==1.20.0"], [], 12, Supply.MISSING),  # no such extras before 1.21
        ("our_base:1", [], [], 12, Supply.UNKNOWN),
    ],
)
def test_cuda(image: str, packages: list[str], apt: list[str], wanted: int, supply: Supply) -> None:
    answer = libraries.cuda(workload(image, pip=packages, apt=apt), MATRIX, wanted)
    assert answer.supply is supply, answer


@pytest.mark.parametrize(
    ("image", "packages", "apt", "wanted", "supply"),
    [
        (CUDNN_12_4, [], [], 9, Supply.THERE),
        (CUDNN_12_4, [], [], 8, Supply.MISSING),
        (BASE_12_4, [], ["libcudnn8"], 8, Supply.THERE),
        (BASE_12_4, [], ["libcudnn9-cuda-12"], 9, Supply.THERE),
        (BASE_12_4, [], ["libcudnn9-samples"], 9, Supply.MISSING),
        (PYTHON, ["nvidia-cudnn-cu12==9.1.0.70"], [], 9, Supply.IF_LOADED),
        (PYTHON, ["nvidia-cudnn-cu12==8.9.2.26"], [], 9, Supply.MISSING),
        (PYTHON, ["torch==2.3.1"], [], 8, Supply.IF_LOADED),
        (PYTHON, ["torch==2.3.1"], [], 9, Supply.MISSING),
        ("our_base:1", [], [], 9, Supply.UNKNOWN),
    ],
)
def test_cudnn(image: str, packages: list[str], apt: list[str], wanted: int, supply: Supply) -> None:
    answer = libraries.cudnn(workload(image, pip=packages, apt=apt), MATRIX, wanted)
    assert answer.supply is supply, answer


def test_a_gap_may_bring_what_is_missing() -> None:
    answer = libraries.cuda(workload(CUDNN_12_4, gaps=["Dockerfile:4: -r missing.txt"]), MATRIX, 11)
    assert answer.supply is Supply.UNKNOWN
    assert "missing.txt" in answer.found
