"""The NVIDIA driver and the GPUs of this machine, or of a recorded one.

Sources, in this order: NVML (this machine only); /proc/driver/nvidia/version, else /sys/module/nvidia/version; the
release that libnvidia-ml.so.1 links to; /proc/driver/nvidia/gpus/*/information; the PCI bus. On a machine that plainly
has no driver nothing is started or loaded.
"""

from __future__ import annotations

import os
import re
import sys
from typing import NamedTuple

from envdoctor.facts import Fact, Host, Origin, absent, known, unknown
from envdoctor.probes import machine, nvml
from envdoctor.probes.files import listed, read_text
from envdoctor.probes.kernel_module import KernelModule, kernel_module
from envdoctor.probes.nvml import NvmlFacts, ProbedGpu
from envdoctor.probes.presence import LIBRARY, LIBRARY_FOLDERS, LIVE, at, driver_is_plausible

_GPU_FOLDER = "/proc/driver/nvidia/gpus"
_NO_DRIVER = (
    "this machine has no NVIDIA driver (no /proc/driver/nvidia, no /dev/nvidiactl, no /dev/dxg, no libnvidia-ml.so.1)"
)
_MOST_GPUS = 1024


class DriverFacts(NamedTuple):
    driver: Fact[str] = Host().driver
    driver_cuda: Fact[str] = Host().driver_cuda
    kernel_module: Fact[str] = Host().kernel_module
    open_kernel_module: Fact[bool] = Host().open_kernel_module
    gpus: Fact[tuple[ProbedGpu, ...]] = unknown("the host's GPUs are not stated")


def probe(root: str = LIVE, deadline: float = nvml.DEADLINE, refusal: str = "") -> DriverFacts:
    """`refusal`: why NVML must not be asked."""
    if not driver_is_plausible(root):
        hidden = _hidden(root)
        if hidden:
            return DriverFacts(*(unknown(hidden) for _ in DriverFacts._fields))
        nothing: Fact[str] = absent(_NO_DRIVER)
        return DriverFacts(nothing, nothing, nothing, absent(_NO_DRIVER), _gpus_without_driver(root))
    refusal = refusal or ("" if root == LIVE else "NVML is not asked for a recorded machine")
    asked = _not_asked(refusal) if refusal else nvml.probe(deadline)
    return merged(asked, kernel_module(root), user_space(root), gpu_files(root))


def _hidden(root: str) -> str:
    """Why a driver of which nothing is seen need not be absent; empty if it is. A Jetson's container that is started without
    NVIDIA's runtime shows nothing of it."""
    if root == LIVE and sys.platform != "linux":
        return ""
    if not machine.tells_of_the_kernel(root):
        return "neither /proc nor /sys is there to tell of a driver"
    if machine.is_tegra(read_text(root, "/proc/sys/kernel/osrelease")):
        return "the kernel is a Jetson's, whose driver and GPU cannot be seen from here"
    return ""


def _not_asked(reason: str) -> NvmlFacts:
    return NvmlFacts(unknown(reason), unknown(reason), unknown(reason), missing=True)


def merged(
    asked: NvmlFacts, module: Fact[KernelModule], library: Fact[str], gpus: tuple[ProbedGpu, ...]
) -> DriverFacts:
    """NVML's word first. Where it has none, the user-space library's release is the driver's version: it differs from
    the loaded kernel module's after an upgrade without a reboot ("Driver/library version mismatch")."""
    version = _module_version(module)
    is_open = module.need().is_open if module.is_known else None
    return DriverFacts(
        driver=_driver(asked, version, library),
        driver_cuda=asked.driver_cuda,
        kernel_module=version,
        open_kernel_module=Host().open_kernel_module if is_open is None else known(is_open, module.origin),
        gpus=asked.gpus if asked.gpus.is_known or not gpus else known(gpus, Origin(_GPU_FOLDER)),
    )


