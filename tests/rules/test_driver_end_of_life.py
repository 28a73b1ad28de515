"""Driver branches that get no more fixes."""

from __future__ import annotations

import pytest

from envdoctor.findings import Severity
from tests.rules.vocabulary import CUDNN_12_4, does_not_apply, fires, on, silent, undecided, workload

RULE = "driver-end-of-life"


@pytest.mark.parametrize("driver", ["580.65.06", "580", "595.58.03", "615.65.02"])
def test_supported_branches_are_silent(driver: str) -> None:
    silent(RULE, workload(CUDNN_12_4, host=on(driver, ["T4"])))


@pytest.mark.parametrize(
    ("driver", "branch", "since"),
    [("470.57.02", "R470", "2024-07-20"), ("550.54.14", "R550", "2025-04-17"), ("535", "R535", "2026-06-30")],
)
def test_a_dead_branch_is_a_note_with_its_date(driver: str, branch: str, since: str) -> None:
    finding = fires(RULE, workload(CUDNN_12_4, host=on(driver, ["T4"])))
    assert finding.severity is Severity.NOTE
    assert branch in finding.message
    assert since in finding.message
    assert "R580" in finding.remedy[0]
    assert "R470" not in finding.remedy[0]


def test_windows_numbers_run_on_within_a_branch() -> None:
    assert "R550" in fires(RULE, workload(CUDNN_12_4, host=on("552.22", ["T4"], wsl="2"))).message


def test_open_and_not_applicable() -> None:
    assert "not stated" in undecided(RULE, workload(CUDNN_12_4))
    assert "700.12" in undecided(RULE, workload(CUDNN_12_4, host=on("700.12", ["T4"])))
    does_not_apply(RULE, workload(CUDNN_12_4, host=on(None, ["Jetson AGX Orin"], l4t="35.4.1")))
