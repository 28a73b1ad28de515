"""Words of a host that mean the same in documents, options and probes: CPU architectures, brands, modes."""

from __future__ import annotations

from envdoctor.facts import Fact, Gpu, Origin, known, unknown

# CPU architectures as kernels name them, by the names that registries use too.
ARCHITECTURES = {"x86_64": "x86_64", "amd64": "x86_64", "aarch64": "aarch64", "arm64": "aarch64", "ppc64le": "ppc64le"}

# What libnvidia-container makes of a GPU's brand. It knows NVML's brands 1 to 6 only; every other one (A100, H100,
# L4, RTX A6000, Quadro RTX) is "Unknown" to it. NVML never returns its "GeForce RTX" and "TITAN RTX".
# Source: https://github.com/NVIDIA/libnvidia-container/blob/main/src/driver.c (driver_get_device_brand), and NVIDIA's
# comments on the brands in nvml.h
_GATE_BRANDS = {
    **{name: name for name in ("geforce", "titan", "tesla", "quadro", "nvs", "grid")},
    "geforce rtx": "geforce",
    "titan rtx": "titan",
    **dict.fromkeys(("unknown", "nvidia", "nvidia rtx", "nvidiartx", "quadro rtx", "quadrortx"), "unknown"),
    **dict.fromkeys(("nvidia virtual applications", "nvidia virtual pc", "nvidia virtual compute server"), "unknown"),
    **dict.fromkeys(("nvidia rtx virtual workstation", "nvidia cloud gaming"), "unknown"),
}


def mode_fact(mode: str | None, origin: Origin, default: Fact[str]) -> Fact[str]:
    """The runtime's mode. "auto" is a setting, not a mode: which one it chooses depends on version and host."""
    if mode == "auto":
        return unknown("the NVIDIA container runtime chooses its mode itself (mode auto)", origin)
    return default if mode is None else known(mode, origin)


def brand_fact(stated: str | None, origin: Origin) -> Fact[str]:
    """The brand that the start gate sees, from the brand that NVML and nvidia-smi name."""
    if stated is None:
        return Gpu(0).brand
    brand = _GATE_BRANDS.get(" ".join(stated.lower().replace("_", " ").split()))
    if brand is None:
        return unknown(f"what the start gate makes of the brand {stated[:40]!r} is not known", origin)
    return known(brand, origin)
