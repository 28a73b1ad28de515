"""Work that may hang or crash, in a forked child with a deadline.

The child tells what it finds as it goes, one JSON array `[name, value]` a line, so that a hang or a crash says in which
call. It holds none of the command's streams and files, is killed with everything it started, and dies with its parent.
A child that sits in the kernel cannot be killed: it is left, and named in `Answers.stuck`.
"""

from __future__ import annotations

import json
import os
import select
import sys
import time
from collections.abc import Callable, Mapping
from typing import NamedTuple

NAME = "envdoctor-probe"  # at most 15 bytes: the kernel's limit for a process name
_MOST_BYTES = 1024 * 1024
_CAP_MKNOD = 1 << 27
_REAPING = 0.2  # seconds that a child gets to end after its last word, and again after SIGKILL
_DONE = "done"
_FAILED = "failed"
NOT_STARTED = "no process could be started"
_MOST_FILES = 65_536  # looked at where /proc does not tell which are open
_CALL = "call"
Say = Callable[[str, object], None]


class Answers(NamedTuple):
    """`ending` is empty for a child that told everything; else how it ended instead ("signal SIGSEGV", "no answer within
    5 s"), then `during` is the call it was in. `stuck` is the child's number if it outlived SIGKILL."""

    told: Mapping[str, object]
    ending: str = ""
    during: str = ""
    stuck: int | None = None
    hung: bool = False


def ask(work: Callable[[Say], None], until: float) -> Answers:
    """Runs `work` in a child until the time `until` (of time.monotonic)."""
    seconds = until - time.monotonic()
    try:
        read, write = os.pipe()
    except OSError as error:
        return Answers({}, f"{NOT_STARTED}: {error.strerror}")
    parent = os.getpid()
    try:
        pid = os.fork()
    except OSError as error:
        os.close(read)
        os.close(write)
        return Answers({}, f"{NOT_STARTED}: {error.strerror}")
    if pid == 0:
        _child(work, write, parent)
    os.close(write)
    content, in_time = _read(read, until)
    os.close(read)
    told = _parsed(content)
    status = _reap(pid, _REAPING if _DONE in told else 0.0 if not in_time else _REAPING)
    stuck = None
    if status is None:
        status, stuck = _kill(pid)
    during = str(told.pop(_CALL, ""))
    if told.pop(_DONE, None):
        return Answers(told, stuck=stuck)
    if not in_time or stuck is not None:
        return Answers(told, f"no answer within {rounded(seconds)} s", during, stuck, hung=True)
    return Answers(told, str(told.pop(_FAILED, "")) or _ending(status), during, stuck)


def hear_of_children() -> None:
    """Whoever started us may ignore SIGCHLD: how a child ended could not be told then."""
    import signal

    if hasattr(signal, "SIGCHLD") and signal.getsignal(signal.SIGCHLD) is signal.SIG_IGN:
        try:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        except ValueError:  # not the main thread, which alone may
            pass


def rounded(seconds: float) -> str:
    """0.5, 4.5, 59: nobody waits by the hundredth."""
    return f"{round(max(seconds, 0.0), 1 if seconds < 10 else 0):g}"


def _child(work: Callable[[Say], None], write: int, parent: int) -> None:
    """Never returns."""
    try:
        os.setsid()
        write = _keep_only(write)
        _die_with(parent)

        def say(name: str, value: object) -> None:
            os.write(write, json.dumps([name, value]).encode() + b"\n")

        try:
            work(say)
        except Exception as error:  # told, because nobody sees this process's traceback
            say(_FAILED, f"{type(error).__name__}: {error}"[:300])
        else:
            say(_DONE, True)
    except OSError as error:  # no descriptor was left to arrange ours
        os.write(write, json.dumps([_FAILED, f"{NOT_STARTED}: {error.strerror}"]).encode() + b"\n")
    finally:
        os._exit(0)  # no exit handlers: the libraries' own may hang, and the parent's buffers are not ours to write


def _keep_only(write: int) -> int:
    """A container runtime waits until everyone has closed the command's streams, so none stays open here. The streams
    become a pipe that nobody reads: there may be no /dev/null."""
    while write < 3:  # the command was started with a stream closed
        write = os.dup(write)
    unread, nowhere = os.pipe()
    os.close(unread)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)
    if write != 3:
        os.dup2(write, 3, inheritable=False)
    _close_from(4)
    return 3


