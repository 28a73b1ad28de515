"""How much memory this process may still take, and how often the kernel killed for want of it. Files only.

Sources: memory.max, memory.high, memory.current, memory.stat and memory.events of cgroup version 2, or
memory.limit_in_bytes, memory.usage_in_bytes, memory.stat and memory.oom_control of version 1, of the process's own cgroup
and of those above it; MemAvailable of /proc/meminfo.
https://docs.kernel.org/admin-guide/cgroup-v2.html#memory-interface-files
https://docs.kernel.org/admin-guide/cgroup-v1/memory.html
"""

from __future__ import annotations

from collections.abc import Iterator

from envdoctor.probes.files import read_text

_V1, _V2 = "/sys/fs/cgroup/memory", "/sys/fs/cgroup"
_NO_LIMIT = 1 << 62  # version 1 writes a huge number instead of "max"
_MOST_LEVELS = 64


def free(root: str) -> int | None:
    """Bytes, the least that any limit leaves; None where nothing tells."""
    found = [_available(read_text(root, "/proc/meminfo").get() or "")]
    found += [_left(root, folder) for folder in folders(root)]
    return min((value for value in found if value is not None), default=None)


def oom_kills(root: str) -> int | None:
    """How many processes of this cgroup the kernel has killed for want of memory; None where that is not counted."""
    for folder in folders(root):
        name = "memory.oom_control" if folder.startswith(_V1) else "memory.events"
        count = _fields(read_text(root, f"{folder}/{name}").get() or "").get("oom_kill")
        if count is not None:
            return count
    return None


# 4:memory:/docker/0d3f…
# 0::/system.slice/docker-0d3f….scope
def folders(root: str) -> Iterator[str]:
    """The process's own cgroup first, then those above it. Without a cgroup namespace the path is the host's, and only
    its top is mounted in the container; folders that are not there say nothing."""
    for line in (read_text(root, "/proc/self/cgroup").get() or "").splitlines()[:100]:
        number, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        top = _V1 if "memory" in controllers.split(",") else _V2 if (number, controllers) == ("0", "") else ""
        words = [word for word in path.split("/") if word]
        if top and len(words) <= _MOST_LEVELS:
            levels = range(len(words), -1, -1) if ".." not in words else range(1)
            yield from ("/".join([top, *words[:level]]) for level in levels)


def _left(root: str, folder: str) -> int | None:
    v1 = folder.startswith(_V1)
    limits = ("memory.limit_in_bytes",) if v1 else ("memory.max", "memory.high")
    found = [_number(read_text(root, f"{folder}/{name}").get()) for name in limits]
    used = _number(read_text(root, f"{folder}/{'memory.usage_in_bytes' if v1 else 'memory.current'}").get())
    limit = min((value for value in found if value is not None and value < _NO_LIMIT), default=None)
    if limit is None or used is None:
        return None
    stat, prefix = _fields(read_text(root, f"{folder}/memory.stat").get() or ""), "total_" if v1 else ""
    # The page cache can be taken back, the part in use less readily: MemAvailable counts half of it too.
    cache = stat.get(f"{prefix}inactive_file", 0) + stat.get(f"{prefix}active_file", 0) // 2
    return max(limit - max(used - cache, 0), 0)


def _number(text: str | None) -> int | None:
    """None for "max"."""
    value = (text or "").strip()
    return int(value) if value.isascii() and value.isdigit() and len(value) < 25 else None


# inactive_file 1234176
def _fields(text: str) -> dict[str, int]:
    pairs = (line.partition(" ") for line in text.splitlines()[:1000])
    return {name: number for name, _, value in pairs if (number := _number(value)) is not None}


# MemAvailable:   20345678 kB
def _available(text: str) -> int | None:
    for line in text.splitlines()[:100]:
        name, _, value = line.partition(":")
        if name == "MemAvailable" and value.split()[1:] == ["kB"]:
            number = _number(value.split()[0])
            return None if number is None else number * 1024
    return None
