"""A short name for a host, made of what decides: "2x RTX 5090, driver 570.124.06"."""

from __future__ import annotations

import re

from envdoctor.facts import Gpu, Host
from envdoctor.patterns import lazily

_MAKER = lazily(r"^(?:nvidia\s+)?(?:tesla\s+|geforce\s+(?=[gr]tx?\b))?", re.IGNORECASE)


def label(host: Host) -> str:
    """Empty if neither the GPUs nor the driver are known."""
    parts = [_gpus(host.gpus.get()), _release(host)]
    text = ", ".join(part for part in parts if part)
    if host.wsl.get():
        return f"{text} (WSL {host.wsl.get()})" if text else f"WSL {host.wsl.get()}"
    return f"{text} (Windows)" if text and host.is_windows else text


def _release(host: Host) -> str:
    if host.l4t.is_known:
        return f"L4T {host.l4t.get()}"
    if host.driver.is_known:
        return f"driver {host.driver.get()}"
    if host.driver_cuda.is_known:
        return f"a driver of CUDA {host.driver_cuda.get()}"
    return "no driver" if host.driver.is_absent else ""


def _gpus(gpus: tuple[Gpu, ...] | None) -> str:
    if gpus is None:
        return ""
    if not gpus:
        return "no GPU"
    names = [_gpu(gpu) for gpu in gpus]
    counts = [(name, names.count(name)) for name in dict.fromkeys(names)]
    return " + ".join(name if count == 1 else f"{count}x {name}" for name, count in counts[:4])


def _gpu(gpu: Gpu) -> str:
    name = gpu.name.get()
    if name:
        return _MAKER.sub("", name.strip()) or name
    capability = gpu.compute_capability.get()
    return f"GPU {capability}" if capability else "GPU"
