"""The container engine, as it is on this host, does not pass the GPU in the way that the launch asks for."""

from __future__ import annotations

from collections.abc import Iterator

from envdoctor.facts import Fact, FactAbsent, Facts
from envdoctor.findings import Evidence, Finding, Kind, Severity
from envdoctor.judging.evidence import of
from envdoctor.judging.gpu_demand import gpu_demand
from envdoctor.judging.jetson import is_jetson
from envdoctor.judging.launching import cdi_devices, with_nvidia_runtime
from envdoctor.matrix import Matrix
from envdoctor.rules.rule import Rule
from envdoctor.versions import below, leading

_GUIDE = "https://docs.nvidia.com/datacenter/cloud-native/container-toolkit/latest/install-guide.html"
_CDI = "https://docs.nvidia.com/datacenter/cloud-native/container-toolkit/latest/cdi-support.html"
_SNAP = "https://github.com/NVIDIA/nvidia-container-toolkit/issues/154"
_DESKTOP = "https://docs.docker.com/desktop/features/gpu/"
_BY_CDI = "https://github.com/moby/moby/pull/50228"
_SOURCES = (_GUIDE, _CDI, _SNAP, _DESKTOP, _BY_CDI)
_ENGINE_CE = "install Docker Engine from Docker's own packages (https://docs.docker.com/engine/install/) and nvidia-container-toolkit"
_GPUS_BY_CDI = "29"  # its releases came to serve --gpus by CDI where the host has that; no older one does


def check(facts: Facts, matrix: Matrix) -> Iterator[Finding]:
    engine = (facts.host.engine.get() or "").lower()
    if engine not in ("docker", "docker-ce", "docker-desktop", "moby", "podman"):
        raise FactAbsent("the container engine is not stated, or is neither Docker nor Podman")
    if engine != "podman" and facts.launch.how.startswith("podman"):
        raise FactAbsent("the launch is for Podman, and the host has Docker")
    yield from _too_old(engine if engine == "podman" else "docker", facts, matrix)
    if engine == "docker-desktop":
        yield from _desktop(facts, matrix)
    elif engine != "podman":
        yield from _snap(facts, matrix)
        yield from _hook(facts, matrix)


def _too_old(engine: str, facts: Facts, matrix: Matrix) -> Iterator[Finding]:
    """--gpus and CDI names came with a release each."""
    version = leading(facts.host.engine_version.get() or "")
    devices, gpus = cdi_devices(facts.launch), facts.launch.gpus.get()
    feature, asked = ("cdi", f"--device {devices[0]}") if devices else ("gpus", f"--gpus {gpus}")
    row = matrix.engine_feature(engine, feature)
    if version is None or row is None or not (devices or gpus):
        return
    name = f"{engine.capitalize()} {version}"
    way = "CDI device names" if devices else "the option --gpus"
    fact: Fact[object] = facts.launch.devices if devices else facts.launch.gpus  # type: ignore[assignment]
    if below(version, row.since) is True:
        end = (
            "it takes the name for a path, and ends with no such file or directory"
            if devices
            else "it ends with unknown flag: --gpus"
        )
        message = f"The launch asks for the GPU with {asked}, and {name} is older than {row.since}, the first that knows {way}: {end}."
        yield _finding(message, Severity.ERROR, (f"upgrade {engine.capitalize()} to {row.by_default or row.since} or newer", "or use the nvidia runtime: --runtime nvidia -e NVIDIA_VISIBLE_DEVICES=all"), fact, facts, row.source)  # fmt: skip
    elif row.by_default and below(version, row.by_default) is True and not facts.host.cdi.get():
        message = f'{name} knows {way} only with the feature cdi switched on in its daemon.json (by default from {row.by_default} on); without it the launch ends with could not select device driver "cdi".'
        yield _finding(message, Severity.NOTE, ('write {"features": {"cdi": true}} into /etc/docker/daemon.json and restart Docker', f"or upgrade Docker to {row.by_default} or newer"), fact, facts, row.source)  # fmt: skip


def _desktop(facts: Facts, matrix: Matrix) -> Iterator[Finding]:
    if facts.host.is_windows or facts.host.os_id.is_unknown:
        return
    label = gpu_demand(facts, matrix).label
    message = f"Docker Desktop on this system runs containers in a virtual machine, which the GPU is not passed to (it is only on Windows, by WSL 2): the toolkit on the host does not count, and {label} gets no GPU."
    remedy = (_ENGINE_CE, "or, where Docker Engine is installed beside it, switch to it: docker context use default")
    yield _finding(message, Severity.ERROR, remedy, facts.host.engine, facts, (_DESKTOP, "https://github.com/NVIDIA/nvidia-container-toolkit/issues/229"))  # fmt: skip