def _close_from(first: int) -> None:
    """Which are open is asked: closing every possible number takes seconds on kernels without close_range(2)."""
    try:
        open_ones = [int(name) for name in os.listdir("/proc/self/fd")]
    except (OSError, ValueError):
        import resource

        most = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
        os.closerange(first, min(most, _MOST_FILES) if most > 0 else _MOST_FILES)
        return
    for number in open_ones:
        if number >= first:
            try:
                os.close(number)
            except OSError:  # that of the listing itself
                pass


def _die_with(parent: int) -> None:
    """So that nothing stays when a HEALTHCHECK's own timeout kills the command. No core dumps."""
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
    try:
        import ctypes

        library = ctypes.CDLL(None)
        library.prctl(1, 9, 0, 0, 0)  # PR_SET_PDEATHSIG, SIGKILL
        library.prctl(15, NAME.encode(), 0, 0, 0)  # PR_SET_NAME
    except (ImportError, OSError, AttributeError):
        pass
    if os.getppid() != parent:  # it ended before the kernel was told
        os._exit(0)


def make_no_nodes() -> None:
    """Run by root, libcuda and NVML make missing /dev/nvidia* themselves (seen with 535.261.03). A probe changes nothing:
    this process gives CAP_MKNOD up. capset(2)"""
    if sys.platform != "linux":
        return
    import ctypes

    header = (ctypes.c_uint32 * 2)(0x20080522, 0)  # _LINUX_CAPABILITY_VERSION_3, this process
    data = (ctypes.c_uint32 * 6)()  # effective, permitted, inheritable of capabilities 0 to 31, then of the others
    try:
        library = ctypes.CDLL(None)
        if library.capget(header, data) == 0 and (data[0] | data[1]) & _CAP_MKNOD:
            data[0] &= ~_CAP_MKNOD
            data[1] &= ~_CAP_MKNOD
            library.capset(header, data)
    except AttributeError:
        pass


def _read(pipe: int, until: float) -> tuple[bytes, bool]:
    """What the child wrote until it said that it is done, ended, or the time was up."""
    poll = select.poll()
    poll.register(pipe, select.POLLIN)
    content = b""
    while not content.endswith(b'["done", true]\n') and len(content) < _MOST_BYTES:
        left = until - time.monotonic()
        if left <= 0 or not poll.poll(left * 1000):
            return content, False
        chunk = os.read(pipe, 65536)
        if not chunk:
            break
        content += chunk
    return content, True


def _parsed(content: bytes) -> dict[str, object]:
    """A library that wrote over our memory may have spoilt a line: such a line is left out."""
    told: dict[str, object] = {}
    for line in content.split(b"\n"):
        try:
            pair = json.loads(line) if line else None
        except (ValueError, RecursionError):
            continue
        if isinstance(pair, list) and len(pair) == 2 and isinstance(pair[0], str):
            told[pair[0]] = pair[1]
    return told


def _reap(pid: int, seconds: float) -> int | None:
    """The child's exit code (negative: a signal), or None if it has not ended within that time."""
    until, pause = time.monotonic() + seconds, 0.0005
    while True:
        try:
            ended, status = os.waitpid(pid, os.WNOHANG)
        except ChildProcessError:  # whoever started us ignores SIGCHLD: the kernel reaped it
            return 0
        if ended:
            return os.waitstatus_to_exitcode(status)
        if time.monotonic() >= until:
            return None
        time.sleep(pause)
        pause = min(pause * 2, 0.02)


def _kill(pid: int) -> tuple[int, int | None]:
    for kill in (os.killpg, os.kill):
        try:
            kill(pid, 9)
        except OSError:
            pass
    status = _reap(pid, _REAPING)
    return (0, pid) if status is None else (status, None)


def _ending(code: int) -> str:
    if code >= 0:
        return "no answer at its end"
    import signal

    try:
        return f"signal {signal.Signals(-code).name}"
    except ValueError:
        return f"signal {-code}"