def _module_version(module: Fact[KernelModule]) -> Fact[str]:
    if module.is_known:
        return known(module.need().version, module.origin)
    if module.is_absent:
        return absent("no NVIDIA kernel module is loaded", module.origin)
    return unknown(module.reason, module.origin)


def _driver(asked: NvmlFacts, module: Fact[str], library: Fact[str]) -> Fact[str]:
    if asked.driver.is_known:
        return asked.driver
    if asked.error == nvml.DRIVER_NOT_LOADED and not module.is_known:
        return absent(f"the NVIDIA driver is installed but its kernel module is not loaded ({asked.driver.reason})")
    for fact in (library, module):
        if re.match(r"[1-9][0-9]{2}(\.|$)", fact.get() or ""):
            return fact
    return unknown(asked.driver.reason, asked.driver.origin)


def user_space(root: str) -> Fact[str]:
    """The driver release whose libraries are installed: libnvidia-ml.so.1 -> libnvidia-ml.so.535.104.05."""
    for folder in LIBRARY_FOLDERS:
        path = f"{folder}/{LIBRARY}"
        try:
            target = os.readlink(at(root, path))
        except OSError:
            continue
        match = re.fullmatch(r"libnvidia-ml\.so\.([0-9]{3}(?:\.[0-9]{1,6}){1,3})", os.path.basename(target))
        if match:
            return known(match.group(1), Origin(path))
    return unknown("which release's libraries are installed is not known")


def gpu_files(root: str) -> tuple[ProbedGpu, ...]:
    """Names only; in the order of their PCI addresses, which is NVML's."""
    texts = [read_text(root, f"{_GPU_FOLDER}/{name}/information") for name in listed(root, _GPU_FOLDER)[:_MOST_GPUS]]
    found = [(text, parse_information(text.need())) for text in texts if text.is_known]
    usable = [(text, fields) for text, fields in found if fields.get("GPU Excluded") != "Yes"]
    return tuple(_gpu(index, fields, text.origin) for index, (text, fields) in enumerate(usable))


# Model: \t\t NVIDIA L4
# Bus Location: \t 0000:65:00.0
# GPU Excluded:\t No
def parse_information(text: str) -> dict[str, str]:
    pairs = (line.partition(":") for line in text.splitlines()[:40])
    return {name.strip(): value.strip() for name, _, value in pairs if value.strip()}


def _gpu(index: int, fields: dict[str, str], origin: Origin) -> ProbedGpu:
    """The driver writes "Unknown" for a GPU that nothing has used since the start."""
    model, pci = fields.get("Model", ""), nvml.pci_address(fields.get("Bus Location"))
    if not model or model == "Unknown":
        return ProbedGpu(index, unknown(f"{origin} does not name the GPU", origin), pci=pci)
    return ProbedGpu(index, known(model[:200], origin), pci=pci)


def _gpus_without_driver(root: str) -> Fact[tuple[ProbedGpu, ...]]:
    """Without a driver only the PCI bus tells whether there is a GPU, not which."""
    folder = "/sys/bus/pci/devices"
    addresses = listed(root, folder)[:4096]
    if not addresses:
        return unknown(f"{_NO_DRIVER}, and {folder} does not tell what hardware there is")
    unread = [address for address in addresses if read_text(root, f"{folder}/{address}/vendor").is_unknown]
    if unread:
        return unknown(f"{folder}/{unread[0]}/vendor cannot be read, and there is no driver to ask", Origin(folder))
    display = [address for address in addresses if _is_nvidia_gpu(root, f"{folder}/{address}")]
    if display:
        return unknown(f"there is an NVIDIA GPU at {display[0]} and no driver to ask about it", Origin(folder))
    return known((), Origin(folder))


def _is_nvidia_gpu(root: str, device: str) -> bool:
    """PCI vendor 0x10de, device class 0x03 (display)."""
    vendor = (read_text(root, f"{device}/vendor").get() or "").strip()
    return vendor == "0x10de" and (read_text(root, f"{device}/class").get() or "").startswith("0x03")
