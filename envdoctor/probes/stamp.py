"""Remembers a child that could not be killed (it sits in the kernel), so that later calls start no second one.

A file of our own, readable and writable by nobody else: `PID STARTTIME`, the start time of /proc/PID/stat (proc(5),
field 22), so that a number used again is not mistaken for it. On a full disk it is a link with that as its target, which
takes no block. Where neither can be had, the processes are looked through for one of ours that waits in the kernel
although it was killed.

Each kind of work has a file of its own: a file system that hangs says nothing of the driver.
"""

from __future__ import annotations

import os
import re
import stat

from envdoctor.probes.child import NAME
from envdoctor.probes.files import listed, read_text
from envdoctor.probes.presence import LIVE

FOLDERS = ("/run", "/dev/shm", "/tmp", "/var/tmp")  # noqa: S108  # a file there is checked for its owner and mode
DRIVER, FILES, CAMERA = "driver", "files", "camera"
_MOST_PROCESSES = 10_000
_SIGKILL = 1 << 8  # the bit of signal 9


def remember(pid: int, kind: str = DRIVER) -> None:
    started = _started(pid)
    for folder in _folders() if started else ():
        try:
            _write(_path(folder, kind), f"{pid} {started}")
        except OSError:
            continue
        return


def _folders() -> tuple[str, ...]:
    own = os.environ.get("XDG_RUNTIME_DIR", "")
    return (own, *FOLDERS) if own.startswith("/") else FOLDERS


def _path(folder: str, kind: str) -> str:
    return f"{folder}/envdoctor-selftest-{os.geteuid()}" + ("" if kind == DRIVER else f"-{kind}")


def _write(path: str, content: str) -> None:
    try:
        os.unlink(path)
    except FileNotFoundError:
        pass
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        os.write(file, content.encode() + b"\n")
        return
    except OSError:
        pass
    finally:
        os.close(file)
    os.symlink(content, f"{path}.new")
    os.replace(f"{path}.new", path)


def still_stuck(kind: str = DRIVER) -> int | None:
    """The number of an earlier child at that work that is still there."""
    empty = False
    for folder in _folders():
        content = _read(_path(folder, kind))
        words = (content or "").split()
        empty = empty or content == ""  # the disk was full
        if len(words) != 2:
            continue
        if words[0].isascii() and words[0].isdigit() and _started(int(words[0])) == words[1]:
            return int(words[0])
        _forget(_path(folder, kind))
    return None if not empty and any(map(_has_room, _folders())) else _waiting_in_the_kernel()


def _has_room(folder: str) -> bool:
    """For one more file; some file systems (btrfs) count none."""
    try:
        state = os.statvfs(folder)
        return os.access(folder, os.W_OK) and (state.f_files == 0 or state.f_favail > 0)
    except OSError:
        return False


def _read(path: str) -> str | None:
    """None without one that counts. Only a plain file that is ours alone does, or a link that we made and nobody
    follows: anyone can write into /tmp."""
    try:
        file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return _target(path)
    try:
        state = os.fstat(file)
        ours = stat.S_ISREG(state.st_mode) and state.st_uid == os.geteuid() and not state.st_mode & 0o022
        return os.read(file, 100).decode("ascii", "replace") if ours else None
    except OSError:
        return None
    finally:
        os.close(file)


def _target(path: str) -> str | None:
    try:
        return os.readlink(path)[:100] if os.lstat(path).st_uid == os.geteuid() else None
    except OSError:
        return None


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
