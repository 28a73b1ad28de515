"""The `host` part of the document: driver, GPUs, system, engine, toolkit."""

from __future__ import annotations

from typing import Any

from envdoctor.facts import Fact, unknown
from envdoctor.hosts.machine import probed_gpus
from envdoctor.observation.plain import or_false
from envdoctor.probes import device_links, driver, engine, kernel_log, machine, toolkit
from envdoctor.probes.driver import DriverFacts
from envdoctor.probes.kernel_log import Xid
from envdoctor.probes.nvml import ProbedGpu
from envdoctor.probes.presence import LIVE
from envdoctor.probes.toolkit import ToolkitFacts


def host(root: str) -> dict[str, Any]:
    live = root == LIVE
    seen, around = driver.probe(root, refusal=_stuck() if live else ""), machine.probe(root)
    engines, tools = engine.probe(root, ask=True), toolkit.probe(root, ask=True)
    gpus = probed_gpus(seen, around)
    return {
        "os": {"id": around.os_id, "version_id": around.os_version},
        "kernel": around.kernel,
        "arch": around.arch,
        "wsl": or_false(around.wsl),
        "l4t": or_false(around.l4t),
        "cpus": around.cpus,
        "driver": _driver(seen),
        "gpus": _gpus(gpus),
        "xids": _xids(kernel_log.probe(root), gpus),
        "engine": engines._asdict(),
        "container_toolkit": _toolkit(tools),
        "device_nodes": around.device_nodes,
        "device_links": device_links.probe(root),
        "cdi": _listed(tools.cdi),
    }


def _stuck() -> str:
    """A driver that holds a process in the kernel would hold the next one too."""
    from envdoctor.probes import stamp

    number = stamp.still_stuck()
    return (
        "" if number is None else f"the driver does not answer: process {number} of an earlier run still waits for it"
    )


def _driver(seen: DriverFacts) -> object:
    """No driver, or one that is installed and not loaded, is false."""
    if seen.driver.is_absent and seen.kernel_module.is_absent:
        return False
    return {
        "version": seen.driver,
        "cuda": seen.driver_cuda,
        "kernel_module": or_false(seen.kernel_module),
        "open_kernel_module": seen.open_kernel_module,
    }


def _gpus(probed: Fact[tuple[ProbedGpu, ...]]) -> object:
    return [gpu._asdict() for gpu in probed.need()] if probed.is_known else probed


def _xids(told: Fact[tuple[Xid, ...]], probed: Fact[tuple[ProbedGpu, ...]]) -> object:
    """Each with the number of its GPU, as far as that is among those that are seen here."""
    if not told.is_known:
        return told
    indexes = {gpu.pci: gpu.index for gpu in probed.get() or () if gpu.pci}
    nowhere: Fact[int] = unknown("no GPU that is seen here is known to have that address")
    return [{**item._asdict(), "gpu": indexes.get(item.pci, nowhere)} for item in told.need()]


def _toolkit(tools: ToolkitFacts) -> object:
    if not tools.installed.is_known:
        return tools.installed
    return {"version": tools.version, "mode": tools.mode} if tools.installed.need() else False


def _listed(fact: Fact[Any]) -> object:
    return [item._asdict() for item in fact.need()] if fact.is_known else fact
