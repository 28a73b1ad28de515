"""What is seen around the program that runs here: its user, control groups, memory, disks, display. All from files."""

from __future__ import annotations

from typing import Any

from envdoctor.facts import Fact, unknown
from envdoctor.observation import workload
from envdoctor.observation.plain import or_false
from envdoctor.probes import cgroup, display, distributions, ffmpeg, installed, launch, person
from envdoctor.probes.presence import LIVE

_SHM = "/dev/shm"  # noqa: S108  # its size is what counts
_DISKS = ("/", "/tmp", _SHM)  # noqa: S108


def user(root: str) -> object:
    environment = workload.environment(root)
    names = frozenset(item.name for item in distributions.python(root))
    sites = [path for path in installed.folders(root) if path.endswith("-packages")]
    facts = person.probe(root, environment, names, tuple(sites[:20]))
    if not facts.person.is_known:
        return facts.person
    who = facts.person.need()
    return {
        "uid": who.uid,
        "groups": who.groups,
        "name": or_false(facts.name),
        "home": or_false(facts.home),
        "writable": facts.writable,
    }


def control_group(root: str) -> object:
    facts = cgroup.probe(root)
    return {
        "version": facts.version,
        "driver": facts.driver,
        "memory_bytes": or_false(facts.memory),
        "cpus": or_false(facts.cpus),
        "nvidia_devices": facts.gpu_devices,
    }


def cpus(root: str) -> object:
    """How many a program may use, and which."""
    cpuset = launch.probe(root, {}).cpuset
    number: Fact[Any] = unknown(cpuset.reason, cpuset.origin) if not cpuset.is_known else cpuset
    return {"cpuset": cpuset, "usable": launch.count(cpuset.need()) if cpuset.is_known else number}


def shared_memory(root: str) -> object:
    size = launch.shm_size(root)
    free = person.disk(root, (_SHM,))[_SHM]
    return {"bytes": size, "free_bytes": free.need()["free_bytes"] if free.is_known else free}


def disks(root: str) -> object:
    home = workload.environment(root).get("HOME", "")
    return person.disk(root, (*_DISKS, home) if home.startswith("/") else _DISKS)


def screen(root: str) -> object:
    facts = display.probe(root, workload.environment(root))
    return {
        "x11": or_false(facts.x11),
        "wayland": or_false(facts.wayland),
        "sockets": facts.sockets,
        "answers": or_false(facts.answers),
    }


def ffmpeg_build(root: str) -> object:
    """False: none lies in PATH. One that cannot be asked tells why."""
    path = workload.environment(root).get("PATH", "")
    if root != LIVE and not path:
        return unknown("the search path of programs is not known")
    program = ffmpeg.program(root, path)
    if not program:
        return False
    told = ffmpeg.ask(program, root=root)
    lists = {name: told.get(name, unknown(str(told["error"]))) for name in ("hwaccels", "cuvid", "nvenc")}
    return {"path": program, **lists}
