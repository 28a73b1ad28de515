"""The CPU package alone, with and without --uses."""

from __future__ import annotations

from envdoctor.findings import Severity
from tests.rules.vocabulary import CUDNN_12_4, PYTHON, does_not_apply, fires, package, undecided, workload

RULE = "onnxruntime-cpu-package"
CPU = ["onnxruntime==1.20.1"]


def test_where_the_cpu_is_meant() -> None:
    assert "without CUDA" in does_not_apply(RULE, workload(PYTHON, pip=CPU))
    does_not_apply(RULE, workload(CUDNN_12_4, pip=CPU, uses=["onnxruntime"]))
    does_not_apply(RULE, workload(CUDNN_12_4, pip=CPU, uses=["torch"]))


def test_beside_the_gpu_package_it_is_another_rules() -> None:
    does_not_apply(RULE, workload(CUDNN_12_4, pip=[*CPU, "onnxruntime-gpu==1.20.0"]))
    does_not_apply(RULE, workload(CUDNN_12_4, pip=["onnxruntime-gpu==1.20.0"], uses=["onnxruntime-cuda"]))
    does_not_apply(RULE, workload(CUDNN_12_4))


def test_condas_package_may_be_a_cuda_build() -> None:
    facts = workload(CUDNN_12_4, pip=[package("onnxruntime==1.20.1", "conda")])
    assert "under one name" in does_not_apply(RULE, facts)


def test_in_an_image_with_cuda_it_is_a_warning() -> None:
    finding = fires(RULE, workload(CUDNN_12_4, pip=CPU))
    assert finding.severity is Severity.WARNING
    assert "its sessions run on the CPU" in finding.message
    assert "--uses onnxruntime" in finding.remedy[-1]


def test_where_cuda_is_said_to_be_needed_it_is_an_error() -> None:
    for use in ("onnxruntime-cuda", "onnxruntime-tensorrt"):
        finding = fires(RULE, workload(PYTHON, pip=CPU, uses=[use]))
        assert finding.severity is Severity.ERROR
        assert "onnxruntime-gpu" in finding.remedy[0]


def test_a_gap_may_hold_it() -> None:
    assert "missing.txt" in undecided(RULE, workload(CUDNN_12_4, gaps=["Dockerfile:4: -r missing.txt"]))
