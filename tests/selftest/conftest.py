"""The command itself as a process, with compiled stand-ins for the driver's libraries."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.places import ABOVE

SOURCES = Path(__file__).parents[1] / "stand_ins"
COMPILER = shutil.which("cc") or shutil.which("gcc")
Run = Callable[..., "subprocess.CompletedProcess[str]"]


def compiled(source: str, target: Path, *options: str) -> Path:
    command = [str(COMPILER), "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-o", str(target)]
    subprocess.run([*command, str(SOURCES / source), *options], check=True, capture_output=True)
    return target


def own_mounts() -> bool:
    """Whether a test may have a /proc and /dev of its own."""
    if sys.platform != "linux" or os.geteuid() != 0 or shutil.which("unshare") is None:
        return False
    return subprocess.run(["unshare", "-m", "true"], capture_output=True).returncode == 0


@pytest.fixture(scope="session")
def libraries(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with every stand-in of the driver's libraries."""
    if COMPILER is None or sys.platform != "linux":
        pytest.skip("needs a C compiler on Linux to build the stand-ins")
    folder = tmp_path_factory.mktemp("driver")
    compiled("nvml.c", folder / "libnvidia-ml.so.1")
    compiled("cuda.c", folder / "libcuda.so.1")
    compiled("nvcuvid.c", folder / "libnvcuvid.so.1")
    compiled("nvenc.c", folder / "libnvidia-encode.so.1")
    return folder


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """No setting of this machine, and the settings file of no project; XDG_RUNTIME_DIR is where stamps go."""
    return {
        "PATH": "/usr/bin:/bin",
        "PYTHONPATH": str(ABOVE),
        "HOME": str(tmp_path),
        "XDG_RUNTIME_DIR": str(tmp_path),
        "PYTHONWARNINGS": "error",
    }


@pytest.fixture
def run(environment: dict[str, str], tmp_path: Path) -> Run:
    """`run("--expect", "cuda", STAND_IN_CUINIT="100")`"""

    def start(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "envdoctor", "selftest", *arguments]
        return subprocess.run(
            command, env={**environment, **settings}, cwd=tmp_path, capture_output=True, text=True, timeout=60
        )

    return start


@pytest.fixture
def with_driver(run: Run, libraries: Path) -> Run:
    def start(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
        return run(*arguments, LD_LIBRARY_PATH=str(libraries), **settings)

    return start


def processes(folder: Path) -> set[int]:
    """The children of probes that are there now, of commands started with that XDG_RUNTIME_DIR."""
    mark = f"XDG_RUNTIME_DIR={folder}".encode()
    found = set()
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            ours = Path(f"/proc/{name}/comm").read_text().strip() == "envdoctor-probe"
            if ours and mark in Path(f"/proc/{name}/environ").read_bytes().split(b"\0"):
                found.add(int(name))
        except OSError:
            continue
    return found
