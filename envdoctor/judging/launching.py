"""Reading a launch: how it asks for GPUs, and which value an environment variable has in the container."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from envdoctor.facts import FactAbsent, Facts, Launch, Origin
from envdoctor.judging.jetson import is_jetson

_NVIDIA_RUNTIMES = ("nvidia", "nvidia-cdi", "nvidia-legacy", "nvidia-container-runtime")


class Asked(NamedTuple):
    """How a launch asks for a GPU: `shown` is for a message, `fact` and `value` for the evidence."""

    shown: str
    fact: str
    value: str
    origin: Origin


class Setting(NamedTuple):
    """A variable of the container. `fact` is its path in an environment document."""

    value: str
    fact: str
    origin: Origin


def asked_for_gpu(launch: Launch) -> Asked | None:
    """None: it does not ask, or that is not known."""
    gpus = launch.gpus.get()
    devices = cdi_devices(launch)
    if devices:
        return Asked(
            f"--device {devices[0]}", "launch.devices", devices[0], launch.place(devices[0], launch.devices.origin)
        )
    if gpus:
        return Asked(f"--gpus {gpus}", "launch.gpus", gpus, launch.gpus.origin)
    if with_nvidia_runtime(launch):
        return Asked("--runtime nvidia", "launch.runtime", "nvidia", launch.runtime.origin)
    return None


def cdi_devices(launch: Launch) -> tuple[str, ...]:
    """ "nvidia.com/gpu=all" among the devices."""
    return tuple(device for device in launch.devices.get() or () if device.startswith("nvidia.com/") and "=" in device)


def by_hand(launch: Launch) -> bool:
    """Does it pass NVIDIA's device nodes or the driver's libraries itself, without the container toolkit?"""
    nodes = any(device.startswith(("/dev/nvidia", "/dev/nvhost", "/dev/dxg")) for device in launch.devices.get() or ())
    parts = ("libcuda.so", "libnvidia", "/usr/local/nvidia", "/usr/lib/wsl", "/dev/nvidia", "/usr/lib/nvidia")
    return nodes or any(part in volume for volume in launch.volumes.get() or () for part in parts)


def needs_a_gpu_in_the_container(facts: Facts) -> None:
    """Raises FactAbsent where the launch certainly gives the container none: neither the driver nor what was built for one
    comes into play then. launch-without-gpu tells it where one is meant."""
    launch = facts.launch
    if not launch.stated or launch.how == "document" or launch.how.startswith("podman"):
        return  # hooks of older toolkits gave Podman's containers the GPU by NVIDIA_VISIBLE_DEVICES alone
    given = (launch.gpus, launch.runtime, launch.privileged)
    if not all(fact.is_absent or fact.get() is False for fact in given) or launch.reservations:
        return
    if launch.devices.is_unknown or launch.volumes.is_unknown or cdi_devices(launch) or by_hand(launch):
        return
    host = facts.host  # suggest asks once for all hosts what does not look at any
    by_default = is_jetson(host) or host.default_runtime.get() == "nvidia"
    if by_default or "NVIDIA_VISIBLE_DEVICES" in {*launch.passed, *(launch.env.get() or {})}:
        return
    raise FactAbsent(f"the launch gives the container no GPU ({launch.gpus.origin})")


def with_nvidia_runtime(launch: Launch) -> bool:
    runtime = launch.runtime.get()
    return runtime is not None and runtime.rpartition("/")[2] in _NVIDIA_RUNTIMES


def setting(facts: Facts, name: str) -> Setting | None:
    """What the container sees: the launch's value, else the image's. None: neither is known to set it. Raises FactAbsent
    where the launch passes a value that is known only at run time."""
    launch = facts.launch
    if name in launch.passed:
        raise FactAbsent(f"the value of {name} is known only at run time")
    value = _values(launch.env.get()).get(name)
    if value is not None:
        return Setting(value, f"launch.env.{name}", launch.place(name, launch.env.origin))
    value = _values(facts.image.env.get()).get(name)
    if value is None:
        return None
    build = facts.build.get()
    origins = build.env_origins if build else {}
    return Setting(value, f"image.env.{name}", origins.get(name, facts.image.env.origin))


def _values(env: Mapping[str, str] | None) -> Mapping[str, str]:
    return env or {}
