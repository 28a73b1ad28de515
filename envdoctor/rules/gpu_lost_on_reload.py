"""A host on which a running container loses its GPU at the next `systemctl daemon-reload`."""

from __future__ import annotations

from collections.abc import Iterator

from envdoctor.facts import FactAbsent, Facts
from envdoctor.findings import Finding, Kind, Severity
from envdoctor.judging.evidence import of
from envdoctor.judging.gpu_demand import gpu_demand
from envdoctor.judging.launching import by_hand, cdi_devices
from envdoctor.matrix import Matrix
from envdoctor.rules.rule import Rule

_SOURCES = (
    "https://github.com/NVIDIA/nvidia-container-toolkit/issues/48",
    "https://docs.nvidia.com/datacenter/cloud-native/container-toolkit/latest/troubleshooting.html",
)


def check(facts: Facts, matrix: Matrix) -> Iterator[Finding]:
    host = facts.host
    if host.cgroup_driver.get() != "systemd" or host.device_links.get() is True:
        raise FactAbsent("that systemd manages the cgroups, without links to NVIDIA's devices, is not stated")
    if host.device_links.get() is not False and host.cgroup_version.get() != 1:
        raise FactAbsent("whether /dev/char links to NVIDIA's devices is not stated")  # systemd is today's default
    if host.driver.is_absent or (host.gpus.is_known and not host.gpus.get()) or host.is_windows:
        raise FactAbsent("the host has no GPU of its own to lose")
    if cdi_devices(facts.launch) or by_hand(facts.launch) or (host.toolkit_mode.get() or "legacy") != "legacy":
        raise FactAbsent("the engine itself knows the devices")
    if facts.image.reference.is_known:
        gpu_demand(facts, matrix)
    yield Finding(
        message="systemd manages the cgroups of this host's containers, and knows nothing of GPUs that the toolkit's hook adds: after a systemctl daemon-reload a running container loses its GPU (Failed to initialize NVML: Unknown Error) until it is started anew.",
        severity=Severity.WARNING,
        remedy=(
            "create the links, at each boot: sudo nvidia-ctk system create-dev-char-symlinks --create-all",
            "or let the engine add the devices: CDI (--device nvidia.com/gpu=all)",
            'or, for Docker, "exec-opts": ["native.cgroupdriver=cgroupfs"] in /etc/docker/daemon.json',
        ),
        verify="sudo systemctl daemon-reload && docker exec CONTAINER nvidia-smi -L",
        at=host.cgroup_driver.origin,
        evidence=(
            of("host.engine.cgroup_driver", host.cgroup_driver),
            of("host.engine.cgroup_version", host.cgroup_version),
            of("host.device_links", host.device_links),
        ),
        sources=_SOURCES,
    )


RULE = Rule(
    id="gpu-lost-on-reload",
    kind=Kind.COMPATIBILITY,
    severity=Severity.WARNING,
    title="running containers lose their GPU when systemd reloads its units on this host",
    seen=("Failed to initialize NVML: Unknown Error",),
    why="With the systemd cgroup driver runc hands the list of allowed devices to systemd, which resolves them by /dev/char. What the toolkit's hook allowed afterwards is not in that list, and a reload applies it again.",
    remedy=("create the links in /dev/char", "or pass the GPU by CDI", "or use the cgroupfs driver"),
    sources=_SOURCES,
    check=check,
)
