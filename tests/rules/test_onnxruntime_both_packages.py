"""onnxruntime beside onnxruntime-gpu."""

from __future__ import annotations

from envdoctor.findings import Severity
from tests.rules.vocabulary import CUDNN_12_4, does_not_apply, fires, undecided, workload

RULE = "onnxruntime-both-packages"


def test_one_of_them_is_fine() -> None:
    does_not_apply(RULE, workload(CUDNN_12_4, pip=["onnxruntime-gpu==1.20.0"]))
    does_not_apply(RULE, workload(CUDNN_12_4, pip=["onnxruntime==1.20.0"]))


def test_the_cpu_package_where_cuda_is_needed_is_another_rules() -> None:
    does_not_apply(RULE, workload(CUDNN_12_4, pip=["onnxruntime==1.20.0"], uses=["onnxruntime-cuda"]))


def test_both() -> None:
    finding = fires(RULE, workload(CUDNN_12_4, pip=["onnxruntime-gpu==1.20.0", "onnxruntime==1.20.0"]))
    assert finding.severity is Severity.ERROR
    assert "both installed" in finding.message
    assert finding.remedy[0].startswith("pip uninstall -y onnxruntime onnxruntime-gpu && pip install")


def test_what_is_not_seen_may_hold_the_other() -> None:
    gap = ["Dockerfile:4: -r missing.txt"]
    assert "missing.txt" in undecided(RULE, workload(CUDNN_12_4, pip=["onnxruntime-gpu==1.20.0"], gaps=gap))
    assert "our_base:1" in undecided(RULE, workload("our_base:1", pip=["onnxruntime-gpu==1.20.0"]))


def test_an_image_that_is_said_to_use_the_cpu_does_not_care() -> None:
    both = ["onnxruntime-gpu==1.20.0", "onnxruntime==1.20.0"]
    assert "does not use" in does_not_apply(RULE, workload(CUDNN_12_4, pip=both, uses=["onnxruntime"]))
