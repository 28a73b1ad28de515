"""A host that is known to have no driver, or no GPU."""

from __future__ import annotations

from envdoctor.findings import Severity
from tests.rules.vocabulary import CUDNN_12_4, PYTHON, does_not_apply, fires, on, undecided, workload

RULE = "host-without-gpu"


def test_does_not_apply_to_a_host_with_both_or_of_unknown_kind() -> None:
    does_not_apply(RULE, workload(CUDNN_12_4, host=on("550.54.14", ["T4"])))
    does_not_apply(RULE, workload(CUDNN_12_4))
    does_not_apply(RULE, workload(CUDNN_12_4, host=on("550.54.14")))


def test_nothing_that_needs_cuda_is_fine_there() -> None:
    does_not_apply(RULE, workload(PYTHON, pip=["torch==2.4.0+cpu"], host=on("none")))


def test_without_a_driver() -> None:
    finding = fires(RULE, workload(CUDNN_12_4, host=on("none")))
    assert finding.severity is Severity.ERROR
    assert "no NVIDIA driver" in finding.message
    assert "install the NVIDIA driver on the host" in finding.remedy[0]


def test_without_a_gpu() -> None:
    finding = fires(RULE, workload(PYTHON, pip=["torch==2.4.0"], host=on("550.54.14", ["none"])))
    assert "no NVIDIA GPU, and torch 2.4.0 needs one" in finding.message


def test_an_image_of_unknown_making_is_open() -> None:
    assert "--image-alias" in undecided(RULE, workload("our_base:1", host=on("none")))
