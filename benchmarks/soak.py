"""Thousands of quick self-tests in a row: wrong answers, and what they leave behind. Started by selftest.py --soak.

First as commands, in streams side by side: a healthy GPU, an image that needs none, --deep-first, a driver that says 803,
a lost GPU, a library that crashes and, each hundredth time, a call that never returns. Whatever a command leaves running
becomes a child of this process, which counts it. Then in one process, whose open files, threads and memory are counted.
"""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from typing import NamedTuple

PR_SET_CHILD_SUBREAPER = 36
FOLDERS = ("/run", "/dev/shm", "/tmp", "/var/tmp")  # where records may lie, besides XDG_RUNTIME_DIR
RECORDS = 2  # of --deep-first: its lock and the record of this start


class Case(NamedTuple):
    arguments: tuple[str, ...]
    settings: dict[str, str]
    code: int
    words: str  # what the line starts with


CASES = (
    Case(("--expect", "cuda,nvdec"), {}, 0, "healthy: Tesla T4, driver 535.104.05, CUDA 12.2; cuda, nvdec\n"),
    Case(("--expect", "none"), {}, 0, "healthy: nothing that is installed or stated needs a GPU\n"),
    Case(("--expect", "cuda", "--deep-first"), {}, 0, "healthy: Tesla T4, driver 535.104.05, CUDA 12.2; cuda\n"),
    Case(("--expect", "cuda"), {"STAND_IN_CUINIT": "803"}, 1, "unhealthy: cuInit gave 803 "),
    Case(("--expect", "cuda"), {"STAND_IN_LOST": "0"}, 1, "unhealthy: GPU 0 is lost"),
    Case(("--expect", "cuda"), {"STAND_IN_CRASHES": "cuInit"}, 1, "unhealthy: the driver's library crashed in cuInit"),
)
HANGS = Case(
    ("--expect", "cuda", "--timeout", "1"),
    {"STAND_IN_HANGS": "cuInit"},
    1,
    "unhealthy: the driver does not answer: no answer within ",
)

_IN_ONE_PROCESS = """
import os, sys, time
from envdoctor.selftest.run import quick
from envdoctor.selftest.verdict import line

def state():
    with open("/proc/self/status") as file:
        memory = next(int(row.split()[1]) for row in file if row.startswith("VmRSS"))
    return len(os.listdir("/proc/self/fd")), len(os.listdir("/proc/self/task")), memory

def once():
    return line(quick({"cuda": "x", "nvdec": "x"}, time.monotonic() + 30)).startswith("healthy: Tesla T4, driver")

number = int(sys.argv[1])
wrong = sum(not once() for _ in range(100))
before = state()
wrong += sum(not once() for _ in range(number))
after = state()
try:
    left = 1 + bool(os.waitpid(-1, os.WNOHANG)[0])
except ChildProcessError:
    left = 0
print(wrong, left, *(now - then for now, then in zip(after, before)))
"""


def soak(environment: dict[str, str], folder: Path, number: int, streams: int) -> bool:
    """Whether every answer was right and nothing was left."""
    runtime = folder / "runtime"
    runtime.mkdir()
    settings = {**environment, "XDG_RUNTIME_DIR": str(runtime)}
    os.chdir(folder)
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    opened, elsewhere, started = len(os.listdir("/proc/self/fd")), records(FOLDERS), time.monotonic()
    wrong = commands(settings, number, streams)
    minutes = (time.monotonic() - started) / 60
    left = processes_left()
    files = records((str(runtime),)) + records(FOLDERS) - elsewhere
    held = len(os.listdir("/proc/self/fd")) - opened
    print(f"{number} commands in {streams} streams, {minutes:.1f} minutes:")
    print(f"  {len(wrong)} wrong answers, {left} processes left, {held} files left open")
    print(f"  {files} files left in the record folders (--deep-first keeps {RECORDS})")
    for text in wrong[:10]:
        print(f"  wrong: {text}")
    return not wrong and not left and held <= 0 and files <= RECORDS and in_one_process(settings, max(number // 10, 1))


def commands(settings: dict[str, str], number: int, streams: int) -> list[str]:
    """What was wrong."""
    done = count(1)

    def one(place: int) -> str:
        case = HANGS if place % 100 == 99 else CASES[place % len(CASES)]
        command = [sys.executable, "-m", "envdoctor", "selftest", *case.arguments]
        ended = subprocess.run(command, env={**settings, **case.settings}, capture_output=True, text=True, timeout=60)
        so_far = next(done)
        if so_far % 1000 == 0:
            print(f"{so_far} …", file=sys.stderr, flush=True)
        right = ended.returncode == case.code and ended.stdout.startswith(case.words) and ended.stdout.count("\n") == 1
        return "" if right and not ended.stderr else f"{case} gave {ended}"

    with ThreadPoolExecutor(streams) as pool:
        return [text for text in pool.map(one, range(number)) if text]


def processes_left() -> int:
    """Ended ones that nobody waited for, and running ones: they have become our children."""
    ended = 0
    while True:
        try:
            pid, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return ended
        if pid == 0:
            break
        ended += 1
    stats = (path.read_text().rpartition(")")[2].split() for path in Path("/proc").glob("[0-9]*/stat"))
    return ended + sum(fields[1] == str(os.getpid()) for fields in stats)


def records(folders: tuple[str, ...]) -> int:
    """The files that envdoctor keeps in them."""
    found = [path for folder in folders for path in Path(folder).glob("envdoctor-*")]
    inside = [
        path for kept in found if kept.is_dir() and kept.name.startswith("envdoctor-deep") for path in kept.iterdir()
    ]
    return len(inside) + sum(not path.is_dir() for path in found if path.name.startswith("envdoctor-selftest"))


def in_one_process(settings: dict[str, str], number: int) -> bool:
    command = [sys.executable, "-c", _IN_ONE_PROCESS, str(number)]
    done = subprocess.run(command, env=settings, capture_output=True, text=True, check=True)
    wrong, left, files, threads, kib = map(int, done.stdout.split())
    print(f"{number} in one process:")
    print(
        f"  {wrong} wrong answers, {left} processes left, {files} files left open, {threads} threads left, {kib} KiB more"
    )
    return not (wrong or left or files or threads)
