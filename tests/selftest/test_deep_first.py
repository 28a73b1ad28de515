"""`--deep-first`: deep until it succeeded once since the container started, then quick."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from envdoctor.selftest import deep, deep_first, record
from envdoctor.selftest.deep.part import failed, ok, skipped
from envdoctor.selftest.needs import NEEDS, USED_BY_DEEP
from envdoctor.selftest.verdict import DeepResult, Problem, Verdict
from tests.places import ABOVE
from tests.selftest.conftest import SOURCES, Run, own_mounts

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs Linux: not on this system")
HEALTHY = "healthy: Tesla T4, driver 535.104.05, CUDA 12.2; torch; deep: "


@pytest.fixture
def settings(libraries: Path, environment: dict[str, str], tmp_path: Path) -> dict[str, str]:
    site = tmp_path / "site-packages"
    shutil.copytree(SOURCES / "torch", site / "torch", ignore=shutil.ignore_patterns("__pycache__"))
    (site / "torch-2.5.1+cu124.dist-info").mkdir()
    (site / "torch" / "version.py").write_text("__version__ = '2.5.1+cu124'\ncuda: Optional[str] = '12.4'\n")
    return {
        **environment,
        "PYTHONPATH": f"{site}:{ABOVE}",
        "LD_LIBRARY_PATH": str(libraries),
        "STAND_IN_TORCH_COUNTS": str(tmp_path / "count"),
        "ENVDOCTOR_EXPECT": "torch",
    }


@pytest.fixture
def first(run: Run, settings: dict[str, str], tmp_path: Path) -> Callable[..., tuple[str, int]]:
    """The line, and how often PyTorch has been imported until then."""

    def start(*arguments: str, **more: str) -> tuple[str, int]:
        done = run("--deep-first", *arguments, **{**settings, **more})
        assert done.stderr == ""
        assert done.stdout.count("\n") == 1
        assert done.returncode == (0 if done.stdout.startswith("healthy: ") else 1)
        count = tmp_path / "count"
        return done.stdout, len(count.read_text()) if count.exists() else 0

    return start


def test_deep_once_then_quick(first: Callable[..., tuple[str, int]]) -> None:
    assert first() == (f"{HEALTHY}torch 2.5.1+cu124 computed on Tesla T4 (cuDNN 9.1.0)\n", 1)
    assert first() == (f"{HEALTHY}succeeded since the start\n", 1)
    line, count = first(STAND_IN_CUINIT="803")
    assert (line.startswith("unhealthy: cuInit gave 803"), count) == (True, 1)
    assert first() == (f"{HEALTHY}succeeded since the start\n", 1)


def test_an_image_with_nothing_to_run_is_quick(first: Callable[..., tuple[str, int]]) -> None:
    for _ in range(2):
        assert first(ENVDOCTOR_EXPECT="cuda") == ("healthy: Tesla T4, driver 535.104.05, CUDA 12.2; cuda\n", 0)
    assert first("--expect", "none")[0].startswith("healthy: ")


def test_only_what_is_not_proven_is_run(first: Callable[..., tuple[str, int]]) -> None:
    assert first()[1] == 1
    line, count = first(ENVDOCTOR_EXPECT="torch,nvdec")
    assert (count, "deep: NVDEC of Tesla T4 decodes" in line, "computed" in line) == (1, True, False)


def test_a_failure_is_found_again_three_times_then_remembered(first: Callable[..., tuple[str, int]]) -> None:
    """So that a lasting fault does not import PyTorch every 30 seconds; the verdict stays."""
    for number in (1, 2, 3):
        line, count = first(STAND_IN_TORCH_WRONG="1")
        assert (line.partition(" (found")[0].partition(";")[0], count) == (
            "unhealthy: torch 2.5.1+cu124 computes wrong results on GPU 0 (Tesla T4)",
            number,
        )
    line, count = first()
    assert count == 3
    assert "computes wrong results on GPU 0 (Tesla T4) (found " in line
    assert " s ago, tried again in " in line
    assert "; remedy: update the driver" in line


def test_a_failure_that_is_gone(first: Callable[..., tuple[str, int]]) -> None:
    assert first(STAND_IN_TORCH_WRONG="1")[0].startswith("unhealthy: ")
    assert first()[0].startswith(HEALTHY + "torch 2.5.1+cu124 computed")
    assert first() == (f"{HEALTHY}succeeded since the start\n", 2)


def test_what_has_no_room_is_looked_at_each_time(first: Callable[..., tuple[str, int]]) -> None:
    for _ in range(5):
        line, count = first(STAND_IN_USED="15000")
        assert (line.startswith("healthy: "), count) == (True, 0)
        assert "deep skipped: torch: GPU 0 has 360 MiB of memory free" in line
    assert first()[1] == 1


def test_an_unhealthy_quick_self_test_runs_nothing(first: Callable[..., tuple[str, int]]) -> None:
    line, count = first(STAND_IN_CUINIT="804")
    assert (line.startswith("unhealthy: cuInit gave 804"), count) == (True, 0)


def test_json(run: Run, settings: dict[str, str]) -> None:
    document = json.loads(run("--deep-first", "--format", "json", **settings).stdout)
    assert [(part["part"], part["result"]) for part in document["deep"]] == [("torch", "ok")]
    document = json.loads(run("--deep-first", "--format", "json", **settings).stdout)
    assert (document["healthy"], document["deep"]) == (True, [])


def test_of_ten_that_start_together_one_runs_it(settings: dict[str, str], tmp_path: Path) -> None:
    command = [sys.executable, "-m", "envdoctor", "selftest", "--deep-first"]
    running = [
        subprocess.Popen(command, env=settings, cwd=tmp_path, stdout=subprocess.PIPE, text=True) for _ in range(10)
    ]
    lines = [process.communicate(timeout=120)[0] for process in running]
    assert [process.returncode for process in running] == [0] * 10
    assert all(line.startswith(HEALTHY) for line in lines)
    assert (tmp_path / "count").read_text() == "x"


@pytest.mark.skipif(not own_mounts(), reason="not on this system: needs root and namespaces")
def test_a_restarted_container_is_tested_again(settings: dict[str, str], tmp_path: Path) -> None:
    """Two process 1 after each other, with the same files left behind."""
    selftest = f"{sys.executable} -m envdoctor selftest --deep-first"
    command = ["unshare", "-p", "-m", "-f", "--mount-proc", "sh", "-ec", f"{selftest}; {selftest}; true"]
    outputs = [
        subprocess.run(command, env=settings, cwd=tmp_path, capture_output=True, text=True, timeout=120)
        for _ in range(2)
    ]
    for done in outputs:
        before, after = done.stdout.splitlines()
        assert before.startswith(HEALTHY + "torch 2.5.1+cu124 computed"), done
        assert after == HEALTHY + "succeeded since the start"
    assert (tmp_path / "count").read_text() == "xx"


READ_ONLY = "for d in /run /tmp /var/tmp /dev/shm; do mount --rbind $d $d; mount -o remount,bind,ro $d; done; "


@pytest.mark.skipif(not own_mounts(), reason="not on this system: needs root and namespaces")
@pytest.mark.parametrize("young", [True, False])
def test_where_nothing_can_be_remembered(settings: dict[str, str], young: bool) -> None:
    """Deep runs while the container is young, then it is left out and said so."""
    settings = {name: value for name, value in settings.items() if name != "XDG_RUNTIME_DIR"}
    settings.pop("STAND_IN_TORCH_COUNTS")
    selftest = f"cd /; exec {sys.executable} -m envdoctor selftest --deep-first"
    command = ["unshare", "-m", "sh", "-ec", READ_ONLY + selftest]
    if young:
        command[1:2] = ["-p", "-f", "--mount-proc", "-m"]
    elif (record.age() or 0) < 300:
        pytest.skip("not on this system yet: it has run for less than 5 minutes")
    done = subprocess.run(command, env=settings, capture_output=True, text=True, timeout=120)
    expected = "torch 2.5.1+cu124 computed" if young else "left out: nothing can be written to remember that it ran"
    assert (done.returncode, done.stderr) == (0, "")
    assert expected in done.stdout


FULL = "mount -t tmpfs -o size=4k,nr_inodes=8 none $XDG_RUNTIME_DIR; head -c 4096 /dev/zero > $XDG_RUNTIME_DIR/x; "
NO_PROC = "mount -t tmpfs none /proc; "


@pytest.mark.skipif(not own_mounts(), reason="not on this system: needs root and namespaces")
@pytest.mark.parametrize("trouble", [FULL, NO_PROC, FULL + NO_PROC])
@pytest.mark.parametrize(("code", "expected"), [("0", 0), ("803", 1)])
def test_a_full_disk_and_no_proc_change_no_exit_code(
    settings: dict[str, str], tmp_path: Path, trouble: str, code: str, expected: int
) -> None:
    (tmp_path / "run").mkdir()
    settings = {**settings, "XDG_RUNTIME_DIR": str(tmp_path / "run"), "STAND_IN_CUINIT": code}
    settings.pop("STAND_IN_TORCH_COUNTS")
    command = [
        "unshare",
        "-m",
        "sh",
        "-ec",
        f"{READ_ONLY}{trouble}cd /; exec {sys.executable} -m envdoctor selftest --deep-first 2>&1",
    ]
    done = subprocess.run(command, env=settings, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout.count("\n")) == (expected, 1), done
    assert done.stdout.startswith("unhealthy: cuInit gave 803" if expected else HEALTHY.removesuffix(": "))


@pytest.fixture
def video(run: Run, libraries: Path) -> Callable[..., str]:
    def start(*arguments: str, **more: str) -> str:
        return run("--deep-first", "--expect", "nvdec", *arguments, LD_LIBRARY_PATH=str(libraries), **more).stdout

    return start


@pytest.fixture
def another(tmp_path: Path) -> Iterator[None]:
    """Another self-test is at its deep part."""
    folder = tmp_path / f"envdoctor-deep-{os.geteuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def test_nothing_is_known_while_another_runs_it(another: None, video: Callable[..., str]) -> None:
    assert video() == "healthy: Tesla T4, driver 535.104.05, CUDA 12.2; nvdec; deep: another self-test is running it\n"


def test_a_proven_failure_stands_while_another_tries_again(
    video: Callable[..., str], tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    for _ in range(3):
        assert video(STAND_IN_CONTEXT="46").startswith("unhealthy: cuCtxCreate gave 46 on Tesla T4; remedy: ")
    request.getfixturevalue("another")
    line = video()
    assert line.startswith("unhealthy: cuCtxCreate gave 46 on Tesla T4 (found ")
    assert "s ago, another self-test tries it again now); remedy: nvidia-smi" in line


def killed(libraries: Path, environment: dict[str, str], tmp_path: Path, tries: int) -> None:
    """By its health check's own timeout, in a call that never returns."""
    settings = {**environment, "LD_LIBRARY_PATH": str(libraries), "STAND_IN_HANGS": "cuvidGetDecoderCaps"}
    command = [sys.executable, "-m", "envdoctor", "selftest", "--deep-first", "--expect", "nvdec"]
    with subprocess.Popen(command, env=settings, cwd=tmp_path, stdout=subprocess.DEVNULL) as running:
        until = time.monotonic() + 30
        while written(tmp_path) != tries:
            assert time.monotonic() < until
            time.sleep(0.01)
        running.kill()


