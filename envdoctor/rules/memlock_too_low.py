"""RDMA or UCX, and a limit on the memory that a process may lock."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from envdoctor.facts import FactAbsent, Facts, Launch
from envdoctor.findings import Evidence, Finding, Kind, Severity
from envdoctor.judging.evidence import of
from envdoctor.judging.volumes import volumes
from envdoctor.matrix import Matrix
from envdoctor.rules.rule import Rule

_SOURCES = (
    "https://docs.nvidia.com/deeplearning/nccl/user-guide/docs/troubleshooting.html",
    "https://docs.docker.com/reference/cli/docker/container/run/#ulimit",
    "https://github.com/mlcommons/mlperf-automations/issues/664",
)
_ENOUGH = 2**30  # bytes; registered buffers of RDMA are far larger than the defaults of 64 KiB and 8 MiB
_DEVICES = "/dev/infiniband"
_PACKAGES = (
    "ucx",
    "ucx-py",
    "ucxx",
    "libucx",
    "libucp",
    "libucx0",
    "nixl",
    "rdma-core",
    "ibverbs-providers",
    "libibverbs1",
)
_VARIABLES = ("UCX_", "NCCL_IB_")
_LIMITLESS = frozenset({"IPC_LOCK", "CAP_IPC_LOCK", "ALL"})


class _Locking(NamedTuple):
    words: str
    certain: bool
    evidence: Evidence


def check(facts: Facts, matrix: Matrix) -> Iterator[Finding]:
    launch = facts.launch
    if not launch.stated or launch.ulimits.is_unknown:
        raise FactAbsent("the limits of the container are not stated")
    if launch.privileged.get() or not _LIMITLESS.isdisjoint(name.upper() for name in launch.cap_add.get() or ()):
        raise FactAbsent("the container may lock as much memory as it wants")
    limit = (launch.ulimits.get() or {}).get("memlock")
    if limit is not None and (limit < 0 or limit >= _ENOUGH):
        raise FactAbsent("the container may lock enough memory")
    locking = _locking(facts)
    if locking is None or (limit is None and (launch.how == "document" or not locking.certain)):
        raise FactAbsent("the workload is not known to lock memory, or the limit is not stated")
    yield _finding(locking, limit, launch)


def _locking(facts: Facts) -> _Locking | None:
    """What registers memory with a network card, which locks it."""
    launch, packages = facts.launch, facts.packages.get()
    if any(device.startswith(_DEVICES) for device in launch.devices.get() or ()):
        return _Locking("The container gets RDMA devices (/dev/infiniband)", True, of("launch.devices", launch.devices))
    if any((volume.source or "").startswith(_DEVICES) for volume in volumes(launch)):
        return _Locking("The container gets RDMA devices (/dev/infiniband)", True, of("launch.volumes", launch.volumes))
    names = sorted(name for name in (*(launch.env.get() or ()), *launch.passed) if name.startswith(_VARIABLES))
    if names:
        return _Locking(f"The launch sets {names[0]}", False, Evidence("launch.env", names[0], str(launch.env.origin)))
    found = packages.named(*_PACKAGES) if packages else ()
    if found:
        told = Evidence(f"packages[{found[0].name}]", found[0].name, str(found[0].origin))
        return _Locking(f"{found[0].name} registers memory for RDMA where there is any", False, told)
    if "nccl" in (facts.uses.get() or ()):
        return _Locking("NCCL locks memory for its buffers", False, of("uses", facts.uses))
    return None


def _finding(locking: _Locking, limit: int | None, launch: Launch) -> Finding:
    given = (
        "the launch gives no memlock limit, so that the engine's own holds, which may be as low as 8 MiB or 64 KiB"
        if limit is None
        else f"memlock (ulimit -l) is {_shown(limit)}"
    )
    certain = locking.certain and limit is not None
    return Finding(
        message=f"{locking.words}, and {given}: registering more locked memory than that fails, and communication stops or falls back to TCP.",
        severity=Severity.WARNING if certain else Severity.NOTE,
        remedy=(
            "ulimits: {memlock: -1}" if launch.how == "compose" else "add --ulimit memlock=-1 to the launch",
            "or add the capability IPC_LOCK (--cap-add IPC_LOCK)",
            "or raise it for all containers: LimitMEMLOCK=infinity in the unit of the engine, or default-ulimits in daemon.json",
        ),
        verify="docker run --rm … IMAGE sh -c 'ulimit -l'",
        at=launch.ulimits.origin if limit is not None else launch.origin,
        evidence=(
            locking.evidence,
            Evidence(
                "launch.ulimits.memlock", "not given" if limit is None else str(limit), str(launch.ulimits.origin)
            ),
        ),
        sources=_SOURCES,
    )


def _shown(limit: int) -> str:
    return f"{limit // 2**20} MiB" if limit >= 2**20 else f"{limit} bytes"


RULE = Rule(
    id="memlock-too-low",
    kind=Kind.COMPATIBILITY,
    severity=Severity.WARNING,
    title="RDMA or UCX is used, and the container may lock little memory",
    seen=(
        "NCCL WARN Call to ibv_reg_mr failed with error Cannot allocate memory",
        "UCX ERROR ibv_reg_mr(...) failed: Cannot allocate memory. Please set max locked memory (ulimit -l) to 'unlimited'",
    ),
    why=(
        "A network card that reads and writes memory itself needs that memory locked. The kernel counts it against the limit memlock of the process, which a container takes from its"
        " engine unless the launch says otherwise. Root with the capability IPC_LOCK has no limit."
    ),
    remedy=("--ulimit memlock=-1",),
    sources=_SOURCES,
    check=check,
)
