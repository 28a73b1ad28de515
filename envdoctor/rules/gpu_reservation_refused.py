"""A compose service reserves GPUs in a way that Compose or Docker refuses."""

from __future__ import annotations

from collections.abc import Iterator

from envdoctor.facts import FactAbsent, Facts, Reservation
from envdoctor.findings import Evidence, Finding, Kind, Severity
from envdoctor.matrix import Matrix
from envdoctor.rules.rule import Rule

_GUIDE = "https://docs.docker.com/compose/how-tos/gpu-support/"
_SOURCES = (
    _GUIDE,
    "https://github.com/compose-spec/compose-go/blob/main/transform/devices.go",
    "https://github.com/moby/moby/blob/v28.2.2/daemon/nvidia_linux.go",
)
# What Docker's nvidia driver answers to.
_CAPABILITIES = frozenset({"gpu", "nvidia", "compute", "compat32", "graphics", "utility", "video", "display"})
_NOT_NVIDIA = ("amd", "intel", "tpu", "fpga", "habana")


def check(facts: Facts, matrix: Matrix) -> Iterator[Finding]:
    if not facts.launch.reservations:
        raise FactAbsent("no compose service reserves a device")
    for reservation in facts.launch.reservations:
        yield from _judge(reservation)


def _judge(reservation: Reservation) -> Iterator[Finding]:
    driver, capabilities = reservation.driver or "", reservation.capabilities
    if driver.startswith(_NOT_NVIDIA):
        return
    if reservation.count is not None and reservation.device_ids:
        yield _finding(
            reservation,
            'The reservation has both count and device_ids: Compose refuses the file ("count" and "device_ids" attributes are exclusive).',
            ("leave out count, where these devices are meant", "or leave out device_ids"),
        )
    if driver == "cdi":
        return
    if not capabilities:
        yield _finding(
            reservation,
            "The reservation names no capabilities: Compose demands them, and no service with it starts.",
            ("add capabilities: [gpu] to the reservation",),
        )
    elif not set(capabilities) <= _CAPABILITIES:
        strange = ", ".join(sorted(set(capabilities) - _CAPABILITIES))[:80]
        yield _finding(
            reservation,
            f"The reservation asks for the capability {strange}, which Docker's nvidia driver does not have: could not select device driver.",
            ("write capabilities: [gpu]",),
        )
    elif driver and not driver.startswith("nvidia"):
        yield _finding(
            reservation,
            f"The reservation names the driver {driver[:40]}, which Docker does not have: could not select device driver.",
            ("write driver: nvidia, or driver: cdi with device_ids such as nvidia.com/gpu=all",),
        )


def _finding(reservation: Reservation, message: str, remedy: tuple[str, ...]) -> Finding:
    shown = {
        "driver": reservation.driver,
        "count": reservation.count,
        "device_ids": reservation.device_ids and list(reservation.device_ids),
        "capabilities": reservation.capabilities and list(reservation.capabilities),
    }
    value = ", ".join(f"{name}: {value}" for name, value in shown.items() if value)
    return Finding(
        message=message,
        severity=Severity.ERROR,
        remedy=remedy,
        verify="docker compose config",
        at=reservation.origin,
        evidence=(Evidence("launch.reservations", value[:200] or "empty", str(reservation.origin)),),
        sources=_SOURCES,
    )


RULE = Rule(
    id="gpu-reservation-refused",
    kind=Kind.COMPATIBILITY,
    severity=Severity.ERROR,
    title="a compose service reserves GPUs in a way that Compose or Docker refuses",
    seen=(
        '"count" and "device_ids" attributes are exclusive',
        'could not select device driver "nvidia" with capabilities: [[gpu tpu]]',
    ),
    why="A reservation needs capabilities, takes either a count or a list of device_ids, and its capabilities must all be among those of the driver.",
    remedy=("write devices: [{driver: nvidia, count: all, capabilities: [gpu]}]",),
    sources=_SOURCES,
    check=check,
)
