"""How this container was started, as far as it can be seen from inside.

Sources: the variables NVIDIA_*; /proc/self/mountinfo and statvfs for /dev/shm; /proc/1/limits, /proc/1/status and the
cgroup's cpuset; the names in /dev. Of process 1, or of this process where process 1 is none of the container's.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import NamedTuple

from envdoctor.facts import Fact, Origin, known, unknown
from envdoctor.probes import device_nodes, mounts
from envdoctor.probes.files import listed, read_text
from envdoctor.probes.presence import LIVE

_SHM = "/dev/shm"  # noqa: S108  # its size is what counts
_CPUSETS = ("/sys/fs/cgroup/cpuset.cpus.effective", "/sys/fs/cgroup/cpuset/cpuset.cpus")
_LIMITS = {
    "Max locked memory": "memlock",
    "Max stack size": "stack",
    "Max open files": "nofile",
    "Max processes": "nproc",
}
_DEVICES = re.compile(r"nvidia\S{0,40}|dxg|video[0-9]{1,3}|dri|kfd|fuse|snd|nvhost-gpu|nvmap")


class LaunchFacts(NamedTuple):
    """`ulimits`: soft limits, -1 for none."""

    env: Mapping[str, str | None]
    devices: Fact[tuple[str, ...]]
    shm_size: Fact[int]
    ulimits: Fact[dict[str, int]]
    user: Fact[str]
    cpuset: Fact[str]
    privileged: Fact[bool]


def probe(root: str, environment: Mapping[str, str | None]) -> LaunchFacts:
    return LaunchFacts(
        env={name: value for name, value in environment.items() if name.startswith("NVIDIA_")},
        devices=_devices(root),
        shm_size=shm_size(root),
        ulimits=_ulimits(root),
        user=_user(root),
        cpuset=_cpuset(root),
        privileged=_privileged(root),
    )


def _devices(root: str) -> Fact[tuple[str, ...]]:
    names = listed(root, "/dev")
    if not names:
        return unknown("/dev cannot be listed", Origin("/dev"))
    return known(tuple(f"/dev/{name}" for name in names if _DEVICES.fullmatch(name))[:1000], Origin("/dev"))


def shm_size(root: str) -> Fact[int]:
    """Bytes of /dev/shm."""
    found = mounts.mounts(root)
    mount = next((item for item in reversed(found.get() or ()) if item.point == _SHM), None)
    size = mounts.size(mount.options) if mount else None
    if size is not None:
        return known(size, found.origin)
    if root != LIVE:
        return unknown(found.reason or f"{found.origin} tells no size of {_SHM}", found.origin)
    try:
        state = os.statvfs(_SHM)
    except OSError as error:
        return unknown(f"{_SHM} cannot be looked at: {error.strerror}", Origin(_SHM))
    return known(state.f_blocks * state.f_frsize, Origin(f"statvfs of {_SHM}"))


def _ulimits(root: str) -> Fact[dict[str, int]]:
    text = _of_process(root, "limits")
    if not text.is_known:
        return unknown(text.reason, text.origin)
    found = parse_limits(text.need())
    return (
        known(found, text.origin) if found else unknown(f"{text.origin} holds no limits that can be read", text.origin)
    )


# Limit                     Soft Limit           Hard Limit           Units
# Max locked memory         65536                65536                bytes
# Max locked memory         unlimited            unlimited            bytes
_LIMIT = re.compile(r"^(Max [a-z ]{1,30}?) {2,40}(unlimited|[0-9]{1,20}) ", re.MULTILINE)


def parse_limits(text: str) -> dict[str, int]:
    """proc_pid_limits(5)"""
    pairs = _LIMIT.findall(text[:20_000])
    return {_LIMITS[name]: -1 if soft == "unlimited" else int(soft) for name, soft in pairs if name in _LIMITS}


def _of_process(root: str, name: str) -> Fact[str]:
    """Process 1 is the pod's pause container where Kubernetes shares one PID namespace."""
    paused = "pause" in device_nodes.first_process(root).reason
    text = read_text(root, f"/proc/{'self' if paused else '1'}/{name}")
    return text if text.is_known else read_text(root, f"/proc/self/{name}")


def _user(root: str) -> Fact[str]:
    person = device_nodes.first_process(root)
    if not person.is_known:
        return unknown(person.reason, person.origin)
    groups = person.need().groups
    return known(f"{person.need().uid}:{groups[0]}" if groups else str(person.need().uid), person.origin)


def _cpuset(root: str) -> Fact[str]:
    """The affinity that process 1 was given tells too, where the cgroup cannot be seen."""
    for path in _CPUSETS:
        text = read_text(root, path)
        if text.is_known and _is_list(text.need().strip()):
            return known(text.need().strip(), text.origin)
    text = _of_process(root, "status")
    match = re.search(r"^Cpus_allowed_list:\s{1,8}([0-9,-]{1,4000})$", text.get() or "", re.MULTILINE)
    return known(match.group(1), text.origin) if match else unknown(text.reason or "not told", text.origin)


def _is_list(text: str) -> bool:
    return re.fullmatch(r"[0-9]{1,6}(-[0-9]{1,6})?(,[0-9]{1,6}(-[0-9]{1,6})?){0,500}", text) is not None


def count(cpuset: str) -> int:
    """ "0-3,8" -> 5."""
    ends = (part.partition("-")[::2] for part in cpuset.split(","))
    return sum(int(last or first) - int(first) + 1 for first, last in ends)


def _privileged(root: str) -> Fact[bool]:
    """A container that may not gain every capability is not privileged; one that may need not be."""
    text = _of_process(root, "status")
    most = (read_text(root, "/proc/sys/kernel/cap_last_cap").get() or "").strip()
    match = re.search(r"^CapBnd:\s{1,8}([0-9a-f]{1,16})$", text.get() or "", re.MULTILINE)
    if not match or not (most.isascii() and most.isdigit() and len(most) < 3):
        return unknown(text.reason or "the capabilities are not told", text.origin)
    if int(match.group(1), 16) + 1 < 1 << (int(most) + 1):
        return known(False, text.origin)
    return unknown("all capabilities are allowed, which --cap-add ALL does too", text.origin)
