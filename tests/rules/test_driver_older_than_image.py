"""NGC images on drivers that only minor-version compatibility helps."""

from __future__ import annotations

from envdoctor.findings import Severity
from tests.rules.vocabulary import CUDNN_12_4, does_not_apply, fires, on, silent, undecided, workload

RULE = "driver-older-than-image"
NGC_12_6 = "nvcr.io/nvidia/pytorch:24.12-py3"  # CUDA 12.6.3


def test_silent_on_a_driver_as_new_and_on_data_center_gpus() -> None:
    silent(RULE, workload(NGC_12_6, host=on("560.35.03", ["RTX 3090"])))
    silent(RULE, workload(NGC_12_6, host=on("560", ["RTX 3090"])))
    silent(RULE, workload(NGC_12_6, host=on("535.104.05", ["A100"])))  # its entrypoint takes the compat libraries


def test_geforce_on_an_older_driver_is_a_warning() -> None:
    finding = fires(RULE, workload(NGC_12_6, host=on("535.104.05", ["RTX 3090"])))
    assert finding.severity is Severity.WARNING
    for part in ("12.6.3", "12.2", "RTX 3090", "starts all the same"):
        assert part in finding.message
    assert "CUDA 12.6 or newer" in finding.remedy[0]


def test_below_the_floor_of_the_major_another_rule_judges() -> None:
    assert "driver-too-old" in does_not_apply(RULE, workload(NGC_12_6, host=on("470.57.02", ["RTX 3090"])))


def test_open_and_not_applicable() -> None:
    assert "GPUs are not stated" in undecided(RULE, workload(NGC_12_6, host=on("535.104.05")))
    assert "not stated" in undecided(RULE, workload(NGC_12_6))
    assert "nearest known: 25.06" in undecided(
        RULE, workload("nvcr.io/nvidia/pytorch:25.07-py3", host=on("535.104.05", ["T4"]))
    )
    does_not_apply(RULE, workload(CUDNN_12_4, host=on("535.104.05", ["RTX 3090"])))
    assert "L4T" in does_not_apply(RULE, workload(NGC_12_6, host=on(None, ["Jetson AGX Orin"], l4t="36.4")))
