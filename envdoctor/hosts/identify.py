"""What follows from a GPU's name and a driver's version, by the matrix. A stated fact wins over one that follows."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from envdoctor.facts import Fact, Gpu, Host, Origin, known, unknown
from envdoctor.versions import minor

if TYPE_CHECKING:
    from collections.abc import Callable

    from envdoctor.matrix import Matrix
    from envdoctor.matrix.rows import GpuRow

# The brand in a product's own name. "Quadro RTX" is missing on purpose: NVML gives it a brand of its own, which
# libnvidia-container does not know.
_BRAND_WORD = r"\b(geforce|titan|tesla|quadro(?! rtx)|nvs|grid)\b"
_JETSON_WORD = r"\b(jetson|tegra)\b"
# https://docs.nvidia.com/deploy/cuda-compatibility/forward-compatibility.html : data center GPUs and select RTX ones
_NO_FORWARD_COMPAT = ("geforce", "titan")


def complete_host(host: Host, matrix: Matrix) -> Host:
    """The host with all that follows from what is stated of it."""
    gpus = host.gpus.get()
    if gpus:
        host = host._replace(gpus=known(tuple(identify_gpu(gpu, matrix) for gpu in gpus), host.gpus.origin))
    if host.l4t.is_known or any(gpu.is_tegra for gpu in host.gpus.get() or ()):
        return _complete_jetson(host)
    if host.driver.is_known and host.driver_cuda.is_unknown:
        return host._replace(driver_cuda=_cuda_of_driver(host, matrix))
    if host.driver_cuda.is_known and host.driver.is_unknown:
        return host._replace(driver=_driver_of_cuda(host, matrix))
    return host


def _complete_jetson(host: Host) -> Host:
    """A Jetson's driver is part of its L4T release; its numbers (35.4.1, 540.4.0) are of no desktop branch."""
    arch = known("aarch64", Origin("every Jetson is aarch64")) if host.arch.is_unknown else host.arch
    if host.driver_cuda.is_unknown:
        host = host._replace(driver_cuda=unknown("the CUDA version of a Jetson's driver follows from its L4T release"))
    return host._replace(arch=arch)


def _cuda_of_driver(host: Host, matrix: Matrix) -> Fact[str]:
    driver = host.driver.need()
    row = matrix.branch(driver, windows=host.is_windows)
    if row is None:
        from envdoctor.judging import nearest_known

        return unknown(
            f"the CUDA version of driver {driver} is not known: the matrix does not have its branch"
            f"{nearest_known.driver(driver, matrix)}",
            host.driver.origin,
        )
    return known(row.cuda, Origin(f"driver branch R{row.branch} (matrix)"))


def _driver_of_cuda(host: Host, matrix: Matrix) -> Fact[str]:
    """Only the branch, as a partial version."""
    cuda = host.driver_cuda.need()
    row = matrix.branch_for_cuda(cuda) if minor(cuda) else None
    if row is None:
        return unknown(
            f"the driver's version is not stated, and does not follow from its CUDA version {cuda}",
            host.driver_cuda.origin,
        )
    return known(str(row.branch), Origin(f"derived: R{row.branch} reports CUDA {row.cuda} (matrix)"))


def identify_gpu(gpu: Gpu, matrix: Matrix) -> Gpu:
    """The GPU with the compute capability, gate brand and eligibility for forward compatibility that its name tells."""
    name = gpu.name.get()
    rows = matrix.gpus_named(name) if name else ()
    named = Origin(f"{gpu.name.origin}, matrix row gpus {rows[0].name}") if rows else gpu.name.origin
    brand = _brand(gpu, rows, named)
    return gpu._replace(
        compute_capability=_capability(gpu, rows, named, matrix),
        brand=brand,
        forward_compat=_forward_compat(gpu, rows, named, brand),
    )


def _capability(gpu: Gpu, rows: tuple[GpuRow, ...], named: Origin, matrix: Matrix) -> Fact[str]:
    stated = gpu.compute_capability
    if stated.is_known:
        return _with_disagreement(stated, gpu, rows)
    if rows:
        return _agreed(rows, lambda row: row.capability, named, f"the compute capability of {gpu.name.get()}")
    if not gpu.name.is_known:
        return stated
    nearest = matrix.nearest_gpus(gpu.name.need())
    hint = f" (nearest: {', '.join(nearest)})" if nearest else ""
    return unknown(
        f"the matrix does not know the GPU {_cut(gpu.name.need())}{hint}: state its compute capability", gpu.name.origin
    )


def _with_disagreement(stated: Fact[str], gpu: Gpu, rows: tuple[GpuRow, ...]) -> Fact[str]:
    by_name = {row.capability for row in rows}
    if not by_name or stated.get() in by_name:
        return stated
    origin = stated.origin
    said = f"{origin}; the name {_cut(gpu.name.get() or '')} is of compute capability {' or '.join(sorted(by_name))}"
    return known(stated.need(), origin._replace(label=said))


def _agreed(rows: tuple[GpuRow, ...], told: Callable[[GpuRow], str | None], named: Origin, what: str) -> Fact[str]:
    """What all products that a name can mean have in common."""
    answers = {told(row) for row in rows}
    answer = answers.pop() if len(answers) == 1 else None
    if answer is not None:
        return known(answer, named)
    if not answers:
        return unknown(f"{what} is not known", named)
    first = {told(row) or "unknown": row.name for row in reversed(rows)}  # one product stands for each answer
    choices = " or ".join(f"{name} ({answer})" for answer, name in reversed(first.items()))
    return unknown(f"{what} is not certain: the name can mean {choices[:300]}", named)


def _brand(gpu: Gpu, rows: tuple[GpuRow, ...], named: Origin) -> Fact[str]:
    if gpu.brand.is_known:
        return gpu.brand
    name = gpu.name.get() or ""
    if rows:
        return _agreed(rows, lambda row: row.brand, named, f"the brand of {gpu.name.get()}")
    word = re.search(_BRAND_WORD, name, re.IGNORECASE)
    return known(word.group(1).lower(), gpu.name.origin) if word else gpu.brand


def _forward_compat(gpu: Gpu, rows: tuple[GpuRow, ...], named: Origin, brand: Fact[str]) -> Fact[bool]:
    if gpu.forward_compat.is_known:
        return gpu.forward_compat
    if brand.get() in _NO_FORWARD_COMPAT:
        return known(False, brand.origin)
    answers = {row.forward_compat for row in rows}
    answer = answers.pop() if len(answers) == 1 else None
    if answer is not None:
        return known(answer, named)
    if not rows and re.search(_JETSON_WORD, gpu.name.get() or "", re.IGNORECASE):
        return known(False, gpu.name.origin)
    return gpu.forward_compat


def _cut(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:60]}…"
