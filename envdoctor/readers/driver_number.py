"""NVIDIA driver versions as people write them, and what a number that is none of them probably is."""

from __future__ import annotations

import re

from envdoctor.patterns import lazily
from envdoctor.readers.json_document import shown

# "535.104.05", "535", "R535", "v535.104.05", "nvidia-driver-535-server", "535.104.05-0ubuntu1", "535.104.05 (open)"
_WRITTEN = lazily(
    r"(?:nvidia[-_ ]driver[-_ ]|[rv])?([1-9][0-9]{2}(?:\.[0-9]{1,9}){0,5})(?:[-_+~ (][\x20-\x7e]{0,60})?",
    re.ASCII | re.IGNORECASE,
)
_CUDA = r"(?:[Cc][Uu][Dd][Aa][-_ ]?)?(?:[1-9]|1[0-9])(?:\.[0-9]{1,2}){1,2}"
# The number that Windows' device manager shows: the driver's own is its last five digits, 31.0.15.5161 -> 551.61.
_DEVICE_MANAGER = r"[0-9]{1,2}\.[0-9]{1,2}\.[0-9]?([0-9])\.([0-9]{2})([0-9]{2})"

EXPECTED = 'an NVIDIA driver version such as "535.104.05" or its branch "535"'


class DriverNumberError(ValueError):
    """The text is not a driver version; the message says what was read, what was expected and what to do."""


def read_driver(text: str) -> str:
    """The dotted version in what was written: "R535" -> "535". Raises DriverNumberError."""
    match = _WRITTEN.fullmatch(text.strip())
    if match is None:
        raise DriverNumberError(f"{shown(text)} is not a driver version, expected {EXPECTED}{explained(text)}")
    return match.group(1)


def explained(text: str) -> str:
    """ " (…)" with what the number probably is, or an empty string."""
    number = text.strip()
    device_manager = re.fullmatch(_DEVICE_MANAGER, number)
    if device_manager:
        own = f"{device_manager.group(1)}{device_manager.group(2)}.{device_manager.group(3)}"
        return f" (this is the Windows device manager's number; NVIDIA's own is its last five digits, {own})"
    if re.fullmatch(_CUDA, number):
        return (
            f" ({shown(number)} looks like a CUDA version; nvidia-smi prints the driver's own version beside it."
            " If only the CUDA version is known, state that: cuda= in --host, host.driver.cuda in a document)"
        )
    return ""
