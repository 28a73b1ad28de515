"""torch and onnxruntime-gpu without an exact version."""

from __future__ import annotations

from envdoctor.findings import Severity
from tests.rules.vocabulary import (
    CUDA_12_FEED,
    CUDNN_12_4,
    CUDNN_12_8,
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
    workload,
)

RULE = "unpinned-gpu-package"


def test_exact_versions_are_silent() -> None:
    silent(RULE, workload(CUDNN_12_4, pip=["torch==2.4.0", "onnxruntime-gpu==1.20.0"]))
    does_not_apply(RULE, workload(CUDNN_12_4, pip=["numpy"]))
    does_not_apply(RULE, document(packages=[installed("torch")]))  # what is installed is no declaration


def test_an_index_of_one_cuda_release_fixes_it() -> None:
    for folder in ("cu118", "cu124", "cpu"):
        for manager in ("pip", "uv"):
            silent(RULE, workload(PYTHON, pip=[package("torch", manager, index=f"{PYTORCH}{folder}")]))
    fires(RULE, workload(PYTHON, pip=[package("torch", index=f"{PYTORCH}cu118", extra=["https://pypi.org/simple"])]))
    fires(RULE, workload(PYTHON, pip=[package("torch", index="https://pypi.example/simple")]))


def test_a_torch_that_the_image_holds_changes_with_the_image_only() -> None:
    does_not_apply(RULE, workload("nvcr.io/nvidia/pytorch:24.05-py3", pip=["torch"]))
    does_not_apply(RULE, workload("pytorch/pytorch:2.4.0-cuda12.4-cudnn9-runtime", pip=["torch>=2.0"]))


def test_today_on_python_3_10_it_is_1_23_2() -> None:
    finding = fires(RULE, workload(CUDNN_12_4, pip=["onnxruntime-gpu"]))
    assert finding.severity is Severity.WARNING
    assert "installs 1.23.2 (CUDA 12.2)" in finding.message
    assert finding.remedy == ("pin it: onnxruntime-gpu==1.23.2",)


def test_today_by_python() -> None:
    for python, version in (("3.8", "1.19.2"), ("3.10", "1.23.2"), ("3.12", "1.31.1")):
        assert version in fires(RULE, workload(f"python:{python}", pip=["onnxruntime-gpu"])).message
    for python, version in (
        ("3.8", "2.4.1 (CUDA 12.1)"),
        ("3.9", "2.8.0 (CUDA 12.8)"),
        ("3.10", "2.14.1 (CUDA 13.0)"),
        ("3.11", "2.15.0 (CUDA 13.2)"),
    ):
        assert version in fires(RULE, workload(f"python:{python}", pip=["torch"])).message


def test_two_indexes() -> None:
    extra = package("torch", extra=[f"{PYTORCH}cu118"])
    assert "2.15.0 (CUDA 13.2)" in fires(RULE, workload(PYTHON, pip=[extra])).message  # the highest version wins
    assert (
        "2.7.1 (CUDA 11.8)" in fires(RULE, workload(PYTHON, pip=[extra._replace(manager="uv")])).message
    )  # the first index
    assert "1.31.1" in fires(RULE, workload(PYTHON, pip=[package("onnxruntime-gpu", extra=[CUDA_12_FEED])])).message


def test_a_range_is_not_a_pin() -> None:
    assert "2.5.1 (CUDA 12.4)" in fires(RULE, workload(PYTHON, pip=["torch>=2.4,<2.6"])).message


def test_the_pin_is_one_that_runs_there() -> None:
    host = on("570.211.01", ["RTX 5090"])
    for line, rules in (
        ("torch", ("gpu-not-in-torch", "driver-too-old")),
        ("onnxruntime-gpu", ("onnxruntime-cuda-mismatch", "driver-too-old")),
    ):
        remedy = fires(RULE, workload(CUDNN_12_8, pip=[line], host=host)).remedy[0]
        index = remedy.partition("--index-url ")[2].split(" ")[0] or None
        mended = workload(CUDNN_12_8, pip=[package(remedy.split('"')[1], index=index)], host=host)
        for rule in rules:
            assert not asked(rule, mended).findings, (remedy, rule)


def test_a_release_range_that_nothing_fits_has_no_number() -> None:
    assert fires(RULE, workload(PYTHON, pip=["torch>=99"])).remedy == ("pin it: torch==VERSION",)
