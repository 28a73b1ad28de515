"""What the deep self-test has proven since this container started: a small private file.

    <folder>/envdoctor-deep-UID/BOOT-STARTTIME-NAMESPACE      {"proven": ["torch"], "tries": {"torch": 3}, …}

The name is the key: the boot (/proc/sys/kernel/random/boot_id), the start time of process 1 in ticks since then
(/proc/1/stat, field 22, proc(5)), and this container's mount namespace, which differs where process 1 or /dev/shm is
shared with others. After a restart of the container there is no such file, and deep runs again.

Anyone may write into /tmp: the directory counts only if it is one (no link), ours, and closed to everybody else; the file
in it only if it is a plain file of ours. A file that cannot be understood is none.
"""

from __future__ import annotations

import json
import os
import re
import stat
import time
from types import TracebackType
from typing import Any, NamedTuple

from envdoctor.probes.files import read_text
from envdoctor.probes.presence import LIVE

FOLDERS = ("/run", "/tmp", "/var/tmp", "/dev/shm")  # noqa: S108  # what is there is checked for its owner and mode
_MOST_BYTES = 64 * 1024
_MOST_FILES = 64  # of earlier starts; the oldest go
_LOCK = "lock"


class Attempt(NamedTuple):
    """A part that did not succeed. `tries` in a row, the last at `at` seconds since the boot, its result and words."""

    tries: int
    at: float
    result: str
    text: str
    remedy: str


class Record(NamedTuple):
    """`whole` once everything that the image needed was proven."""

    proven: frozenset[str] = frozenset()
    whole: bool = False
    attempts: dict[str, Attempt] = {}


def now() -> float:
    """Seconds since the boot, also those of a suspended machine: the clock of the day may be set."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def key() -> str:
    """The name of this container's start; "" without /proc."""
    _, _, rest = (read_text(LIVE, "/proc/1/stat").get() or "").rpartition(")")
    fields = rest.split()
    if len(fields) < 20 or not fields[19].isdigit():
        return ""
    boot = re.sub("[^0-9a-f]", "", (read_text(LIVE, "/proc/sys/kernel/random/boot_id").get() or "").lower())[:32]
    try:
        namespace = os.stat("/proc/self/ns/mnt").st_ino
    except OSError:
        namespace = 0
    return f"{boot}-{fields[19]}-{namespace}"


def age() -> float | None:
    """Seconds since process 1 started; None where that cannot be told."""
    _, _, rest = (read_text(LIVE, "/proc/1/stat").get() or "").rpartition(")")
    fields = rest.split()
    if len(fields) < 20 or not fields[19].isdigit():
        return None
    return max(now() - int(fields[19]) / os.sysconf("SC_CLK_TCK"), 0.0)


def read(name: str) -> Record:
    """What is known of this start; nothing where there is no file that can be trusted."""
    for folder in _folders() if name else ():
        directory = _opened(folder)
        if directory is not None:
            try:
                content = _content(directory, name)
            finally:
                os.close(directory)
            if content:
                return _parsed(content)
    return Record()


def write(name: str, record: Record) -> bool:
    """Whether it could be kept anywhere."""
    attempts = {need: list(attempt) for need, attempt in record.attempts.items()}
    document = {"proven": sorted(record.proven), "whole": record.whole, "attempts": attempts}
    for folder in _folders() if name else ():
        directory = _opened(folder, make=True)
        if directory is None:
            continue
        try:
            _replace(directory, name, json.dumps(document).encode())
            _tidy(directory, name)
        except OSError:
            continue
        finally:
            os.close(directory)
        return True
    return False


class Alone:
    """Whether no other self-test of ours is at its deep part: of several probes that start together one runs it. The
    kernel gives the lock up with the process; our children do not hold it."""

    def __enter__(self) -> bool:
        import fcntl

        self._lock = _lock_file()
        if self._lock is None:
            return True
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        if self._lock is not None:
            os.close(self._lock)


def _lock_file() -> int | None:
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    for folder in _folders():
        directory = _opened(folder, make=True)
        if directory is None:
            continue
        try:
            return os.open(_LOCK, flags, 0o600, dir_fd=directory)
        except OSError:
            continue
        finally:
            os.close(directory)
    return None


def _folders() -> tuple[str, ...]:
    own = os.environ.get("XDG_RUNTIME_DIR", "")
    return (own, *FOLDERS) if own.startswith("/") else FOLDERS


def _opened(folder: str, make: bool = False) -> int | None:
    """Our directory in `folder`, or None if there is none that only we can change."""
    path = f"{folder}/envdoctor-deep-{os.geteuid()}"
    if make:
        try:
            os.mkdir(path, 0o700)
        except OSError:  # it is there, or the folder is not, or cannot be written to: opening tells
            pass
    try:
        directory = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return None
    state = os.fstat(directory)
    writable = not make or os.access(".", os.W_OK, dir_fd=directory, effective_ids=True)
    if state.st_uid == os.geteuid() and not stat.S_IMODE(state.st_mode) & 0o077 and writable:
        return directory
    os.close(directory)
    return None


def _content(directory: int, name: str) -> bytes:
    try:
        file = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=directory)
    except OSError:
        return b""
    try:
        state = os.fstat(file)
        ours = stat.S_ISREG(state.st_mode) and state.st_uid == os.geteuid() and not state.st_mode & 0o022
        return os.read(file, _MOST_BYTES) if ours else b""
    except OSError:
        return b""
    finally:
        os.close(file)


def _replace(directory: int, name: str, content: bytes) -> None:
    """In one step, so that a reader never sees half of it. Raises OSError: a full disk, a file system without writing."""
    new = f".{name}.{os.getpid()}"
    file = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600, dir_fd=directory)
    try:
        try:
            if os.write(file, content) != len(content):
                raise OSError("the disk is full")
        finally:
            os.close(file)
        os.replace(new, name, src_dir_fd=directory, dst_dir_fd=directory)
    except OSError:
        os.unlink(new, dir_fd=directory)
        raise


def _tidy(directory: int, name: str) -> None:
    """A container that is often restarted leaves a file each time."""
    names = [other for other in os.listdir(directory) if other not in (name, _LOCK)]
    if len(names) < _MOST_FILES:
        return
    oldest = sorted(names, key=lambda other: os.stat(other, dir_fd=directory, follow_symlinks=False).st_mtime)
    for other in oldest[: len(names) - _MOST_FILES + 1]:
        os.unlink(other, dir_fd=directory)


def _parsed(content: bytes) -> Record:
    try:
        document: Any = json.loads(content)
        attempts = {str(need): _attempt(*fields) for need, fields in document["attempts"].items()}
        attempts = {need: attempt for need, attempt in attempts.items() if 0 <= attempt.at <= now()}  # no other clock's
        return Record(frozenset(map(str, document["proven"])), document["whole"] is True, attempts)
    except (ValueError, OverflowError, RecursionError, KeyError, TypeError, AttributeError):
        return Record()


def _attempt(tries: Any, at: Any, result: Any, text: Any, remedy: Any) -> Attempt:
    return Attempt(int(tries), float(at), str(result), str(text), str(remedy))
