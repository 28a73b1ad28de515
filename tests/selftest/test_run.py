"""The quick self-test's own troubles: time, limits, and a file system that hangs."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from envdoctor.probes.child import Answers
from envdoctor.selftest import run as quick
from tests.places import ABOVE
from tests.selftest.conftest import Run

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs Linux: not on this system")


def test_files_leave_the_driver_its_share_of_the_time() -> None:
    now = time.monotonic()
    assert quick._before_the_driver({"opencv": ""}, now + 100) == now + 100
    assert quick._before_the_driver({"torch": ""}, now + 100) < now + 80
    assert quick._before_the_driver(None, now + 100) < now + 80


def test_without_time_the_driver_is_not_blamed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    assert quick._not_asked(time.monotonic() + 100) is None
    told = quick._not_asked(time.monotonic() + 0.1)
    assert told
    assert (told.cause, told.remedy) == ("there was no time left to ask the driver", "give a longer --timeout")


@pytest.mark.parametrize("who", ["driver", "image", "camera"])
@pytest.mark.parametrize(
    "ending",
    ["no process could be started: Resource temporarily unavailable", "OSError: [Errno 24] Too many open files: '/x'"],
)
def test_limits_are_named_where_they_are_the_cause(who: str, ending: str) -> None:
    told = quick.unanswered(who, Answers({}, ending))
    assert (told.need, "--pids-limit" in told.remedy, "Xid" in told.remedy) == (who, True, False)


@pytest.mark.parametrize("kind", ["", "-files"])
def test_what_hangs_makes_only_its_own_needs_unhealthy(with_driver: Run, tmp_path: Path, kind: str) -> None:
    with subprocess.Popen(["sleep", "600"]) as running:
        started = Path(f"/proc/{running.pid}/stat").read_text().rpartition(")")[2].split()[19]
        note = tmp_path / f"envdoctor-selftest-{os.geteuid()}{kind}"
        note.write_text(f"{running.pid} {started}\n")
        note.chmod(0o600)
        lines = [with_driver("--expect", need).stdout for need in ("none", "cuda", "onnxruntime")]
        running.kill()
    stuck = f"not answer: process {running.pid} of an earlier self-test still hangs"
    assert lines[0].startswith("healthy: ")
    assert [stuck in line for line in lines] == [False, kind == "", kind == "-files"]


def test_a_closed_output_advises_no_option_that_is_not_there(
    environment: dict[str, str], libraries: Path, tmp_path: Path
) -> None:
    command = f"{sys.executable} -m envdoctor selftest --expect cuda >&-"
    settings = {**environment, "LD_LIBRARY_PATH": str(libraries)}
    done = subprocess.run(["sh", "-c", command], env=settings, cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode, "--output" in done.stderr) == (0, False)
    assert done.stderr.endswith("could not be written; the exit code tells\n")


@pytest.mark.parametrize("most", range(5, 12))
def test_few_open_files_are_not_the_drivers_fault(libraries: Path, tmp_path: Path, most: int) -> None:
    """The command itself may not even start then."""
    script = f"ulimit -Sn {most}; exec {sys.executable} -m envdoctor selftest --expect cuda"
    settings = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ABOVE), "XDG_RUNTIME_DIR": str(tmp_path)}
    settings["LD_LIBRARY_PATH"] = str(libraries)
    done = subprocess.run(["sh", "-c", script], env=settings, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    if done.stdout:
        assert done.stdout.startswith("healthy: ") or "raise the" in done.stdout
    assert "Xid" not in done.stdout
