"""cuDNN 9.11 dropped what is older than Turing; Blackwell came with 9.7."""

from __future__ import annotations

import pytest

from envdoctor.facts import Facts
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


def test_a_major_alone_decides_where_all_its_releases_agree() -> None:
    packages = [installed("onnxruntime-gpu", "1.22.0")]
    t4 = {"driver": {"version": "580.95.05"}, "gpus": [{"name": "Tesla T4"}]}
    silent(RULE, document(host=t4, image=holding("9"), packages=packages))
    assert "exact release" in undecided(RULE, document(host=V100, image=holding("9"), packages=packages))
    k80 = {"driver": {"version": "470.256.02"}, "gpus": [{"name": "Tesla K80"}]}
    finding = fires(RULE, document(host=k80, image=holding("9", "11.8.0"), packages=packages))
    assert "Tesla K80 is 3.7" in finding.message


def test_when_kepler_was_dropped_is_not_known() -> None:
    k80 = {"driver": {"version": "470.256.02"}, "gpus": [{"name": "Tesla K80"}]}
    packages = [installed("onnxruntime-gpu", "1.14.1")]
    silent(RULE, document(host=k80, image=holding("8.5.0.96", "11.7.1"), packages=packages))
    assert "3.7" in undecided(RULE, document(host=k80, image=holding("8.7.0.84", "11.8.0"), packages=packages))


def test_the_remedys_tag_supports_the_gpu() -> None:
    image = "nvidia/cuda:11.8.0-cudnn8-runtime-ubuntu20.04"  # cuDNN 8.9.6
    host = on("470.256.02", ["Tesla K80"])
    finding = fires(RULE, workload(image, pip=["onnxruntime-gpu==1.14.1"], host=host))
    tag = "nvidia/cuda:11.4.3-cudnn8-runtime-ubuntu20.04"
    assert finding.remedy == (f"use an image with cuDNN 8.5 or older (for example {tag})",)
    silent(RULE, workload(tag, pip=["onnxruntime-gpu==1.14.1"], host=host))


def test_torch_brings_its_own() -> None:
    assert "known to load" in does_not_apply(
        RULE, workload(CUDNN_13_0, pip=["torch==2.8.0"], host=on("580.95.05", ["V100"]))
    )


def test_open_and_not_applicable() -> None:
    assert "GPUs are not stated" in undecided(RULE, workload(CUDNN_12_4, pip=["onnxruntime-gpu==1.20.0"]))
    does_not_apply(RULE, workload("nvidia/cuda:12.4.1-base-ubuntu22.04", host=on("580.95.05", ["V100"])))
    does_not_apply(RULE, workload(PYTHON, pip=["onnxruntime-gpu==1.20.0"], host=on("580.95.05", ["V100"])))


def test_an_ngc_release_without_a_sourced_cudnn_serves_the_gpus_its_pytorch_is_built_for() -> None:
    image = "nvcr.io/nvidia/pytorch:24.06-py3"
    assert "no source" in does_not_apply(RULE, workload(image, host=on("550.54.15", ["T4", "H100"])))
    undecided(RULE, workload(image, host=on("570.86.10", ["RTX 5090"])))  # PTX alone: cuDNN decides
    undecided(RULE, workload(image, host=on("550.54.15")))


def test_in_place_of_an_ngc_image_another_release_is_offered_and_no_bare_cuda() -> None:
    finding = fires(RULE, workload("nvcr.io/nvidia/pytorch:24.12-py3", host=on("570.86.10", ["RTX 5090"])))
    assert finding.remedy == ("use nvcr.io/nvidia/pytorch:25.06-py3, which is built for 12.0",)


def holding_8_6(gpu: str) -> Facts:
    host = {"driver": {"version": "575.51.03"}, "gpus": [{"name": gpu}]}
    packages = [installed("onnxruntime-gpu", "1.16.3")]
    return document(host=host, image=holding("8.6.0.163", "11.8.0"), packages=packages)


@pytest.mark.parametrize("gpu", ["Tesla T4", "NVIDIA GeForce RTX 3090", "NVIDIA GeForce RTX 4090", "NVIDIA H100 PCIe"])
def test_a_release_whose_newest_gpu_is_not_known_supports_those_of_its_time(gpu: str) -> None:
    silent(RULE, holding_8_6(gpu))


def test_a_release_whose_newest_gpu_is_not_known_knows_none_that_a_later_one_does_not() -> None:
    finding = fires(RULE, holding_8_6("NVIDIA GeForce RTX 5090"))
    assert "supports compute capabilities any to at most 9.0" in finding.message


def test_the_remedy_names_no_image_whose_cudnn_is_older_than_the_gpu() -> None:
    image = "nvidia/cuda:11.8.0-cudnn8-runtime-ubuntu22.04"
    facts = workload(image, pip=["onnxruntime-gpu==1.16.3"], host=on("575.51.03", ["RTX 5090"]))
    assert fires(RULE, facts).remedy == ("use an image with cuDNN 9.7 or newer",)


def test_a_gpu_newer_than_the_matrix_is_not_judged() -> None:
    image = "nvidia/cuda:11.8.0-cudnn8-runtime-ubuntu22.04"
    facts = workload(image, pip=["onnxruntime-gpu==1.16.3"], host=on("575.51.03", ["13.0"]))
    assert "compute capability 13.0 (nearest known: 12.1)" in undecided(RULE, facts)
    assert "nearest known: 12.1" in undecided("gpu-not-in-cuda", facts)
    assert "nearest known: 12.1" in undecided("gpu-not-in-onnxruntime", facts)
