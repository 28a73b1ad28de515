"""A host that is known to have no driver, or no GPU."""

from __future__ import annotations

from envdoctor.findings import Severity
from tests.rules.vocabulary import (
    CUDNN_12_4,
    PYTHON,
    document,
    does_not_apply,
    fires,
    installed,
    on,
    undecided,
    workload,
)

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


def test_a_launch_that_asks_for_one_does_not_start() -> None:
    finding = fires(RULE, document(host={"gpus": []}, launch={"gpus": "all"}))
    assert "the launch (--gpus all) needs one" in finding.message
    fires(RULE, document(host={"gpus": []}, launch={"devices": ["nvidia.com/gpu=0"]}))


def test_a_document_of_a_host_alone_is_judged_by_the_launch_that_is_assumed() -> None:
    assert "a launch with --gpus all needs one" in fires(RULE, document(host={"gpus": []})).message
    does_not_apply(RULE, document(host={"gpus": []}, packages=[installed("flask", "3.0.0")]))
    does_not_apply(RULE, document(host={"gpus": []}, launch={"shm_size": "1g"}))


def test_what_the_user_says_it_uses() -> None:
    fires(RULE, document(host={"gpus": []}, uses=["nvenc"]))
    does_not_apply(RULE, document(host={"gpus": []}, uses=["onnxruntime", "opencv"]))
