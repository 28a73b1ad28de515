"""GPUs that have no encoder."""

from __future__ import annotations

import pytest

from envdoctor.findings import Severity
from tests.rules.vocabulary import BASE_12_4, document, does_not_apply, fires, on, silent, workload

RULE = "gpu-without-video-engine"


@pytest.mark.parametrize("gpu", ["T4", "L4", "A10", "RTX 4090", "V100", "RTX 3060", "Quadro P4000", "GTX 1060"])
def test_these_encode(gpu: str) -> None:
    silent(RULE, workload(BASE_12_4, uses=["nvenc", "nvdec"], host=on("570.86.15", [gpu])))


@pytest.mark.parametrize("gpu", ["A100", "H100", "GT 1030", "MX350"])
def test_decoding_is_another_engine(gpu: str) -> None:
    silent(RULE, workload(BASE_12_4, uses=["nvdec"], host=on("570.86.15", [gpu])))


def test_it_is_not_asked_of_who_does_not_encode_or_of_no_host() -> None:
    does_not_apply(RULE, workload(BASE_12_4, pip=["torch"], host=on("570.86.15", ["A100"])))
    assert "not stated" in does_not_apply(RULE, workload(BASE_12_4, uses=["nvenc"]))
    silent(RULE, workload(BASE_12_4, uses=["nvenc"], host=on("570.86.15", ["8.0"])))


@pytest.mark.parametrize(
    "gpu",
    ["NVIDIA A100-SXM4-80GB", "A30", "NVIDIA H100 80GB HBM3", "H200", "GeForce MX350", "GeForce GT 1030", "MX250"],
)
def test_these_do_not(gpu: str) -> None:
    finding = fires(RULE, workload(BASE_12_4, uses=["nvenc"], host=on("570.86.15", [gpu])))
    assert finding.severity is Severity.ERROR
    assert "NVENC" in finding.message
    assert "libx264" in finding.remedy[1]


def test_the_smallest_maxwell_does_not_decode_either() -> None:
    assert "NVDEC" in fires(RULE, workload(BASE_12_4, uses=["nvdec"], host=on("570.86.15", ["MX130"]))).message


def test_one_of_several() -> None:
    finding = fires(RULE, workload(BASE_12_4, uses=["nvenc"], host=on("570.86.15", ["A100", "L4"])))
    assert finding.severity is Severity.WARNING
    assert "A100" in finding.message
    assert "L4" not in finding.message


def test_a_laptop_with_windows() -> None:
    host = {"os": {"id": "windows"}, "gpus": [{"name": "GeForce MX350"}]}
    fires(RULE, document(host=host, uses=["nvenc"]))


def test_an_mx450_has_neither() -> None:
    fires(RULE, workload(BASE_12_4, uses=["nvdec"], host=on("570.86.15", ["GeForce MX450"])))
