"""Below the floor, on GPUs and driver branches that a cuda-compat package supports."""

from __future__ import annotations

import pytest

from envdoctor.findings import Severity
from tests.rules.vocabulary import (
    BASE_12_4,
    CUDNN_12_4,
    PYTHON,
    does_not_apply,
    fires,
    on,
    silent,
    undecided,
    workload,
)

RULE = "needs-forward-compat"
CUDA_13 = "nvidia/cuda:13.0.1-base-ubuntu22.04"


@pytest.mark.parametrize(
    ("image", "driver", "gpu"),
    [
        (CUDNN_12_4, "525.60.13", "T4"),  # on the floor: by itself
        (CUDA_13, "580.65.06", "A100"),
        (CUDNN_12_4, "470.57.02", "RTX 3090"),  # not eligible: driver-too-old tells it
        (CUDA_13, "545.23.08", "A100"),  # no cuda-compat-13-0 for R545
        ("nvidia/cuda:11.8.0-base-ubuntu22.04", "470.57.02", "T4"),
    ],
)
def test_silent_where_it_runs_by_itself_or_not_at_all(image: str, driver: str, gpu: str) -> None:
    silent(RULE, workload(image, host=on(driver, [gpu])))


def test_a_wheel_finds_no_compat_package_on_plain_python() -> None:
    silent(RULE, workload(PYTHON, pip=["torch==2.11.0"], host=on("535.54.03", ["A100"])))


def test_a_t4_on_r470_rests_on_release_notes() -> None:
    finding = fires(RULE, workload(CUDNN_12_4, host=on("470.57.02", ["T4"])))
    assert finding.severity is Severity.WARNING
    for part in ("12.4.1", "470.57.02", "525.60.13", "R470", "no longer lists"):
        assert part in finding.message
    assert any("release-notes" in source for source in finding.sources)
    assert "525.60.13" in finding.remedy[0]


def test_what_nvidias_table_lists_is_a_note() -> None:
    finding = fires(RULE, workload(CUDA_13, host=on("535.54.03", ["A100-SXM4-80GB"])))
    assert finding.severity is Severity.NOTE
    assert "cuda-compat 13.0 supports driver branch R535" in finding.message
    assert "no longer lists" not in finding.message


@pytest.mark.parametrize(
    ("toolkit", "severity"), [("1.17.3", Severity.NOTE), ("1.17.4", Severity.WARNING), ("1.17.5", Severity.NOTE)]
)
def test_toolkit_1_17_4_alone_does_not_activate_it(toolkit: str, severity: Severity) -> None:
    finding = fires(RULE, workload(CUDA_13, host=on("535.54.03", ["A100"], toolkit=toolkit)))
    assert finding.severity is severity
    assert ("1.17.4 does not activate" in finding.message) is (toolkit == "1.17.4")


def test_not_for_windows_and_jetson_and_hosts_without_a_driver() -> None:
    silent(RULE, workload(CUDNN_12_4, host=on("522.25", ["RTX 3090"], wsl="2")))
    does_not_apply(RULE, workload(BASE_12_4, host=on(None, ["Jetson AGX Orin"], l4t="36.4")))
    does_not_apply(RULE, workload(BASE_12_4, host=on("none", ["T4"])))


def test_the_driver_decides() -> None:
    assert "driver version" in undecided(RULE, workload(CUDNN_12_4))


def test_an_ngc_image_activates_its_libraries_itself_whatever_the_toolkit() -> None:
    finding = fires(RULE, workload("nvcr.io/nvidia/pytorch:24.12-py3", host=on("470.57.02", ["T4"], toolkit="1.17.4")))
    assert "entrypoint of NGC images" in finding.message
    assert "Toolkit" not in " ".join((finding.message, *finding.remedy))
