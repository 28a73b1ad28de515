"""The start gate's grammar, against what libnvidia-container does (src/cli/dsl.c, src/cli/configure.c)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envdoctor.judging.requirement import Device, RequirementError, admits, parse

CUDA_12_4 = "cuda>=12.4 brand=tesla,driver>=470,driver<471 brand=unknown,driver>=535,driver<536 brand=geforce,driver>=535,driver<536"


@pytest.mark.parametrize(
    ("device", "answer"),
    [
        (Device("12.4", "550.54.14", "8.9", "geforce"), True),  # the driver's own CUDA is enough
        (Device("12.2", "535.104.05", "8.6", "geforce"), True),  # by its clause
        (Device("12.2", "535.104.05", "8.0", "unknown"), True),  # an A100's brand is unknown to the gate
        (Device("11.4", "470.57.02", "7.5", "tesla"), True),  # a T4
        (Device("11.4", "470.57.02", "8.0", "unknown"), False),  # an A100: no clause for it on R470
        (Device("12.0", "525.147.05", "8.6", "geforce"), False),
        (Device("12.3", "545.23.08", "7.5", "tesla"), False),
        (Device("12.2", "535", "8.6", "geforce"), True),  # a partial version, all of whose releases agree
        (Device(None, "545.23.08", "7.5", "tesla"), None),
        (Device("12.2", "535.104.05", "8.6", None), None),
    ],
)
def test_or_of_ands(device: Device, answer: bool | None) -> None:
    assert admits(CUDA_12_4, device) is answer


def test_brand_nvidia_never_matches_what_the_gate_calls_unknown() -> None:
    assert admits("brand=nvidia,driver>=535", Device("12.2", "535.54.03", "8.0", "unknown")) is False


def test_property_names_and_brands_compare_without_case() -> None:
    assert admits("CUDA>=12.3", Device("12.4", None, None, None)) is True
    assert admits("brand=TESLA", Device(None, None, None, "tesla")) is True


def test_missing_fields_count_as_zero() -> None:
    assert admits("driver<471", Device(None, "470.256.02", None, None)) is True
    assert admits("driver<470", Device(None, "470.0", None, None)) is False
    assert admits("cuda=12.4", Device("12.4", None, None, None)) is True


def test_an_empty_expression_admits_everything() -> None:
    assert admits("  ", Device(None, None, None, None)) is True


@pytest.mark.parametrize(
    "text", ["cuda", "cuda>=", "memory>=4", "cuda>=twelve", ",", "cuda>=12.4,,driver>1", "x" * 70_000]
)
def test_what_is_no_expression_is_refused(text: str) -> None:
    with pytest.raises(RequirementError):
        parse(text)


@given(st.text(alphabet="cudariverbnhs<>=!., 0123456789", max_size=200))
def test_no_text_does_worse_than_an_error(text: str) -> None:
    try:
        assert admits(text, Device("12.2", "535.54.03", "8.0", "unknown")) in (True, False)
    except RequirementError:
        pass
