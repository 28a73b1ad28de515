"""Whole processes, timed side by side: what every benchmark here measures with."""

from __future__ import annotations

import os
import statistics
import time
from typing import NamedTuple

# As after pip install, which compiles: the first run of each program writes its bytecode, the timed ones read it.
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


class Run(NamedTuple):
    seconds: float
    peak_mib: float
    code: int


def run(command: list[str]) -> Run:
    """One whole process: wall time, its peak memory, its exit code. Output is thrown away."""
    start = time.perf_counter()
    nothing = os.open(os.devnull, os.O_RDWR)
    pid = os.posix_spawn(
        command[0], command, ENVIRONMENT, file_actions=[(os.POSIX_SPAWN_DUP2, nothing, fd) for fd in (0, 1, 2)]
    )
    _, status, usage = os.wait4(pid, 0)
    seconds = time.perf_counter() - start
    os.close(nothing)
    return Run(seconds, usage.ru_maxrss / 1024, os.waitstatus_to_exitcode(status))


def alternate(commands: dict[str, list[str]], rounds: int) -> dict[str, list[Run]]:
    """Every command once per round, after one warm-up round, so that a busy moment hits all of them."""
    results: dict[str, list[Run]] = {name: [] for name in commands}
    for number in range(rounds + 1):
        for name, command in commands.items():
            result = run(command)
            if number:
                results[name].append(result)
    return results


def median(runs: list[Run]) -> float:
    return statistics.median(result.seconds for result in runs)


def ratio(runs: list[Run], peers: list[Run]) -> float:
    """How many times as long as the peer of the same round: the median over the rounds, so that a phase in which the
    machine is slow, which hits both of a round, counts for neither."""
    return statistics.median(mine.seconds / peer.seconds for mine, peer in zip(runs, peers, strict=True))
