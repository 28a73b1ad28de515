"""The NVIDIA Container Toolkit is not installed on the host, or its runtime is not registered with the engine."""

from __future__ import annotations

from collections.abc import Iterator

from envdoctor.facts import FactAbsent, Facts
from envdoctor.findings import Evidence, Finding, Kind, Severity
from envdoctor.judging.evidence import of
from envdoctor.judging.gpu_demand import Demand, gpu_demand
from envdoctor.judging.launching import asked_for_gpu, by_hand, cdi_devices, with_nvidia_runtime
from envdoctor.matrix import Matrix
from envdoctor.rules.rule import Rule

_GUIDE = "https://docs.nvidia.com/datacenter/cloud-native/container-toolkit/latest/install-guide.html"
_SOURCES = (_GUIDE, "https://github.com/moby/moby/blob/v28.2.2/daemon/nvidia_linux.go")
# Apptainer, enroot and the like find the driver themselves.
_ENGINES = (None, "docker", "docker-ce", "docker-desktop", "moby", "podman", "containerd", "nerdctl", "cri-o", "crio")


def check(facts: Facts, matrix: Matrix) -> Iterator[Finding]:
    host = facts.host
    if host.engine.is_absent or (host.engine.get() or "").lower() not in {name or "" for name in _ENGINES}:
        raise FactAbsent("the host has no container engine that passes GPUs by the NVIDIA Container Toolkit")
    if host.toolkit.get() is False:
        _applies(facts)
        yield _missing(gpu_demand(facts, matrix), facts)
    elif with_nvidia_runtime(facts.launch) and host.runtimes.is_known and _is_docker(facts):
        if not _registered(facts):
            yield _not_registered(facts)
    else:
        raise FactAbsent("that the NVIDIA Container Toolkit is missing is not stated")


def _applies(facts: Facts) -> None:
    """Raises FactAbsent where the toolkit is not what passes the GPU."""
    host, launch = facts.host, facts.launch
    if _registered(facts) or host.cdi.get() or by_hand(launch):
        raise FactAbsent("the GPU reaches the container another way")
    if _goes_without(facts):
        raise FactAbsent("the launch asks for no GPU, and starts without the toolkit")
    if host.is_windows and (host.engine.get() == "docker-desktop" or host.runtimes.is_unknown):
        raise FactAbsent("Docker Desktop on Windows holds the toolkit itself, also for the distributions of WSL")
    parts = (facts.image.reference, facts.image.cuda, facts.build)
    contained = launch.stated or any(part.is_known for part in parts) or facts.observed.get("container") is True
    if facts.packages.is_known and not contained:
        raise FactAbsent("that the workload runs in a container is not stated")


def _goes_without(facts: Facts) -> bool:
    """A launch of a script or a compose file that asks for none starts on any host: what comes of that is
    launch-without-gpu's."""
    launch = facts.launch
    asks = asked_for_gpu(launch) is not None or bool(launch.reservations)
    if not launch.stated or launch.how == "document" or asks:
        return False
    return launch.gpus.is_absent and launch.runtime.is_absent and facts.host.default_runtime.get() != "nvidia"


def _registered(facts: Facts) -> bool:
    return any(name.startswith("nvidia") for name in facts.host.runtimes.get() or ())


def _is_docker(facts: Facts) -> bool:
    """Podman takes the path of any runtime."""
    return (facts.host.engine.get() or "docker").startswith("docker") and not facts.launch.how.startswith("podman")


def _missing(demand: Demand, facts: Facts) -> Finding:
    if facts.host.engine.get() == "podman" or cdi_devices(facts.launch):
        end = "no CDI specification names its GPUs, and the container does not start (unresolvable CDI devices)"
    else:
        end = 'docker run --gpus all ends with could not select device driver "" with capabilities: [[gpu]], and without --gpus no container sees a GPU'
    return Finding(
        message=f"The NVIDIA Container Toolkit is not installed on the host: {end}. {demand.label[0].upper()}{demand.label[1:]} needs one.",
        severity=Severity.ERROR,
        remedy=(
            f"install nvidia-container-toolkit on the host ({_GUIDE}), then: sudo nvidia-ctk runtime configure --runtime=docker && sudo systemctl restart docker",
        ),
        verify="docker run --rm --gpus all ubuntu nvidia-smi",
        at=facts.host.toolkit.origin,
        evidence=(of("host.container_toolkit", facts.host.toolkit), *demand.evidence),
        sources=_SOURCES,
    )


def _not_registered(facts: Facts) -> Finding:
    listed = ", ".join(facts.host.runtimes.get() or ()) or "none"
    return Finding(
        message=f"The launch asks for the runtime nvidia, and the engine knows {listed}: it ends with unknown or invalid runtime name: nvidia.",
        severity=Severity.ERROR,
        remedy=(
            "register it: sudo nvidia-ctk runtime configure --runtime=docker && sudo systemctl restart docker",
            "or launch with --gpus all in place of --runtime nvidia",
        ),
        verify="docker info --format '{{json .Runtimes}}'",
        at=facts.launch.runtime.origin,
        evidence=(
            Evidence("launch.runtime", "nvidia", str(facts.launch.runtime.origin)),
            of("host.engine.runtimes", facts.host.runtimes),
        ),
        sources=_SOURCES,
    )


RULE = Rule(
    id="container-toolkit-missing",
    kind=Kind.COMPATIBILITY,
    severity=Severity.ERROR,
    title="the NVIDIA Container Toolkit is not installed on the host, or not registered with its container engine",
    seen=(
        'could not select device driver "" with capabilities: [[gpu]]',
        "unknown or invalid runtime name: nvidia",
        "setting up CDI devices: unresolvable CDI devices nvidia.com/gpu=all",
    ),
    why="An image holds no driver. The toolkit puts the host's driver libraries and device nodes into the container; Docker looks for its hook when it starts, Podman for the CDI specification that it writes.",
    remedy=("install nvidia-container-toolkit on the host, register it and restart the engine",),
    sources=_SOURCES,
    check=check,
)
