"""The `host` part of an environment document, read and written."""

from __future__ import annotations

import posixpath

from envdoctor.facts import Fact, Gpu, Host, absent, known
from envdoctor.readers.host_label import label
from envdoctor.readers.host_words import ARCHITECTURES, brand_fact, mode_fact
from envdoctor.readers.part import Part

_NO_DRIVER = "the host has no NVIDIA driver that is loaded"
_NO_ENGINE = "no container engine is installed on the host"
_NO_TOOLKIT = "the NVIDIA Container Toolkit is not installed on the host"


def host_of(part: Part, path: str) -> Host:
    """The host of a document whose `host` object has at least one field."""
    blank = Host(stated=True)
    system, engine = part.part("os"), part.part("engine")
    host = _with_driver(blank, part)._replace(
        os_id=_lower(system.text_fact("id", blank.os_id)),
        os_version=system.text_fact("version_id", blank.os_version),
        kernel=part.text_fact("kernel", blank.kernel),
        arch=_architecture(part, blank.arch),
        wsl=part.integer_fact("wsl", blank.wsl, "the host is not WSL"),
        l4t=_l4t(part, blank.l4t),
        cpus=part.integer_fact("cpus", blank.cpus),
        gpus=blank.gpus if part.missing("gpus") else known(_gpus(part), part.origin("gpus")),
        engine=_of(part, "engine", engine.text_fact("name", blank.engine), _NO_ENGINE),
        engine_version=_of(part, "engine", engine.release_fact("version", blank.engine_version), _NO_ENGINE),
        rootless=engine.truth_fact("rootless", blank.rootless),
        snap=engine.truth_fact("snap", blank.snap),
        runtimes=engine.texts_fact("runtimes", blank.runtimes),
        default_runtime=engine.text_fact("default_runtime", blank.default_runtime),
        cgroup_driver=_lower(engine.text_fact("cgroup_driver", blank.cgroup_driver)),
        cgroup_version=engine.integer_fact("cgroup_version", blank.cgroup_version),
        device_nodes=part.texts_fact("device_nodes", blank.device_nodes),
        device_links=part.truth_fact("device_links", blank.device_links),
        cdi=blank.cdi if part.missing("cdi") else known(_cdi(part), part.origin("cdi")),
    )
    host = _with_toolkit(host, part)
    return host._replace(name=label(host) or posixpath.basename(path) or path)


def _of(part: Part, name: str, fact: Fact[str], when_false: str) -> Fact[str]:
    """A fact inside an object; absent if the object itself is stated to be absent."""
    return absent(when_false, part.origin(name)) if part.refused(name) else fact


def _with_driver(host: Host, part: Part) -> Host:
    driver = part.part("driver")
    if part.refused("driver"):
        nothing: Fact[str] = absent(_NO_DRIVER, part.origin("driver"))
        is_open: Fact[bool] = absent(_NO_DRIVER, part.origin("driver"))
        return host._replace(driver=nothing, driver_cuda=nothing, kernel_module=nothing, open_kernel_module=is_open)
    return host._replace(
        driver=driver.text_fact("version", host.driver),
        driver_cuda=driver.text_fact("cuda", host.driver_cuda),
        kernel_module=driver.text_fact("kernel_module", host.kernel_module, "no NVIDIA kernel module is loaded"),
        open_kernel_module=driver.truth_fact("open_kernel_module", host.open_kernel_module),
    )


def _cdi(part: Part) -> tuple[str, ...]:
    """The names of all devices, "nvidia.com/gpu=all"."""
    return tuple(
        f"{spec.string('kind') or 'nvidia.com/gpu'}={name}"
        for spec in part.parts("cdi")
        for name in spec.texts("devices") or ()
    )


def _with_toolkit(host: Host, part: Part) -> Host:
    """`{}` and true: installed; false: not installed; null or missing: unknown."""
    name = "container_toolkit"
    toolkit, origin = part.part(name), part.origin(name)
    if part.missing(name):
        return host
    if part.refused(name):
        nothing: Fact[str] = absent(_NO_TOOLKIT, origin)
        return host._replace(toolkit=known(False, origin), toolkit_version=nothing, toolkit_mode=nothing)
    return host._replace(
        toolkit=known(True, origin),
        toolkit_version=toolkit.release_fact("version", host.toolkit_version),
        toolkit_mode=mode_fact(toolkit.string("mode"), toolkit.origin("mode"), host.toolkit_mode),
    )


def _lower(fact: Fact[str]) -> Fact[str]:
    value = fact.get()
    return fact if value is None else known(value.lower(), fact.origin)


def _architecture(part: Part, default: Fact[str]) -> Fact[str]:
    value = part.string("arch")
    return default if value is None else known(ARCHITECTURES[value], part.origin("arch"))


def _l4t(part: Part, default: Fact[str]) -> Fact[str]:
    fact = part.text_fact("l4t", default, "the host is not a Jetson")
    value = fact.get()
    return fact if value is None else known(value.lstrip("Rr"), fact.origin)


def _gpus(part: Part) -> tuple[Gpu, ...]:
    return tuple(_gpu(index, gpu) for index, gpu in enumerate(part.parts("gpus")))


def _gpu(position: int, part: Part) -> Gpu:
    blank = Gpu(position)
    index = part.integer("index")
    return Gpu(
        index=position if index is None else index,
        name=part.text_fact("name", blank.name),
        compute_capability=part.text_fact("compute_capability", blank.compute_capability),
        brand=brand_fact(part.string("brand"), part.origin("brand")),
        memory_mib=part.integer("memory_mib"),
        mig=part.truth("mig"),
    )
