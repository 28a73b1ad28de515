"""What only cgroups (version 1) can show: device nodes that are denied, as after `systemctl daemon-reload`, and a process
that SIGKILL does not end, as in a hung driver."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.selftest.conftest import own_mounts, processes

DEVICES = Path("/sys/fs/cgroup/devices")
FREEZER = Path("/sys/fs/cgroup/freezer")
NVIDIA = 195  # the character devices' major number


pytestmark = pytest.mark.skipif(
    not own_mounts() or not (DEVICES / "devices.deny").exists(),
    reason="not on this system: needs root and cgroup v1 for devices",
)


@pytest.fixture
def cgroup() -> Iterator[Path]:
    folder = DEVICES / f"envdoctor-test-{uuid.uuid4().hex[:8]}"
    folder.mkdir()
    yield folder
    folder.rmdir()


@pytest.fixture
def devices(tmp_path: Path) -> Path:
    folder = tmp_path / "dev"
    folder.mkdir()
    for name, major, minor in (("null", 1, 3), ("nvidia0", NVIDIA, 0), ("nvidiactl", NVIDIA, 255)):
        os.mknod(folder / name, 0o666 | stat.S_IFCHR, os.makedev(major, minor))
        (folder / name).chmod(0o666)
    return folder


@pytest.mark.parametrize(("rule", "words"), [("c 195:* rw", "cgroup no longer lets it open /dev/nvidia0"), ("", "")])
def test_nodes_that_the_cgroup_denies(
    libraries: Path, environment: dict[str, str], devices: Path, cgroup: Path, rule: str, words: str
) -> None:
    if rule:
        (cgroup / "devices.deny").write_text(rule)
    script = (
        f"echo $$ > {cgroup}/tasks; mount --bind {devices} /dev; "
        f"exec {sys.executable} -m envdoctor selftest --expect cuda 2>&1"
    )
    settings = {"LD_LIBRARY_PATH": str(libraries), "STAND_IN_CUINIT": "999", "STAND_IN_INIT": "999"}
    done = subprocess.run(
        ["unshare", "-m", "sh", "-ec", script], env={**environment, **settings}, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert done.stdout.startswith("unhealthy: ")
    assert words in done.stdout
    assert ("cgroup" in done.stdout) == bool(rule)


@pytest.fixture
def frozen() -> Iterator[Path]:
    if not (FREEZER / "tasks").exists():
        pytest.skip("not on this system: needs cgroup v1's freezer")
    folder = FREEZER / f"envdoctor-test-{uuid.uuid4().hex[:8]}"
    folder.mkdir()
    (folder / "freezer.state").write_text("FROZEN")
    yield folder
    (folder / "freezer.state").write_text("THAWED")
    _wait(lambda: not (folder / "tasks").read_text())
    folder.rmdir()


READ_ONLY = 'for d in /run /dev/shm /tmp /var/tmp; do mount --rbind $d $d; mount -o remount,bind,ro $d; done; exec "$@"'


@pytest.mark.parametrize("prefix", [[], ["unshare", "-m", "sh", "-ec", READ_ONLY, "sh"]], ids=["writable", "read-only"])
def test_a_child_in_state_d(
    libraries: Path, environment: dict[str, str], frozen: Path, tmp_path: Path, prefix: list[str]
) -> None:
    command = [*prefix, sys.executable, "-m", "envdoctor", "selftest", "--expect", "cuda", "--timeout", "4"]
    settings = {**environment, "LD_LIBRARY_PATH": str(libraries)}
    hanging = {**settings, "STAND_IN_HANGS": "cuInit"}
    with subprocess.Popen(command, env=hanging, stdout=subprocess.PIPE, text=True) as running:
        _wait(lambda: bool(processes(tmp_path)))
        (child,) = processes(tmp_path)
        (frozen / "tasks").write_text(str(child))
        output, _ = running.communicate(timeout=20)
    assert running.returncode == 1
    assert output.startswith("unhealthy: the driver does not answer: no answer within ")
    assert Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()[0] == "D"
    again = subprocess.run(command, env=settings, capture_output=True, text=True)
    assert f"process {child} of an earlier self-test still hangs" in again.stdout, again
    assert processes(tmp_path) == {child}
    assert bool(list(tmp_path.glob("envdoctor-selftest-*"))) == (not prefix)
    (frozen / "freezer.state").write_text("THAWED")
    _wait(lambda: not processes(tmp_path))
    assert subprocess.run(command, env=settings, capture_output=True, text=True).stdout.startswith("healthy: ")


def _wait(happened: Callable[[], bool]) -> None:
    until = time.monotonic() + 30
    while not happened():
        assert time.monotonic() < until
        time.sleep(0.02)
