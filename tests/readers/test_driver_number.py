"""Driver versions as people write them."""

from __future__ import annotations

import pytest

from envdoctor.readers.driver_number import DriverNumberError, read_driver


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("535.104.05", "535.104.05"),
        ("535", "535"),
        ("R535", "535"),
        ("r470", "470"),
        ("v550.54.14", "550.54.14"),
        (" 535.104.05\n", "535.104.05"),
        ("535.104.05-server", "535.104.05"),
        ("535.104.05-0ubuntu1", "535.104.05"),
        ("nvidia-driver-535-server", "535"),
        ("570.86.10 (open)", "570.86.10"),
        ("551.61", "551.61"),
    ],
)
def test_versions(text: str, version: str) -> None:
    assert read_driver(text) == version


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("banana", "is not a driver version"),
        ("", "is not a driver version"),
        ("12.2", "looks like a CUDA version"),
        ("CUDA 12.4", "looks like a CUDA version"),
        ("12.4.1", "looks like a CUDA version"),
        ("31.0.15.5161", "551.61"),
        ("27.21.14.6109", "461.09"),
        ("5350", "is not a driver version"),
        ("53", "is not a driver version"),
        ("535.", "is not a driver version"),
        ("535banana", "is not a driver version"),
        ("٥٣٥", "is not a driver version"),
        ("\x1b[31m535", "is not a driver version"),
        ("535." * 100_000, "is not a driver version"),
    ],
)
def test_texts_that_are_none(text: str, hint: str) -> None:
    with pytest.raises(DriverNumberError) as caught:
        read_driver(text)
    message = str(caught.value)
    assert hint in message
    assert "535.104.05" in message
    assert message.isprintable()
    assert len(message) < 500
