"""Control groups: which version, who drives them, and what they let this container have.

Sources: /sys/fs/cgroup, /proc/1/cgroup. Inside a container /sys/fs/cgroup is the container's own group.
https://docs.kernel.org/admin-guide/cgroup-v2.html , https://docs.kernel.org/admin-guide/cgroup-v1/
"""

from __future__ import annotations

import re
from typing import NamedTuple

from envdoctor.facts import Fact, Origin, absent, known, unknown
from envdoctor.probes.files import listed, read_text
from envdoctor.probes.presence import exists

_FOLDER = "/sys/fs/cgroup"
_UNLIMITED = 1 << 60  # version 1 writes a number near the largest


class Cgroup(NamedTuple):
    """Bytes; `cpus` is the quota in CPUs. Absent: unlimited."""

    version: Fact[int]
    driver: Fact[str]
    memory: Fact[int]
    cpus: Fact[float]
    gpu_devices: Fact[bool]  # version 1 only: whether NVIDIA's devices may be opened


def probe(root: str) -> Cgroup:
    number = version(root)
    two = number.get() == 2
    return Cgroup(
        number,
        driver(root),
        _memory(root, "/sys/fs/cgroup/memory.max" if two else "/sys/fs/cgroup/memory/memory.limit_in_bytes"),
        _quota(root) if two else _quota_of_version_1(root),
        gpu_devices(root),
    )


def version(root: str) -> Fact[int]:
    if exists(root, f"{_FOLDER}/cgroup.controllers"):
        return known(2, Origin(f"{_FOLDER}/cgroup.controllers"))
    if {"memory", "devices", "cpu,cpuacct", "cpu"} & set(listed(root, _FOLDER)):
        return known(1, Origin(_FOLDER))
    return unknown(f"{_FOLDER} does not tell which cgroup version is in use", Origin(_FOLDER))


# 0::/system.slice/docker-0123456789abcdef.scope
# 12:devices:/docker/0123456789abcdef
# 0::/
_SYSTEMD = re.compile(r"^\d{1,3}:[^:\n]{0,200}:/(?:[^\n]{0,300}/)?[a-z-]{1,30}-[0-9a-f]{12,64}\.scope", re.MULTILINE)
_PLAIN = re.compile(r"^\d{1,3}:[^:\n]{0,200}:/(?:docker|kubepods|libpod_parent)/[^\n]{1,300}$", re.MULTILINE)


def driver(root: str) -> Fact[str]:
    """systemd names a container's group `….scope`; the driver cgroupfs makes folders of its own. Where the container has
    a namespace of its own (the default of version 2), the name is not to be seen."""
    text = read_text(root, "/proc/1/cgroup")
    return parse_driver(text.need(), text.origin) if text.is_known else unknown(text.reason, text.origin)


def parse_driver(text: str, origin: Origin) -> Fact[str]:
    if _SYSTEMD.search(text):
        return known("systemd", origin)
    if _PLAIN.search(text):
        return known("cgroupfs", origin)
    return unknown(f"{origin} does not tell which cgroup driver is in use", origin)


def _memory(root: str, path: str) -> Fact[int]:
    text = read_text(root, path)
    if not text.is_known:
        return unknown(text.reason, text.origin)
    word = text.need().strip()
    if word == "max" or (word.isascii() and word.isdigit() and len(word) < 25 and int(word) >= _UNLIMITED):
        return absent("there is no limit", text.origin)
    return _number(word, text.origin)


def _number(word: str, origin: Origin) -> Fact[int]:
    if not (word.isascii() and word.isdigit() and len(word) < 25):
        return unknown(f"{origin} holds no number that can be read: {word[:40]!r}", origin)
    return known(int(word), origin)


# 200000 100000
# max 100000
def _quota(root: str) -> Fact[float]:
    text = read_text(root, f"{_FOLDER}/cpu.max")
    if not text.is_known:
        return unknown(text.reason, text.origin)
    words = text.need().split()
    if words[:1] == ["max"]:
        return absent("there is no limit", text.origin)
    return _ratio(words, text.origin)


def _quota_of_version_1(root: str) -> Fact[float]:
    texts = [read_text(root, f"{_FOLDER}/cpu/cpu.cfs_{name}_us") for name in ("quota", "period")]
    for text in texts:
        if not text.is_known:
            return unknown(text.reason, text.origin)
    words = [text.need().strip() for text in texts]
    return absent("there is no limit", texts[0].origin) if words[0] == "-1" else _ratio(words, texts[0].origin)


def _ratio(words: list[str], origin: Origin) -> Fact[float]:
    if (
        len(words) == 2
        and all(word.isascii() and word.isdigit() and len(word) < 16 for word in words)
        and int(words[1])
    ):
        return known(round(int(words[0]) / int(words[1]), 3), origin)
    return unknown(f"{origin} holds no quota that can be read", origin)


# a *:* rwm
# c 195:* rw
# c 195:0 rw
_NVIDIA = re.compile(r"^(?:a \*:\*|c 195:(?:\*|[0-9]{1,3})) [rwm]*r[rwm]*w", re.MULTILINE)


def gpu_devices(root: str) -> Fact[bool]:
    """NVIDIA's devices have the major number 195. Version 2 keeps its list in a BPF program, which takes CAP_SYS_ADMIN to
    be read: what it denies is seen only by opening the nodes."""
    text = read_text(root, f"{_FOLDER}/devices/devices.list")
    if text.is_absent and exists(root, f"{_FOLDER}/cgroup.controllers"):
        return unknown(
            "cgroup version 2 keeps the devices that it allows in a BPF program, which cannot be read without privileges; "
            "observed.cuda.opened has what opening them gave, where CUDA or NVML failed",
            Origin(f"{_FOLDER}/cgroup.controllers"),
        )
    if not text.is_known:
        return unknown(f"which devices the cgroup allows is not told: {text.reason}", text.origin)
    return known(_NVIDIA.search(text.need()) is not None, text.origin)