def _snap(facts: Facts, matrix: Matrix) -> Iterator[Finding]:
    """Newer builds of the snap carry a toolkit of their own, which serves the nvidia runtime alone; older ones none."""
    if facts.host.snap.get() is not True or with_nvidia_runtime(facts.launch):
        return
    gpu_demand(facts, matrix)
    asked = facts.launch.gpus.is_known
    message = "Docker is installed as a snap: confined as it is, it sees neither the host's container toolkit nor its driver libraries, and docker run --gpus all does not start."
    remedy = (
        f"sudo snap remove docker, then {_ENGINE_CE}",
        "or, with a snap that brings its own toolkit: docker run --runtime nvidia --gpus all",
    )
    yield _finding(message, Severity.WARNING if asked else Severity.NOTE, remedy, facts.host.snap, facts, (_SNAP,))


def _hook(facts: Facts, matrix: Matrix) -> Iterator[Finding]:
    """Before Docker 29 --gpus always runs the toolkit's hook; that refuses to work in the modes csv and cdi, and, in a
    rootless Docker, cannot set up device cgroups."""
    host, launch = facts.host, facts.launch
    version = leading(host.engine_version.get() or "")
    by_hook = below(version, _GPUS_BY_CDI) if version else None
    mode = host.toolkit_mode.get() or ("csv" if is_jetson(host) else "legacy")
    if by_hook is False or cdi_devices(launch) or with_nvidia_runtime(launch) or host.default_runtime.get() == "nvidia":
        return
    if mode in ("cdi", "csv") and launch.gpus.is_known:
        message = f"The launch asks for the GPU with --gpus, and the container toolkit works in {mode} mode here: before Docker {_GPUS_BY_CDI} it ends with invoking the NVIDIA Container Runtime Hook directly (e.g. specifying the docker --gpus flag) is not supported."
        sure = by_hook and host.toolkit_mode.is_known
        yield _finding(message, Severity.ERROR if sure else Severity.WARNING, ("launch with --runtime nvidia -e NVIDIA_VISIBLE_DEVICES=all in place of --gpus (compose: runtime: nvidia)",), launch.gpus, facts, (_CDI, _BY_CDI))  # fmt: skip
    elif host.rootless.get() is True and mode == "legacy":
        gpu_demand(facts, matrix)
        message = "Docker runs rootless, and the toolkit's hook may not set device cgroups there: unless no-cgroups is set in the toolkit's configuration, no container with a GPU starts (bpf_prog_query(BPF_CGROUP_DEVICE) failed: operation not permitted)."
        yield _finding(message, Severity.NOTE, ("sudo nvidia-ctk config --set nvidia-container-cli.no-cgroups --in-place", "or pass the GPU by CDI: docker run --device nvidia.com/gpu=all"), host.rootless, facts, (_GUIDE,))  # fmt: skip


def _finding(
    message: str,
    severity: Severity,
    remedy: tuple[str, ...],
    fact: Fact[object] | Fact[str] | Fact[bool],
    facts: Facts,
    sources: tuple[str, ...],
) -> Finding:
    told = str(fact.get()) if not isinstance(fact.get(), tuple) else ", ".join(cdi_devices(facts.launch))
    return Finding(
        message=message,
        severity=severity,
        remedy=remedy,
        verify="docker run --rm --gpus all ubuntu nvidia-smi",
        at=fact.origin,
        evidence=(
            of("host.engine.name", facts.host.engine),
            of("host.engine.version", facts.host.engine_version),
            Evidence("what decides", told, str(fact.origin)),
        ),
        sources=sources,
    )


RULE = Rule(
    id="engine-without-gpu-support",
    kind=Kind.COMPATIBILITY,
    severity=Severity.ERROR,
    title="the container engine on this host does not pass the GPU in the way that the launch asks for",
    seen=(
        "unknown flag: --gpus",
        "stat nvidia.com/gpu=all: no such file or directory",
        "invoking the NVIDIA Container Runtime Hook directly (e.g. specifying the docker --gpus flag) is not supported",
        "nvidia-container-cli: mount error: failed to add device rules: … bpf_prog_query(BPF_CGROUP_DEVICE) failed: operation not permitted",
    ),
    why="Docker knows --gpus from 19.03 on and CDI names from 25 on (without a setting from 28.2), Podman CDI names from 4.1. Docker as a snap, Docker Desktop outside Windows, rootless engines and Jetsons each have a way of their own.",
    remedy=("upgrade the engine", "or ask for the GPU in a way that it knows"),
    sources=_SOURCES,
    check=check,
)
