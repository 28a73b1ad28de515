"""This machine as a host."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envdoctor.facts import Fact, Gpu, Host, absent, known
from envdoctor.hosts.identify import complete_host
from envdoctor.probes import device_links, driver, engine, machine, toolkit
from envdoctor.probes.driver import DriverFacts
from envdoctor.probes.engine import EngineFacts
from envdoctor.probes.machine import MachineFacts
from envdoctor.probes.nvml import ProbedGpu
from envdoctor.probes.presence import LIVE
from envdoctor.probes.toolkit import Cdi, ToolkitFacts
from envdoctor.readers.host_label import label
from envdoctor.readers.host_words import brand_fact, mode_fact
from envdoctor.versions import leading

if TYPE_CHECKING:
    from envdoctor.matrix import Matrix


def this_machine(matrix: Matrix) -> Host | None:
    """This machine, or None if it has no NVIDIA driver that is loaded and is no Jetson."""
    host = local_host(matrix)
    return None if host.driver.is_absent and not host.l4t.is_known else host


def local_host(matrix: Matrix, root: str = LIVE) -> Host:
    """This machine, or a recorded one, with or without a driver."""
    host = host_of(driver.probe(root), machine.probe(root), engine.probe(root), toolkit.probe(root))
    host = host._replace(device_links=device_links.probe(root))
    host = complete_host(host, matrix)
    made = label(host)
    return host._replace(name=f"this machine ({made})" if made else "this machine")


def host_of(seen: DriverFacts, around: MachineFacts, engines: EngineFacts, tools: ToolkitFacts) -> Host:
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
        engine=engines.name,
        engine_version=_number(engines.version),
        rootless=engines.rootless,
        snap=engines.snap,
        runtimes=engines.runtimes,
        default_runtime=engines.default_runtime,
        cgroup_driver=engines.cgroup_driver,
        cgroup_version=engines.cgroup_version,
        device_nodes=around.device_nodes,
        cdi=_cdi_devices(tools.cdi),
        toolkit=tools.installed,
        toolkit_version=_of_toolkit(tools, _number(tools.version)),
        toolkit_mode=_of_toolkit(tools, mode_fact(tools.mode.get(), tools.mode.origin, Host().toolkit_mode)),
    )


def _cdi_devices(specs: Fact[tuple[Cdi, ...]]) -> Fact[tuple[str, ...]]:
    if not specs.is_known:
        return Fact(specs.state, None, specs.origin, specs.reason)
    names = (f"{spec.kind or 'nvidia.com/gpu'}={device}" for spec in specs.need() for device in spec.devices)
    return known(tuple(names), specs.origin)


def _number(version: Fact[str]) -> Fact[str]:
    """The dotted number that a package's version starts with."""
    number = leading(version.get() or "")
    return known(number, version.origin) if number else version


def _of_toolkit(tools: ToolkitFacts, fact: Fact[str]) -> Fact[str]:
    if tools.installed.is_known and not tools.installed.need():
        return absent("the NVIDIA Container Toolkit is not installed", tools.installed.origin)
    return fact


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