def written(tmp_path: Path) -> int:
    attempt = record.read(record.key()).attempts.get("nvdec")
    return attempt.tries if attempt else 0


def test_a_try_that_is_killed_with_its_health_check_counts(
    libraries: Path,
    environment: dict[str, str],
    video: Callable[..., str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    for tries in (1, 2, 3):
        killed(libraries, environment, tmp_path, tries)
    line = video()
    assert line.startswith("healthy: Tesla T4")
    assert "deep skipped: nvdec: it was ended from outside: the health check's own timeout must be longer" in line
    assert written(tmp_path) == 3


def test_a_try_that_is_killed_hides_no_failure(
    libraries: Path,
    environment: dict[str, str],
    video: Callable[..., str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    for _ in range(2):
        video(STAND_IN_CONTEXT="46")
    killed(libraries, environment, tmp_path, 3)
    assert video().startswith("unhealthy: cuCtxCreate gave 46 on Tesla T4 (found ")


def test_a_driver_that_hangs_before_the_deep_part(video: Callable[..., str]) -> None:
    line = video("--timeout", "3", STAND_IN_HANGS="nvmlDeviceGetComputeMode")
    assert line.startswith("unhealthy: the driver does not answer: no answer within ")


@pytest.mark.skipif(not own_mounts(), reason="not on this system: needs root and namespaces")
def test_a_proc_that_hides_process_1(settings: dict[str, str], tmp_path: Path) -> None:
    settings = {name: value for name, value in settings.items() if name != "STAND_IN_TORCH_COUNTS"}
    hidden = "mount --bind /var/empty-of-tests /proc/1; "
    (empty := tmp_path / "empty").mkdir()
    script = hidden.replace("/var/empty-of-tests", str(empty)) + (
        f"cd /; exec {sys.executable} -m envdoctor selftest --deep-first"
    )
    done = subprocess.run(
        ["unshare", "-m", "sh", "-ec", script], env=settings, capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "deep left out: /proc does not show process 1 (mounted with hidepid?)" in done.stdout


def test_pauses() -> None:
    assert [deep_first.pause(tries) for tries in (1, 2, 3, 4, 5, 6, 7, 1000)] == [0, 0, 60, 120, 240, 480, 600, 600]


def results(known: record.Record, *parts: DeepResult) -> record.Record:
    return deep_first._updated(known, parts, tuple(part.need for part in parts))


def test_what_is_remembered() -> None:
    kept = results(record.Record(), ok("torch", ""), skipped("nvdec", "no room", started=False))
    assert (kept.proven, kept.whole, kept.attempts) == ({"torch"}, False, {})
    kept = results(kept, failed("nvdec", "x", "y"))
    kept = results(kept, skipped("nvdec", "memory ran out"))
    assert (kept.attempts["nvdec"].tries, kept.attempts["nvdec"].result) == (2, "skipped")
    kept = results(kept, ok("nvdec", ""))
    assert (kept.proven, kept.whole, kept.attempts) == ({"torch", "nvdec"}, True, {})


def test_healthy_although_something_was_skipped() -> None:
    quick = Verdict({"torch": "", "nvdec": ""}, ("a GPU",))
    found = deep.with_results(quick, [ok("torch", "torch ran"), skipped("nvdec", "no room")])
    assert (found.healthy, found.works) == (True, ("a GPU", "deep: torch ran", "deep skipped: nvdec: no room"))
    found = deep.with_results(quick, [skipped("torch", "no room"), failed("nvdec", "broken", "mend")])
    assert found.problems == (Problem("nvdec", "broken", "mend"),)


def test_a_need_that_was_found_says_how_to_say_otherwise() -> None:
    quick = Verdict({"opencv": "opencv-python 4.10.0.84 is installed"}, stated=False)
    (problem,) = deep.with_results(quick, [failed("opencv", "broken", "mend")]).problems
    assert problem.remedy == (
        "mend; or set ENVDOCTOR_EXPECT=none if it is not needed (opencv-python 4.10.0.84 is installed)"
    )
    (problem,) = deep.with_results(quick._replace(stated=True), [failed("opencv", "broken", "mend")]).problems
    assert problem.remedy == "mend"


def test_every_part_is_a_need() -> None:
    assert tuple(deep.PARTS) == USED_BY_DEEP
    assert set(USED_BY_DEEP) <= set(NEEDS)
