"""DataLoader workers or NCCL, and a /dev/shm of the engine's default size."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from envdoctor.facts import FactAbsent, Facts, Launch
from envdoctor.findings import Finding, Kind, Severity
from envdoctor.judging.evidence import of
from envdoctor.judging.launched_program import needs_no_gpu
from envdoctor.judging.several_gpus import command_of, gpus_of, is_tensor_parallel
from envdoctor.judging.volumes import has_mount
from envdoctor.matrix import Matrix
from envdoctor.patterns import lazily
from envdoctor.rules.rule import Rule

_SOURCES = (
    "https://github.com/pytorch/pytorch#docker-image",
    "https://docs.nvidia.com/deeplearning/nccl/user-guide/docs/troubleshooting.html",
    "https://docs.docker.com/reference/cli/docker/container/run/",
    "https://github.com/NVIDIA/nccl/issues/342",
)
_KUBERNETES = "https://kubernetes.io/docs/concepts/storage/volumes/#emptydir"
_MIB = 2**20
_DEFAULT = 64 * _MIB  # Docker, containerd and Podman alike
_SMALL = 256 * _MIB
_ELSEWHERE = ("host", "none")
_TRAINS = lazily(
    r"(?:^|[\s/'\"])(?:[\w-]{0,40}_)?(?:train|pretrain|finetune|fine_tune)(?:ing|er)?(?:_[\w-]{1,40})?\.py\b"
    r"|(?:^|\s)yolo\s[^;&|]{0,200}\b(?:train|mode=train)\b"
)


class _Need(NamedTuple):
    words: str
    severity: Severity
    effect: str


def check(facts: Facts, matrix: Matrix) -> Iterator[Finding]:
    launch = facts.launch
    size = _size(launch)
    if needs_no_gpu(launch):
        raise FactAbsent("what is launched uses no shared memory")
    need = _need(facts, size)
    if need is None:
        raise FactAbsent("the workload is not known to use shared memory, or has enough of it")
    yield _finding(need, size, facts)


def _size(launch: Launch) -> int:
    """Of /dev/shm, in bytes. Raises FactAbsent where it is the host's, another container's, or not stated."""
    if not launch.stated:
        raise FactAbsent("the launch is not stated")
    mode = launch.ipc.get() or ""
    if mode in _ELSEWHERE or mode.startswith(("container:", "service:")):
        raise FactAbsent(f"with --ipc={mode} /dev/shm is not the container's own")
    if has_mount(launch, "/dev/shm"):  # noqa: S108 - a place, and no temporary file
        raise FactAbsent("the launch mounts a /dev/shm of its own")
    if launch.shm_size.is_unknown or (launch.ipc.is_unknown and launch.how != "document"):
        raise FactAbsent("the size of /dev/shm is not stated, or known only at run time")
    if launch.shm_size.get() == 0 and launch.how.startswith("podman"):
        raise FactAbsent("of size 0 /dev/shm has no limit with Podman")
    return launch.shm_size.get() or _DEFAULT


def _need(facts: Facts, size: int) -> _Need | None:
    uses = facts.uses.get() or frozenset()
    if "dataloader-workers" in uses and size <= _SMALL:
        severity = Severity.WARNING if size <= _DEFAULT else Severity.NOTE
        effect = "a worker that puts a batch there when it is full is killed by a bus error"
        return _Need("PyTorch's DataLoader workers hand their batches over in shared memory", severity, effect)
    if size > _DEFAULT:
        return None
    parallel = is_tensor_parallel(facts.launch)
    if ("nccl" in uses or parallel) and gpus_of(facts) != 1:
        by_variable = not facts.uses_stated and not parallel and gpus_of(facts) is None and _names_nccl(facts.launch)
        severity = Severity.NOTE if by_variable else Severity.WARNING
        return _Need(
            "NCCL keeps the buffers between the GPUs of a machine in shared memory",
            severity,
            "NCCL stops with an unhandled system error when it is full",
        )
    return _presumed(facts)


def _names_nccl(launch: Launch) -> bool:
    return any(name.startswith("NCCL_") for name in (*(launch.env.get() or ()), *launch.passed))


def _presumed(facts: Facts) -> _Need | None:
    """What nobody states, and mostly is so: a note."""
    packages = facts.packages.get()
    has_torch = "torch" in (facts.uses.get() or ()) or bool(packages and packages.named("torch"))
    effect = "workers of a DataLoader that find it full are killed by a bus error"
    if has_torch and _TRAINS.search(command_of(facts.launch)):
        return _Need(
            "The command trains with PyTorch, whose DataLoader workers use shared memory", Severity.NOTE, effect
        )
    if facts.image.family.get() == "ngc/pytorch":
        return _Need(
            "NVIDIA's PyTorch image is made for training, and says so itself when it starts (The SHMEM allocation limit is set to the default of 64MB)",
            Severity.NOTE,
            effect,
        )
    return None


def _finding(need: _Need, size: int, facts: Facts) -> Finding:
    launch = facts.launch
    stated = launch.shm_size.is_known
    given = (
        f"the launch gives /dev/shm {_shown(size)}"
        if stated
        else f"the launch gives /dev/shm no size: it has {_shown(size)}"
    )
    on_kubernetes = facts.host.engine.get() == "kubernetes"
    return Finding(
        message=f"{need.words}, and {given}; {need.effect}.",
        severity=need.severity,
        remedy=_remedy(launch, on_kubernetes),
        verify="docker run --rm … IMAGE df -h /dev/shm",
        at=launch.shm_size.origin if stated else launch.origin,
        evidence=(of("uses", facts.uses), of("launch.shm_size", launch.shm_size), of("launch.ipc", launch.ipc)),
        sources=(*_SOURCES, _KUBERNETES) if on_kubernetes else _SOURCES,
    )


def _remedy(launch: Launch, on_kubernetes: bool) -> tuple[str, ...]:
    without = (
        "or, if it cannot be raised, num_workers=0 for the DataLoader and NCCL_SHM_DISABLE=1 for NCCL, both slower"
    )
    if on_kubernetes:
        return ("mount an emptyDir with medium: Memory (and a sizeLimit) at /dev/shm in the pod", without)
    if launch.how == "compose":
        return ("add to the service: shm_size: 8gb", "or ipc: host, which shares the host's /dev/shm", without)
    return ("add --shm-size=8g to the launch", "or --ipc=host, which shares the host's /dev/shm", without)


def _shown(size: int) -> str:
    return f"{size // _MIB} MB" if size >= _MIB else f"{size} bytes"


RULE = Rule(
    id="shared-memory-too-small",
    kind=Kind.COMPATIBILITY,
    severity=Severity.WARNING,
    title="DataLoader workers or NCCL get the engine's default /dev/shm of 64 MB",
    seen=(
        "RuntimeError: DataLoader worker (pid 123) is killed by signal: Bus error. It is possible that dataloader's workers are out of shared memory.",
        "ERROR: Unexpected bus error encountered in worker. This might be caused by insufficient shared memory (shm).",
        "NCCL WARN Error: failed to extend /dev/shm/nccl-03v824 to 4194660 bytes",
        "OSError: [Errno 28] No space left on device",
    ),
    why=(
        "Docker, Podman and Kubernetes give each container a /dev/shm of 64 MB. Processes that pass tensors to each other, as the workers of a DataLoader and the ranks of NCCL do,"
        " put them there. How much is needed depends on batch size, workers and GPUs; NVIDIA proposes 1 GB and more."
    ),
    remedy=("--shm-size=8g or --ipc=host", "in Kubernetes an emptyDir with medium: Memory at /dev/shm"),
    sources=(*_SOURCES, _KUBERNETES),
    check=check,
)
