"""GPUs that a driver branch dropped, or that are newer than it."""

from __future__ import annotations

import pytest

from envdoctor.findings import Severity
from tests.rules.vocabulary import CUDNN_12_4, asked, does_not_apply, fires, on, silent, undecided, workload

RULE = "gpu-not-in-driver"


@pytest.mark.parametrize(
    ("driver", "gpu"),
    [
        ("470.256.02", "Tesla K80"),  # R470 is the last for Kepler
        ("580.95.05", "V100"),  # R580 is the last for Volta
        ("580", "GTX 1080 Ti"),
        ("570.26", "RTX 5090"),  # R570 is the first for Blackwell
        ("615.65.02", "T4"),
        ("450.80.02", "A100"),
    ],
)
def test_within_the_range_it_is_silent(driver: str, gpu: str) -> None:
    silent(RULE, workload(CUDNN_12_4, host=on(driver, [gpu])))


@pytest.mark.parametrize(
    ("driver", "gpu", "last", "name"),
    [
        ("590.48.01", "V100", "R580", "Volta"),
        ("590.48.01", "GTX 1080 Ti", "R580", "Pascal"),
        ("510.47.03", "Tesla K80", "R470", "Kepler"),
    ],
)
def test_dropped(driver: str, gpu: str, last: str, name: str) -> None:
    finding = fires(RULE, workload(CUDNN_12_4, host=on(driver, [gpu])))
    assert finding.severity is Severity.ERROR
    assert finding.message.startswith(f"{gpu}: driver branch R{driver[:3]} no longer drives {name} GPUs")
    assert finding.remedy == (f"install a driver of branch {last}",)


def test_newer_than_the_driver() -> None:
    finding = fires(RULE, workload(CUDNN_12_4, host=on("550.54.14", ["RTX 5090"])))
    assert "R570 is the first" in finding.message
    assert "R570 or newer" in finding.remedy[0]


def test_windows_numbers() -> None:
    silent(RULE, workload(CUDNN_12_4, host=on("576.02", ["RTX 5090"], wsl="2")))  # R575
    fires(RULE, workload(CUDNN_12_4, host=on("566.14", ["RTX 5090"], wsl="2")))  # R565


def test_a_windows_number_without_wsl_is_asked_back() -> None:
    reason = undecided(RULE, workload(CUDNN_12_4, host=on("551.61", ["RTX 4090"])))
    assert "551.61 is in no Linux branch" in reason
    assert "wsl=2" in reason
    silent(RULE, workload(CUDNN_12_4, host=on("551.61", ["RTX 4090"], wsl="2")))
    assert "wsl" not in undecided(RULE, workload(CUDNN_12_4, host=on("700.12", ["RTX 4090"])))


def test_one_unknown_gpu_does_not_hide_the_other() -> None:
    result = asked(RULE, workload(CUDNN_12_4, host=on("590.48.01", ["GT 1030", "V100"])))
    assert [finding.message[:4] for finding in result.findings] == ["V100"]
    assert "GT 1030" in (result.reason or "")


def test_open_and_not_applicable() -> None:
    assert "GPUs are not stated" in undecided(RULE, workload(CUDNN_12_4))
    assert "driver version" in undecided(RULE, workload(CUDNN_12_4, host=on(None, ["T4"])))
    assert "700.12" in undecided(RULE, workload(CUDNN_12_4, host=on("700.12", ["T4"])))
    does_not_apply(RULE, workload(CUDNN_12_4, host=on(None, ["Jetson AGX Orin"], l4t="36.4")))
    does_not_apply(RULE, workload(CUDNN_12_4, host=on("none", ["T4"])))
