"""What `--gpus` asks for, and the GPUs among CDI devices.

Sources: https://github.com/docker/cli/blob/master/opts/gpus.go , https://docs.docker.com/engine/containers/gpu/ ,
https://docs.nvidia.com/datacenter/cloud-native/container-toolkit/latest/cdi-support.html
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from typing import NamedTuple

from envdoctor.patterns import lazily

_CDI_GPU = lazily(r"(?:nvidia\.com|runtime\.nvidia\.com)/(?:gpu|mig)=(\S{1,200})")
_KEYS = frozenset({"driver", "count", "device", "capabilities", "options"})
_COUNT = lazily(r"all|-?[0-9]{1,6}")


class GpuRequest(NamedTuple):
    """`gpus` is "all", a number, "device=0,1", or both a device list and a count, "device=0,count=1", which Docker
    refuses; None: no GPU. `problem` is said where the text is none that Docker takes."""

    gpus: str | None
    capabilities: tuple[str, ...] = ()
    problem: str = ""


def gpu_request(text: str) -> GpuRequest:
    """The value of --gpus. It is a line of CSV, so that a list of devices needs quotes of its own: '"device=0,1"'."""
    expected = "expected all, a number, or '\"device=0,1\"'"
    try:
        fields = next(csv.reader([text[:4_000]], strict=True), [])
    except (csv.Error, StopIteration):
        return GpuRequest(text[:200], (), f"--gpus {text[:60]!r} has a quote that is not closed; {expected}")
    found: dict[str, str] = {}
    problem = ""
    for field in fields:
        key, equals, value = field.strip().partition("=")
        if not equals:
            key, value = "count", key
        if key not in _KEYS or key in found or (key == "count" and not _COUNT.fullmatch(value)):
            problem = f"--gpus {text[:60]!r} is none that Docker takes; {expected}"
        found[key] = value
    capabilities = tuple(part.strip() for part in found.get("capabilities", "").split(",") if part.strip())
    count = "all" if found.get("count") == "-1" else found.get("count")
    if found.get("device"):
        gpus: str | None = f"device={found['device']}" + (f",count={count}" if count else "")
    else:
        gpus = count or ("1" if capabilities or "driver" in found else None)
    return GpuRequest(gpus, capabilities, problem)


def cdi_request(devices: Sequence[str]) -> str | None:
    """["nvidia.com/gpu=0", "/dev/video0", "nvidia.com/gpu=1"] -> "device=0,1"; None: no GPU among them."""
    matches = [_CDI_GPU.fullmatch(device) for device in devices]
    found = [match.group(1) for match in matches if match is not None]
    if not found:
        return None
    return "all" if "all" in found else f"device={','.join(found)}"
