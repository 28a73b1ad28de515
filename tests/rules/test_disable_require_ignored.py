"""Spellings that are meant to switch the start gate off and do not."""

from __future__ import annotations

import pytest

from envdoctor.findings import Severity
from tests.rules.vocabulary import BASE_12_4, does_not_apply, fires, silent, workload

RULE = "disable-require-ignored"


@pytest.mark.parametrize("value", ["1", "t", "T", "true", "True", "TRUE", "0", "false"])
def test_what_gos_parsebool_reads_is_silent(value: str) -> None:
    silent(RULE, workload(BASE_12_4, env={"NVIDIA_DISABLE_REQUIRE": value}))


@pytest.mark.parametrize("value", ["yes", "on", "tRUE", "", "2"])
def test_other_values_do_not_count(value: str) -> None:
    finding = fires(RULE, workload(BASE_12_4, env={"NVIDIA_DISABLE_REQUIRE": value}))
    assert finding.severity is Severity.WARNING
    assert repr(value) in finding.message
    assert "the start gate stays on" in finding.message
    assert finding.remedy == ("write NVIDIA_DISABLE_REQUIRE=1",)


def test_the_plural_is_read_by_nobody() -> None:
    assert (
        "NVIDIA_DISABLE_REQUIRES is not"
        in fires(RULE, workload(BASE_12_4, env={"NVIDIA_DISABLE_REQUIRES": "1"})).message
    )


def test_at_the_launch_too() -> None:
    finding = fires(RULE, workload(BASE_12_4, launch_env={"NVIDIA_DISABLE_REQUIRE": "on"}))
    assert finding.evidence[0].fact == "launch.env.NVIDIA_DISABLE_REQUIRE"


def test_nothing_to_judge() -> None:
    does_not_apply(RULE, workload(BASE_12_4, env={"NVIDIA_VISIBLE_DEVICES": "all"}))
