"""Images without a build for the host's CPU."""

from __future__ import annotations

from envdoctor.findings import Severity
from tests.rules.vocabulary import CUDNN_12_4, PYTHON, does_not_apply, fires, on, silent, workload

RULE = "image-wrong-architecture"
GRACE = on("580.95.05", ["GH200"], arch="aarch64")
AMD64_ONLY = "nvidia/cuda:12.2.2-cudnn8-runtime-centos7"


def test_images_for_both_are_silent() -> None:
    silent(RULE, workload(CUDNN_12_4, host=GRACE))
    silent(RULE, workload(CUDNN_12_4, host=on("580.95.05", ["T4"], arch="x86_64")))
    silent(RULE, workload("nvcr.io/nvidia/pytorch:24.05-py3", host=GRACE))
    silent(RULE, workload(CUDNN_12_4, platform="linux/arm64", host=GRACE))


def test_amd64_on_grace() -> None:
    finding = fires(RULE, workload(AMD64_ONLY, host=GRACE))
    assert finding.severity is Severity.ERROR
    assert "built for amd64 and the host is arm64" in finding.message
    assert "exec format error" in finding.message
    assert finding.remedy == ("use a tag that has a build for arm64",)


def test_a_platform_is_a_choice_of_one() -> None:
    finding = fires(RULE, workload(CUDNN_12_4, platform="linux/arm64", host=on("580.95.05", ["T4"], arch="x86_64")))
    assert "built for arm64 and the host is amd64" in finding.message


def test_a_jetson_is_arm64() -> None:
    fires(RULE, workload(AMD64_ONLY, host=on(None, ["Jetson AGX Orin"], l4t="36.4")))


def test_where_either_is_not_stated() -> None:
    does_not_apply(RULE, workload(AMD64_ONLY, host=on("580.95.05", ["T4"])))
    does_not_apply(RULE, workload(PYTHON, host=GRACE))
    does_not_apply(RULE, workload("our_base:1", host=GRACE))
