"""cuDNN 9.11 dropped what is older than Turing; Blackwell came with 9.7."""

from __future__ import annotations

import pytest

from envdoctor.findings import Severity
from tests.rules.vocabulary import (
    CUDNN_12_4,
    CUDNN_12_8,
    CUDNN_13_0,
    PYTHON,
    document,
    does_not_apply,
    fires,
    fires_and_stays_open,
    installed,
    on,
    silent,
    undecided,
    workload,
)

RULE = "gpu-not-in-cudnn"
V100 = {"driver": {"version": "580.95.05"}, "gpus": [{"name": "Tesla V100-SXM2-16GB"}]}


def holding(cudnn: str, cuda: str = "12.9.1") -> dict[str, object]:
    return {"reference": "our/base:1", "cuda": cuda, "cudnn": cudnn, "flavor": "runtime"}


@pytest.mark.parametrize(
    ("image", "gpu"),
    [
        (CUDNN_12_4, "RTX 4090"),
        (CUDNN_12_8, "RTX 5090"),
        (CUDNN_13_0, "T4"),
        ("nvidia/cuda:12.9.1-cudnn-runtime-ubuntu22.04", "V100"),
    ],
)
def test_supported_gpus_are_silent(image: str, gpu: str) -> None:
    silent(RULE, workload(image, pip=["onnxruntime-gpu==1.26.0"], host=on("580.95.05", [gpu])))


def test_9_11_dropped_volta_in_its_cuda_12_builds_too() -> None:
    packages = [installed("onnxruntime-gpu", "1.22.0")]
    silent(RULE, document(host=V100, image=holding("9.10.2"), packages=packages))
    finding = fires(RULE, document(host=V100, image=holding("9.11.0"), packages=packages))
    assert finding.severity is Severity.ERROR
    assert "cuDNN 9.11.0 supports compute capabilities 7.5 to 12.1" in finding.message
    assert "7.0" in finding.message
    assert "9.10 or older" in finding.remedy[0]


def test_blackwell_came_with_9_7() -> None:
    finding = fires(RULE, workload(CUDNN_12_4, pip=["onnxruntime-gpu==1.22.0"], host=on("570.86.10", ["RTX 5090"])))
    assert "9.1.0.70" in finding.message
    assert "9.7 or newer" in finding.remedy[0]


def test_beside_torch_the_cpu_fallback_is_seen_sooner() -> None:
    facts = workload(CUDNN_12_4, pip=["onnxruntime-gpu==1.22.0", "torch==2.9.1"], host=on("570.86.10", ["RTX 5090"]))
    assert fires(RULE, facts).severity is Severity.WARNING


def test_nobody_known_to_load_it_is_a_warning_and_a_gap_a_note() -> None:
    assert fires(RULE, workload(CUDNN_13_0, host=on("580.95.05", ["V100"]))).severity is Severity.WARNING
    gap = workload(CUDNN_13_0, gaps=["Dockerfile:9: make install"], host=on("580.95.05", ["V100"]))
    finding, reason = fires_and_stays_open(RULE, gap)
    assert finding.severity is Severity.NOTE
    assert "loads the image's cuDNN" in reason


def test_torch_brings_its_own() -> None:
    assert "known to load" in does_not_apply(
        RULE, workload(CUDNN_13_0, pip=["torch==2.8.0"], host=on("580.95.05", ["V100"]))
    )


def test_open_and_not_applicable() -> None:
    assert "GPUs are not stated" in undecided(RULE, workload(CUDNN_12_4, pip=["onnxruntime-gpu==1.20.0"]))
    does_not_apply(RULE, workload("nvidia/cuda:12.4.1-base-ubuntu22.04", host=on("580.95.05", ["V100"])))
    does_not_apply(RULE, workload(PYTHON, pip=["onnxruntime-gpu==1.20.0"], host=on("580.95.05", ["V100"])))
