"""Remembers a child that could not be killed (it sits in the kernel), so that later calls start no second one.

A file of our own, readable and writable by nobody else: `PID STARTTIME`, the start time of /proc/PID/stat (proc(5),
field 22), so that a number used again is not mistaken for it. Where no folder can be written, the processes are looked
through for one of ours that waits in the kernel although it was killed.
"""

from __future__ import annotations

import os
import re
import stat

from envdoctor.probes.child import NAME
from envdoctor.probes.files import listed, read_text
from envdoctor.probes.presence import LIVE

FOLDERS = ("/run", "/dev/shm", "/tmp", "/var/tmp")  # noqa: S108  # a file there is checked for its owner and mode
_MOST_PROCESSES = 10_000
_SIGKILL = 1 << 8  # the bit of signal 9


def remember(pid: int) -> None:
    started = _started(pid)
    for folder in _folders() if started else ():
        try:
            _write(_path(folder), f"{pid} {started}\n".encode())
        except OSError:
            continue
        return


def _folders() -> tuple[str, ...]:
    own = os.environ.get("XDG_RUNTIME_DIR", "")
    return (own, *FOLDERS) if own.startswith("/") else FOLDERS


def _path(folder: str) -> str:
    return f"{folder}/envdoctor-selftest-{os.geteuid()}"


def _write(path: str, content: bytes) -> None:
    try:
        os.unlink(path)
    except FileNotFoundError:
        pass
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        os.write(file, content)
    finally:
        os.close(file)


def still_stuck() -> int | None:
    """The number of an earlier child that is still there."""
    for folder in _folders():
        words = _read(_path(folder)).split()
        if len(words) != 2:
            continue
        if words[0].isascii() and words[0].isdigit() and _started(int(words[0])) == words[1]:
            return int(words[0])
        _forget(_path(folder))
    return None if any(os.access(folder, os.W_OK) for folder in _folders()) else _waiting_in_the_kernel()


def _read(path: str) -> str:
    """Only a plain file that is ours alone counts: anyone can write into /tmp."""
    try:
        file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return ""
    try:
        state = os.fstat(file)
        ours = stat.S_ISREG(state.st_mode) and state.st_uid == os.geteuid() and not state.st_mode & 0o022
        return os.read(file, 100).decode("ascii", "replace") if ours else ""
    except OSError:
        return ""
    finally:
        os.close(file)


def _forget(path: str) -> None:
    try:
        os.unlink(path)
    except OSError:
        pass


# 4711 (envdoctor-probe) D 1 4711 4711 0 -1 4194624 …
def _fields(pid: int) -> tuple[str, ...]:
    """The fields from the third (the state) on; none for a process that is not there or has ended (Z, X)."""
    name, _, rest = (read_text(LIVE, f"/proc/{pid}/stat").get() or "").rpartition(")")
    fields = tuple(rest.split())
    return fields if name and len(fields) > 19 and fields[0] not in ("Z", "X", "x") else ()


def _started(pid: int) -> str:
    fields = _fields(pid)
    return fields[19] if fields else ""


def _waiting_in_the_kernel() -> int | None:
    for name in listed(LIVE, "/proc")[:_MOST_PROCESSES]:
        if name.isascii() and name.isdigit() and int(name) != os.getpid():
            told = (read_text(LIVE, f"/proc/{name}/comm").get() or "").strip()
            if told == NAME and is_killed(read_text(LIVE, f"/proc/{name}/status").get() or ""):
                return int(name)
    return None


# State:	D (disk sleep)
# ShdPnd:	0000000000000100
def is_killed(status: str) -> bool:
    """Whether SIGKILL is pending for a process that waits in the kernel, proc_pid_status(5): one at work is not meant."""
    fields = dict(line.partition(":")[::2] for line in status.splitlines()[:100])
    pending = fields.get("ShdPnd", "").strip()
    waits = fields.get("State", "").strip().startswith("D")
    return waits and re.fullmatch("[0-9a-f]{1,16}", pending) is not None and bool(int(pending, 16) & _SIGKILL)
