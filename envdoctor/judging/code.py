"""Does a GPU have code in a binary? SASS and PTX compatibility, as the CUDA C++ programming guide states it.

SASS ("cubin") for X.Y runs on X.Z with Z >= Y; an "a" target only on exactly X.Y; an "f" target within its family
(the same major) at an equal or higher minor. PTX for X.Y is compiled by the driver for any X.Y or newer, again
exact for "a" and within the family for "f". Desktop SASS is not promised on Tegra (Jetson) nor the reverse.
Source: https://docs.nvidia.com/cuda/cuda-c-programming-guide/index.html#binary-compatibility
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum

from envdoctor.facts import TEGRA_CAPABILITIES, FactUnknown


class Coverage(str, Enum):
    NATIVE = "native"
    JIT = "jit"  # only as PTX: the driver compiles it at start-up
    UNPROMISED = "unpromised"  # desktop code on Tegra or the reverse
    NONE = "none"


def capability_of(target: str) -> tuple[int, int]:
    """ "86" -> (8, 6), "90a" -> (9, 0), "120" -> (12, 0), "8.6" -> (8, 6)."""
    digits = target.rstrip("af").replace(".", "")
    return int(digits[:-1]), int(digits[-1])


def coverage(capability: str, sass: Iterable[str], ptx: Iterable[str] = ()) -> Coverage:
    """How a device of `capability` ("8.9") is served by SASS targets ("86", "90a") and PTX targets."""
    device = _one_name_for_thor(capability_of(capability))
    answers = {_serves(target, device) for target in sass}
    if Coverage.NATIVE in answers:
        return Coverage.NATIVE
    if any(_compiles(target, device) for target in ptx):
        return Coverage.JIT
    return Coverage.UNPROMISED if Coverage.UNPROMISED in answers else Coverage.NONE


def _serves(target: str, device: tuple[int, int]) -> Coverage:
    built = _one_name_for_thor(capability_of(target))
    if built == device:
        return Coverage.NATIVE
    if target.endswith("a") or built[0] != device[0] or built[1] > device[1]:
        return Coverage.NONE
    return Coverage.NATIVE if _is_tegra(built) == _is_tegra(device) else Coverage.UNPROMISED


def _compiles(target: str, device: tuple[int, int]) -> bool:
    built = _one_name_for_thor(capability_of(target))
    if target.endswith("a"):
        return built == device
    if target.endswith("f"):
        return built[0] == device[0] and built[1] <= device[1]
    return built <= device


def _is_tegra(capability: tuple[int, int]) -> bool:
    return f"{capability[0]}.{capability[1]}" in TEGRA_CAPABILITIES


def _one_name_for_thor(capability: tuple[int, int]) -> tuple[int, int]:
    """Jetson Thor is 10.1 to CUDA 12.8 and 12.9 and 11.0 from 13.0 on: the same silicon."""
    return (11, 0) if capability == (10, 1) else capability


def agreed(answers: set[Coverage], what: str, nearest: str = "") -> Coverage:
    """The answer that all possible builds give; raises FactUnknown where they differ in whether it runs, or where
    NVIDIA promises nothing; `nearest` follows the reason where there is no answer. Native in some and JIT in others runs either way."""
    if not answers:
        raise FactUnknown(f"which GPUs {what} holds code for is not known{nearest}")
    if answers <= {Coverage.NATIVE, Coverage.JIT}:
        return Coverage.NATIVE if Coverage.NATIVE in answers else Coverage.JIT
    if answers == {Coverage.NONE}:
        return Coverage.NONE
    if Coverage.UNPROMISED in answers:
        raise FactUnknown(
            f"{what} holds desktop code for this GPU's major, which NVIDIA does not promise to run on Tegra (nor the reverse)"
        )
    raise FactUnknown(f"some builds that {what} can mean hold code for this GPU and others do not")


def listed(targets: Iterable[str]) -> str:
    """("75", "90a") -> "sm_75 sm_90a", for messages."""
    return " ".join(f"sm_{target}" for target in targets)
