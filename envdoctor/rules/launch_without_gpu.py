"""The workload needs a GPU, and the launch gives the container none."""

from __future__ import annotations

from collections.abc import Iterator

from envdoctor.facts import FactAbsent, Facts, Launch
from envdoctor.findings import Evidence, Finding, Kind, Severity
from envdoctor.judging.evidence import of
from envdoctor.judging.gpu_demand import Demand, gpu_demand
from envdoctor.judging.jetson import is_jetson
from envdoctor.judging.launched_program import may_do_without, means_the_cpu, needs_no_gpu
from envdoctor.judging.launching import Setting, by_hand, cdi_devices, setting, with_nvidia_runtime
from envdoctor.matrix import Matrix
from envdoctor.rules.rule import Rule

_SOURCES = (
    "https://docs.docker.com/engine/containers/resource_constraints/",
    "https://docs.nvidia.com/datacenter/cloud-native/container-toolkit/latest/docker-specialized.html",
)
_CLIENTS = "-py3-sdk"  # nvcr.io/nvidia/tritonserver:24.08-py3-sdk
_NO_GPU = {"": "as if it were not set, no GPU", "void": "no GPU and no driver", "none": "the driver without any GPU"}


def check(facts: Facts, matrix: Matrix) -> Iterator[Finding]:
    launch = facts.launch
    if not launch.stated or launch.gpus.is_known or launch.reservations or cdi_devices(launch) or by_hand(launch):
        raise FactAbsent("the launch passes a GPU, or is not stated")
    if launch.goes_without:
        raise FactAbsent(launch.goes_without)
    if launch.how != "document" and any(part.is_unknown for part in (launch.gpus, launch.runtime, launch.devices)):
        raise FactAbsent("whether the launch passes a GPU is known only at run time")
    hidden = None if "CUDA_VISIBLE_DEVICES" in launch.passed else setting(facts, "CUDA_VISIBLE_DEVICES")
    if needs_no_gpu(launch) or means_the_cpu(launch) or (hidden and hidden.value.strip() in ("", "-1")):
        raise FactAbsent("what is launched is meant to run without a GPU")
    if (facts.image.reference.get() or "").endswith(_CLIENTS):
        raise FactAbsent("the image of Triton's clients, which need no GPU")
    if with_nvidia_runtime(launch) or (not launch.runtime.is_known and facts.host.default_runtime.get() == "nvidia"):
        yield from _by_variable(facts, matrix)
    elif launch.gpus.is_absent and not launch.runtime.is_known:
        yield _not_requested(gpu_demand(facts, matrix), facts)
    else:
        raise FactAbsent("whether the launch asks for a GPU is not stated")


def _by_variable(facts: Facts, matrix: Matrix) -> Iterator[Finding]:
    """Under the nvidia runtime NVIDIA_VISIBLE_DEVICES alone decides; nvidia/cuda images and those built on them set it."""
    found = setting(facts, "NVIDIA_VISIBLE_DEVICES")
    if found is None:
        bare = facts.image.family.get() == "plain" and not setting(facts, "CUDA_VERSION")
        if bare and not facts.launch.env.is_unknown:
            yield _hidden("is set neither by the launch nor by the image", None, facts, gpu_demand(facts, matrix))
    elif found.value.strip().lower() in _NO_GPU:
        effect = _NO_GPU[found.value.strip().lower()]
        yield _hidden(f"is {found.value!r}: {effect}", found, facts, gpu_demand(facts, matrix))


def _hidden(what: str, found: Setting | None, facts: Facts, demand: Demand) -> Finding:
    where = found.origin if found else facts.launch.origin
    return Finding(
        message=f"The container is started with the nvidia runtime, and NVIDIA_VISIBLE_DEVICES {what}. It sees no GPU, and {demand.label} needs one.",
        severity=Severity.ERROR,
        remedy=("add -e NVIDIA_VISIBLE_DEVICES=all to the launch (compose: environment)", "or launch with --gpus all"),
        verify="docker run --rm --gpus all IMAGE nvidia-smi -L",
        at=where,
        evidence=(
            Evidence(
                found.fact if found else "launch.env.NVIDIA_VISIBLE_DEVICES",
                found.value if found else "none",
                str(where),
            ),
            *demand.evidence,
        ),
        sources=_SOURCES,
    )


def _not_requested(demand: Demand, facts: Facts) -> Finding:
    launch = facts.launch
    return Finding(
        message=f"The {_what(launch)}, and {demand.label} needs one: CUDA finds no device, and what can falls back to the CPU.",
        severity=_severity(launch, facts),
        remedy=(
            _request(launch),
            "or, where the CPU is meant, say so: CUDA_VISIBLE_DEVICES= in the launch's environment, or a CPU image, which is far smaller",
        ),
        verify="docker run --rm --gpus all IMAGE nvidia-smi -L",
        at=launch.origin,
        evidence=(of("launch.gpus", launch.gpus), *demand.evidence),
        sources=_SOURCES,
    )


def _severity(launch: Launch, facts: Facts) -> Severity:
    """A warning where the CPU may be meant (a wheel that happens to be a CUDA build, one service of several on an image, tests
    and shells), and where the host may add the GPU itself (a Jetson's default runtime mostly is nvidia; older toolkits had a hook for Podman)."""
    meant = facts.uses_stated or facts.image.cuda.is_known
    shared = launch.how == "compose" and bool(launch.command.get()) and not facts.uses_stated
    jetson = is_jetson(facts.host) and facts.host.default_runtime.is_unknown
    by_host = bool(launch.privileged.get()) or jetson or launch.how.startswith("podman")
    return Severity.ERROR if meant and not shared and not by_host and not may_do_without(launch) else Severity.WARNING


def _what(launch: Launch) -> str:
    if launch.how == "compose":
        return "service asks for no GPU (no gpus, no reservation of a device, no runtime)"
    return "launch asks for no GPU (no --gpus, no runtime, no device)"


def _request(launch: Launch) -> str:
    if launch.how == "compose":
        return "add to the service: gpus: all (or deploy.resources.reservations.devices: [{driver: nvidia, count: all, capabilities: [gpu]}])"
    if launch.how.startswith("podman"):
        return "add --device nvidia.com/gpu=all to podman run, in front of the image"
    return "add --gpus all to the launch, in front of the image"


RULE = Rule(
    id="launch-without-gpu",
    kind=Kind.COMPATIBILITY,
    severity=Severity.ERROR,
    title="the launch gives the container no GPU, and the workload needs one",
    seen=(
        "RuntimeError: No CUDA GPUs are available",
        "RuntimeError: Found no NVIDIA driver on your system.",
        "libcuda.so.1: cannot open shared object file: No such file or directory",
    ),
    why="Without --gpus, a compose reservation, a CDI device or the nvidia runtime a container gets neither the driver's libraries nor the devices. Under the nvidia runtime NVIDIA_VISIBLE_DEVICES says which GPUs; unset, empty, void or none means none.",
    remedy=("ask for the GPU in the launch", "or set NVIDIA_VISIBLE_DEVICES=all under the nvidia runtime"),
    sources=_SOURCES,
    check=check,
)
