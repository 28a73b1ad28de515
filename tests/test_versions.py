"""Partial versions decide only where all releases they can mean agree."""

from __future__ import annotations

import pytest

from envdoctor.versions import VersionError, at_least, below, leading, matches, minor, parse


@pytest.mark.parametrize(
    ("version", "floor", "answer"),
    [
        ("525.60.13", "525.60.13", True),
        ("525.60.12", "525.60.13", False),
        ("525.60.14", "525.60.13", True),
        ("550.54.14", "525.60.13", True),
        ("535", "525.60.13", True),
        ("470", "525.60.13", False),
        ("525", "525.60.13", None),  # 525.53 is below, 525.147.05 above
        ("525.60", "525.60.13", None),
        ("525", "525", True),
        ("450.80.02", "450.80.2", True),
        ("12.4", "12.4", True),
        ("12", "12.4", None),
        ("13", "12.4", True),
    ],
)
def test_at_least(version: str, floor: str, answer: bool | None) -> None:
    assert at_least(version, floor) is answer
    assert below(version, floor) is (None if answer is None else not answer)


def test_within() -> None:
    assert matches("12.4.1", "12.4") is True
    assert matches("12.4.1", "12.5") is False
    assert matches("12", "12.5") is None


@pytest.mark.parametrize("text", ["banana", "", "12.", ".5", "12.4-1", "1" * 40, "１２.4", "12 4"])
def test_what_is_no_version_is_refused(text: str) -> None:
    with pytest.raises(VersionError):
        parse(text)


def test_the_number_a_text_starts_with() -> None:
    assert leading("8.9.7.29-1+cuda12.2") == "8.9.7.29"
    assert leading("v9.1.0") == "9.1.0"
    assert leading("unknown") is None
    assert minor("12.4.1") == "12.4"
    assert minor("12") is None
