"""The NVIDIA device nodes, and who may open them.

Sources: the names in /dev; opening each for reading and writing; /proc/1/status for the user, groups and capabilities
that the container's program runs with, which a health check need not share (started as root, the program by gosu).
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable
from typing import NamedTuple

from envdoctor.facts import Fact, Origin, known, unknown
from envdoctor.probes.files import listed, read_text
from envdoctor.probes.presence import LIVE, at

_NODE = re.compile(r"nvidia(?:[0-9]{1,3}|ctl|-uvm)|dxg|nvhost-gpu")  # WSL 2 has dxg, a Jetson nvhost-gpu
_A_GPU = re.compile(r"/dev/(?:nvidia[0-9]{1,3}|dxg|nvhost-gpu)")
_MOST_NODES = 300
_STATUS = "/proc/1/status"
_OVERRIDES_MODES = 1 << 1  # CAP_DAC_OVERRIDE


class Person(NamedTuple):
    """Whom the kernel asks about."""

    uid: int
    groups: tuple[int, ...]
    overrides: bool


def nodes(root: str) -> tuple[str, ...]:
    """/dev/nvidia0, /dev/nvidiactl, /dev/nvidia-uvm and their like."""
    names = [name for name in listed(root, "/dev") if _NODE.fullmatch(name)]
    return tuple(f"/dev/{name}" for name in names[:_MOST_NODES])


def of_gpus(paths: Iterable[str]) -> tuple[str, ...]:
    """Those that stand for a GPU, not for the driver."""
    return tuple(path for path in paths if _A_GPU.fullmatch(path))


def cameras(root: str) -> tuple[str, ...]:
    """V4L2: /dev/video0. A plain file of that name is no camera; in a recording every node is one."""
    paths = (f"/dev/{name}" for name in listed(root, "/dev") if re.fullmatch("video[0-9]{1,3}", name))
    return tuple(path for path in paths if root != LIVE or _is_device(path))[:64]


def _is_device(path: str) -> bool:
    try:
        return stat.S_ISCHR(os.stat(path).st_mode)
    except OSError:
        return False


def opened(root: str, paths: Iterable[str]) -> dict[str, int]:
    """0 or the error number of opening each. EPERM (1) is the cgroup's word, EACCES (13) the file mode's. May hang in
    the driver: for a child."""
    return {path: _open(at(root, path)) for path in paths}


def _open(path: str) -> int:
    try:
        os.close(os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC))
    except OSError as error:
        return error.errno or -1
    return 0


def first_process(root: str) -> Fact[Person]:
    """PID 1 is the container's program, unless Kubernetes shares one PID namespace: there it is "pause"."""
    text = read_text(root, _STATUS)
    if not text.is_known:
        return unknown(text.reason, text.origin)
    return parse_status(text.need(), text.origin)


# Name:	python3
# Uid:	1000	1000	1000	1000
# Gid:	1000	1000	1000	1000
# Groups:	44 1000
# CapEff:	0000000000000000
def parse_status(text: str, origin: Origin) -> Fact[Person]:
    """The effective user and group, proc_pid_status(5)."""
    fields = dict(line.partition(":")[::2] for line in text.splitlines()[:100])
    if fields.get("Name", "").strip() == "pause":
        return unknown("process 1 is the pod's pause container, not the workload", origin)
    try:
        uid, gid = int(fields["Uid"].split()[1]), int(fields["Gid"].split()[1])
        groups = tuple(int(word) for word in fields.get("Groups", "").split()[:1000])
        capabilities = int(fields["CapEff"], 16)
    except (KeyError, ValueError, IndexError):
        return unknown(f"{origin} holds no user and group that can be read", origin)
    return known(Person(uid, tuple(dict.fromkeys((gid, *groups))), bool(capabilities & _OVERRIDES_MODES)), origin)


def refused(root: str, paths: Iterable[str], person: Person) -> tuple[str, ...]:
    """The paths whose mode does not let that person read and write, each with its owner and mode. Of ourselves the
    kernel is asked, who knows of access control lists; of others a path with such a list is left out."""
    ourselves = root == LIVE and _ourselves() == person
    found = []
    for path in paths:
        try:
            state = os.stat(at(root, path))
        except OSError:
            continue
        if ourselves:
            may = os.access(path, os.R_OK | os.W_OK)
        else:
            may = may_read_and_write(state, person) or _has_list(at(root, path))
        if not may:
            found.append(f"{path} ({stat.filemode(state.st_mode)}, owner {state.st_uid}, group {state.st_gid})")
    return tuple(found)


def _ourselves() -> Person | None:
    return parse_status(read_text(LIVE, "/proc/self/status").get() or "", Origin("/proc/self/status")).get()


def _has_list(path: str) -> bool:
    """acl(5)"""
    try:
        return bool(os.getxattr(path, "system.posix_acl_access"))
    except (OSError, AttributeError):
        return False


def may_read_and_write(state: os.stat_result, person: Person) -> bool:
    """The first class that fits decides, as the kernel has it: an owner whom the mode refuses is refused."""
    if person.overrides:
        return True
    shift = 6 if state.st_uid == person.uid else 3 if state.st_gid in person.groups else 0
    return (state.st_mode >> shift) & 6 == 6
