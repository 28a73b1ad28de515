"""Container engines of the tests' own, each in a folder, that leave nothing behind: no bridge, no mount, no process."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

_CGROUPS = Path("/sys/fs/cgroup")
# What dockerd 20.10 makes outside of its own folders, in the order in which it can be removed.
_OF_DOCKER = (
    "/etc/docker/key.json", "/etc/docker", "/opt/containerd/bin", "/opt/containerd/lib", "/opt/containerd",
    "/run/containerd/s", "/run/containerd", "/run/docker/plugins", "/run/docker",
)  # fmt: skip


# NVIDIA's numbers; nvidia-uvm's is given out when the module is loaded.
NODES = {"nvidiactl": (195, 255), "nvidia0": (195, 0), "nvidia-uvm": (511, 0)}


class Engine(NamedTuple):
    """`engine("ps")` is what the command prints; where it fails, the test does, with what it said on stderr."""

    program: str
    folder: Path
    environment: dict[str, str]

    def __call__(self, *arguments: str, stdin: str = "") -> str:
        done = self.ask(*arguments, stdin=stdin)
        assert done.returncode == 0, f"{self.program} {' '.join(arguments)}: {done.stderr}"
        return done.stdout

    def ask(self, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.program, *arguments],
            env=self.environment,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=60,
        )

    def health(self, container: str) -> tuple[str, list[str]]:
        """What `inspect` shows: the state, and what each run of the check said."""
        state = json.loads(self("inspect", "-f", "{{json .State.Health}}", container))
        return state["Status"], [entry["Output"] for entry in state["Log"]]

    def wait(self, container: str, status: str, seconds: float = 20) -> str:
        """What the last run of the check said, once the container has that state."""
        until = time.monotonic() + seconds
        while (found := self.health(container))[0] != status:
            assert time.monotonic() < until, f"{container} is not {status}: {found}"
            time.sleep(0.1)
        return found[1][-1]


def _needs(*programs: str, package: str) -> None:
    if sys.platform != "linux":
        pytest.skip("needs Linux: not on this system")
    missing = [name for name in programs if _found(name) is None]
    if missing:
        pytest.skip(f"needs {', '.join(missing)} (Debian: {package})")
    if os.geteuid() != 0:
        pytest.skip("needs root to start a container engine of its own")


def _found(name: str) -> str | None:
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")


def _remove_folder(folder: Path) -> None:
    for mounted in sorted(_mounts_below(folder), reverse=True):
        subprocess.run(["umount", "-l", mounted], capture_output=True)
    shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _own_folder() -> Iterator[Path]:
    """Removed with every mount in it. Its path is short: a socket's is at most 107 bytes long."""
    folder = Path(tempfile.mkdtemp(prefix="envdoctor-"))
    try:
        yield folder
    finally:
        _remove_folder(folder)
    until = time.monotonic() + 20
    while (left := _mounts_below(folder) + _processes_of(folder)) or folder.exists():
        assert time.monotonic() < until, f"left behind: {left or folder}"
        _remove_folder(folder)  # podman's own cleaning of a container that ended may mount its storage once more
        time.sleep(0.1)


def _mounts_below(folder: Path) -> list[str]:
    lines = Path("/proc/self/mounts").read_text().splitlines()
    return [place for place in (line.split(" ")[1] for line in lines) if place.startswith(f"{folder}/")]


@contextmanager
def docker() -> Iterator[Engine]:
    """dockerd without a bridge and without iptables. BuildKit's client is a package of its own, so the classic builder."""
    _needs("dockerd", "docker", "containerd", "runc", package="docker.io")
    before = set(_made_by_docker())
    with _own_folder() as folder:
        environment = {
            "PATH": f"{os.environ['PATH']}:/usr/sbin:/sbin",
            "HOME": str(folder),
            "DOCKER_HOST": f"unix://{folder}/socket",
            "DOCKER_BUILDKIT": "0",
        }
        engine = Engine("docker", folder, environment)
        with open(folder / "log", "wb") as log:
            daemon = subprocess.Popen(_dockerd(folder), env=environment, stdout=log, stderr=log)
        try:
            _until_it_answers(engine, daemon)
            yield engine
        finally:
            _stop(engine, daemon)
    for left in _made_by_docker():
        if left not in before:
            _remove(left)


def _dockerd(folder: Path) -> list[str]:
    places = ["--data-root", f"{folder}/data", "--exec-root", f"{folder}/exec", "-p", f"{folder}/pid"]
    return [
        "dockerd",
        "-H",
        f"unix://{folder}/socket",
        *places,
        "--bridge=none",
        "--iptables=false",
        "--ip6tables=false",
    ]


def _until_it_answers(engine: Engine, daemon: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 30
    while engine.ask("version").returncode != 0:
        if daemon.poll() is not None or time.monotonic() > until:
            pytest.skip(f"dockerd does not start here: {(engine.folder / 'log').read_text()[-500:]}")
        time.sleep(0.1)


def _stop(engine: Engine, daemon: subprocess.Popen[bytes]) -> None:
    containers = engine.ask("ps", "-aq").stdout.split()
    if containers:
        engine.ask("rm", "-f", *containers)
    daemon.send_signal(signal.SIGTERM)
    try:
        daemon.wait(20)
    except subprocess.TimeoutExpired:
        daemon.kill()
        daemon.wait()


def _remove(path: Path) -> None:
    try:
        path.rmdir() if path.is_dir() else path.unlink()
    except OSError:  # another dockerd, started meanwhile, uses it
        pass


def _made_by_docker() -> list[Path]:
    cgroups = (_CGROUPS / "docker", *_CGROUPS.glob("*/docker"))
    return [path for path in (*cgroups, *map(Path, _OF_DOCKER)) if path.exists()]


@contextmanager
def podman() -> Iterator[Engine]:
    """podman with runc and cgroupfs: needs neither systemd nor leave to raise a limit."""
    _needs("podman", "runc", "conmon", package="podman")
    with _own_folder() as folder:
        (folder / "containers.conf").write_text(
            '[containers]\ndefault_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]\n'
            '[engine]\nruntime = "runc"\ncgroup_manager = "cgroupfs"\nevents_logger = "file"\n'
        )
        (folder / "storage.conf").write_text(
            f'[storage]\ndriver = "overlay"\ngraphroot = "{folder}/g"\nrunroot = "{folder}/r"\n'
        )
        (folder / "policy.json").write_text('{"default": [{"type": "insecureAcceptAnything"}]}')
        environment = {
            "PATH": f"{os.environ['PATH']}:/usr/sbin:/sbin",
            "HOME": str(folder),
            "XDG_RUNTIME_DIR": str(folder),
            "CONTAINERS_CONF": f"{folder}/containers.conf",
            "CONTAINERS_STORAGE_CONF": f"{folder}/storage.conf",
        }
        engine = Engine("podman", folder, environment)
        try:
            works = engine.ask("info")
            if works.returncode != 0:
                pytest.skip(f"podman does not start here: {works.stderr[-500:]}")
            yield engine
        finally:
            engine.ask("rm", "-af", "-t", "0")


def _processes_of(folder: Path) -> list[str]:
    """Those that were started with the folder in their arguments or environment: the daemon's, containers', ours."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            told = (path / "cmdline").read_bytes() + (path / "environ").read_bytes()
        except OSError:
            continue
        if os.fsencode(folder) in told:
            found.append(f"{path.name} {told[:100]!r}")
    return found
