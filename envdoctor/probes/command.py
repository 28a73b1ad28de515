"""What a program prints, started without a shell. For a child (`child.ask`): it ends with that child, and where the
child's own parent is killed too."""

from __future__ import annotations

import os
import select
import signal
import time
from collections.abc import Callable, Mapping
from types import FrameType

_MOST_BYTES = 256 * 1024
_SET_PDEATHSIG, _GET_PDEATHSIG = 1, 2  # prctl(2)
_REAPING = 0.2  # seconds


def output(command: list[str], environment: Mapping[str, str], until: float | None = None) -> str:
    """Its standard output and error together, the first 256 KiB; the rest is read and dropped, so that it ends. Raises
    OSError if it cannot be started, TimeoutError (one of them) if it has not ended at `until` (of time.monotonic)."""
    read, write = os.pipe()
    restore = _take_it_along()
    try:
        try:
            pid = os.posix_spawn(
                command[0],
                command,
                environment,
                file_actions=[(os.POSIX_SPAWN_DUP2, write, 1), (os.POSIX_SPAWN_DUP2, write, 2)],
            )
        finally:
            os.close(write)
        content, ended = _read(read, until)
        if not ended:
            _kill(pid, ours=restore is not None)
            raise TimeoutError(0, "it did not end in time")
        os.waitpid(pid, 0)
    finally:
        os.close(read)
        if restore is not None:
            restore()
    return content.decode("utf-8", "replace")


def _read(pipe: int, until: float | None) -> tuple[bytes, bool]:
    poll = select.poll()
    poll.register(pipe, select.POLLIN)
    content = b""
    while True:
        if until is not None and not poll.poll(max(until - time.monotonic(), 0.0) * 1000):
            return content, False
        chunk = os.read(pipe, 65536)
        if not chunk:
            return content, True
        content += chunk[: max(_MOST_BYTES - len(content), 0)]


def _kill(pid: int, ours: bool) -> None:
    """In a child, which leads its own process group, also what the program started."""
    if ours:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        os.killpg(0, signal.SIGTERM)
    os.kill(pid, signal.SIGKILL)
    until = time.monotonic() + _REAPING
    while time.monotonic() < until and not os.waitpid(pid, os.WNOHANG)[0]:
        time.sleep(0.001)


def _take_it_along() -> Callable[[], None] | None:
    """SIGKILL at our parent's death would end us and leave the program: for this time it is SIGTERM, and we take our
    group with us. None where this is no child with that order; else what puts things back."""
    import ctypes

    asked = ctypes.c_int(0)
    try:
        prctl = ctypes.CDLL(None).prctl
        prctl(_GET_PDEATHSIG, ctypes.byref(asked), 0, 0, 0)
    except (OSError, AttributeError):
        return None
    if asked.value != signal.SIGKILL or os.getpgrp() != os.getpid():
        return None
    before = signal.signal(signal.SIGTERM, _end_all)
    prctl(_SET_PDEATHSIG, int(signal.SIGTERM), 0, 0, 0)

    def restore() -> None:
        prctl(_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
        signal.signal(signal.SIGTERM, before or signal.SIG_DFL)

    return restore


def _end_all(number: int, frame: FrameType | None) -> None:
    os.killpg(0, signal.SIGKILL)
