"""This machine as a host, and as an environment document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from envdoctor.facts import Fact, Gpu, Host, known
from envdoctor.hosts.identify import complete_host
from envdoctor.probes import driver, machine
from envdoctor.probes.driver import DriverFacts
from envdoctor.probes.machine import MachineFacts
from envdoctor.probes.nvml import ProbedGpu
from envdoctor.probes.presence import LIVE
from envdoctor.readers.host_label import label
from envdoctor.readers.host_words import brand_fact

if TYPE_CHECKING:
    from envdoctor.matrix import Matrix

SCHEMA = "envdoctor.environment/1"


def this_machine(matrix: Matrix) -> Host | None:
    """This machine, or None if it has no NVIDIA driver that is loaded and is no Jetson."""
    host = local_host(matrix)
    return None if host.driver.is_absent and not host.l4t.is_known else host


def local_host(matrix: Matrix, root: str = LIVE) -> Host:
    """This machine, or a recorded one, with or without a driver."""
    host = complete_host(host_of(driver.probe(root), machine.probe(root)), matrix)
    made = label(host)
    return host._replace(name=f"this machine ({made})" if made else "this machine")


def host_of(seen: DriverFacts, around: MachineFacts) -> Host:
    return Host(
        stated=True,
        os_id=around.os_id,
        os_version=around.os_version,
        kernel=around.kernel,
        arch=around.arch,
        wsl=around.wsl,
        l4t=around.l4t,
        cpus=around.cpus,
        driver=seen.driver,
        driver_cuda=seen.driver_cuda,
        kernel_module=seen.kernel_module,
        open_kernel_module=seen.open_kernel_module,
        gpus=_gpus(probed_gpus(seen, around)),
    )


def probed_gpus(seen: DriverFacts, around: MachineFacts) -> Fact[tuple[ProbedGpu, ...]]:
    """A Jetson without NVML has the one GPU of its module."""
    if around.model.is_known and (not seen.gpus.is_known or not seen.gpus.need()):
        return known((ProbedGpu(0, around.model),), around.model.origin)
    return seen.gpus


def _gpus(probed: Fact[tuple[ProbedGpu, ...]]) -> Fact[tuple[Gpu, ...]]:
    if not probed.is_known:
        return Fact(probed.state, None, probed.origin, probed.reason)
    return known(tuple(_gpu(gpu, probed) for gpu in probed.need()), probed.origin)


def _gpu(gpu: ProbedGpu, probed: Fact[tuple[ProbedGpu, ...]]) -> Gpu:
    return Gpu(
        index=gpu.index,
        name=gpu.name,
        compute_capability=gpu.compute_capability,
        brand=brand_fact(gpu.brand, probed.origin),
        memory_mib=gpu.memory_mib,
        mig=gpu.mig,
    )


def probe_document(root: str = LIVE) -> dict[str, object]:
    """What could be observed, as an environment document: null could not be told, false and [] are known absences.
    Nothing in it follows from the matrix."""
    seen, around = driver.probe(root), machine.probe(root)
    return {
        "schema": SCHEMA,
        "host": {
            "os": {"id": around.os_id.get(), "version_id": around.os_version.get()},
            "kernel": around.kernel.get(),
            "arch": around.arch.get(),
            "wsl": _or_false(around.wsl),
            "l4t": _or_false(around.l4t),
            "cpus": around.cpus.get(),
            "driver": _driver(seen),
            "gpus": _listed(probed_gpus(seen, around)),
            "engine": None,
            "container_toolkit": None,
            "device_nodes": list(around.device_nodes.need()) if around.device_nodes.is_known else None,
        },
    }


def _or_false(fact: Fact[Any]) -> object:
    return False if fact.is_absent else fact.get()


def _driver(seen: DriverFacts) -> object:
    """No driver, or one that is installed and not loaded, is false."""
    if seen.driver.is_absent and seen.kernel_module.is_absent:
        return False
    return {
        "version": seen.driver.get(),
        "cuda": seen.driver_cuda.get(),
        "kernel_module": _or_false(seen.kernel_module),
        "open_kernel_module": seen.open_kernel_module.get(),
    }


def _listed(probed: Fact[tuple[ProbedGpu, ...]]) -> list[dict[str, object]] | None:
    if not probed.is_known:
        return None
    return [
        {
            "index": gpu.index,
            "name": gpu.name.get(),
            "brand": gpu.brand,
            "compute_capability": gpu.compute_capability.get(),
            "memory_mib": gpu.memory_mib,
            "mig": gpu.mig,
        }
        for gpu in probed.need()
    ]
