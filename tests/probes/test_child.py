"""Work in a killable child: what it tells, how it ends, and that nothing of it stays."""

from __future__ import annotations

import fcntl
import os
import resource
import sys
import time

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs Linux: not on this system")
if sys.platform == "linux":
    from envdoctor.probes.child import Answers, Say, ask, rounded


def soon(seconds: float = 30) -> float:
    return time.monotonic() + seconds


def test_what_it_tells() -> None:
    def work(say: Say) -> None:
        say("call", "first")
        say("number", 5)
        say("text", "zeile\nzwei")

    assert ask(work, soon()) == Answers({"number": 5, "text": "zeile\nzwei"})


def test_an_error_of_ours_is_no_answer() -> None:
    def work(say: Say) -> None:
        say("call", "division")
        say("never", 1 / 0)

    answers = ask(work, soon())
    assert (answers.told, answers.ending, answers.during) == ({}, "ZeroDivisionError: division by zero", "division")


def test_the_deadline() -> None:
    def work(say: Say) -> None:
        say("before", True)
        say("call", "sleep")
        time.sleep(600)

    started = time.monotonic()
    answers = ask(work, soon(0.5))
    assert time.monotonic() - started < 10
    assert (answers.told, answers.during, answers.hung, answers.stuck) == ({"before": True}, "sleep", True, None)
    assert answers.ending == "no answer within 0.5 s"


def test_a_deadline_that_has_passed() -> None:
    assert ask(lambda say: time.sleep(600), time.monotonic() - 1).hung


def test_seconds_are_rounded() -> None:
    told = [rounded(seconds) for seconds in (-1.0, 0.4999, 4.4937, 5.0, 59.4937)]
    assert told == ["0", "0.5", "4.5", "5", "59"]


def test_a_crash() -> None:
    answers = ask(lambda say: os.kill(os.getpid(), 11), soon())
    assert (answers.ending, answers.hung) == ("signal SIGSEGV", False)


def test_what_it_started_is_killed_with_it() -> None:
    def work(say: Say) -> None:
        say("grandchild", os.spawnv(os.P_NOWAIT, "/bin/sleep", ["sleep", "600"]))
        time.sleep(600)

    told = ask(work, soon(2)).told
    until = soon(20)
    while _runs(told["grandchild"]) and time.monotonic() < until:
        time.sleep(0.02)
    assert not _runs(told["grandchild"])


def _runs(pid: object) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] not in ("Z", "X")
    except OSError:
        return False


@pytest.mark.parametrize(
    "noise", [b"not json\n", b'{"a": 1}\n', b'["x"]\n', b"[1, 2]\n", b"\xff\xfe\n", b"[" * 100_000 + b"\n"]
)
def test_lines_that_were_spoilt_are_left_out(noise: bytes) -> None:
    def work(say: Say) -> None:
        say("before", 1)
        os.write(3, noise)
        say("after", 2)

    assert ask(work, soon()).told == {"before": 1, "after": 2}


def test_too_much_is_not_read() -> None:
    def work(say: Say) -> None:
        while True:
            say("x", "y" * 10_000)

    assert ask(work, soon()).ending != ""


def test_no_descriptor_and_no_zombie_stays() -> None:
    def work(say: Say) -> None:
        say("x", 1)

    before = sorted(os.listdir("/proc/self/fd"))
    for _ in range(20):
        ask(work, soon())
    assert sorted(os.listdir("/proc/self/fd")) == before
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


def test_no_process_can_be_had_without_a_free_descriptor() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, hard))
    try:
        answers = ask(lambda say: None, soon())
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert answers == Answers({}, "no process could be started: Too many open files")


def test_high_descriptors_are_closed_too() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < 3000:
        pytest.skip("not on this system: it allows fewer open files")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 3000), hard))
    try:
        high = fcntl.fcntl(0, fcntl.F_DUPFD, 2900)
        told = ask(lambda say: say("open", list(os.listdir("/proc/self/fd"))), soon()).told
        os.close(high)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert told["open"] == ["0", "1", "2", "3", "4"]


def test_the_child_holds_no_stream_and_no_file_of_ours() -> None:
    read, write = os.pipe()

    def work(say: Say) -> None:
        say("open", list(os.listdir("/proc/self/fd")))
        say("targets", [os.readlink(f"/proc/self/fd/{number}") for number in range(4)])

    told = ask(work, soon()).told
    os.close(read)
    os.close(write)
    assert told["open"] == ["0", "1", "2", "3", "4"]  # 4 is the listing itself
    assert [str(target)[:5] for target in told["targets"]] == ["pipe:"] * 4
