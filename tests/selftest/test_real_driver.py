"""NVIDIA's own user-space libraries (Debian's non-free packages, 535.261.03) without a GPU: what the compiled stand-ins
claim of versions, layouts and codes is what these answer."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from envdoctor.probes import video_use
from envdoctor.probes.child import ask, make_no_nodes
from envdoctor.probes.video_use import _Functions, _Session, _versioned
from tests.selftest.conftest import Run

if TYPE_CHECKING:
    from envdoctor.probes.child import Say

SOURCES = Path("/etc/apt/sources.list.d/debian.sources")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        sys.platform != "linux"
        or os.uname().machine != "x86_64"
        or not SOURCES.exists()
        or shutil.which("dpkg") is None,
        reason="not on this system: needs Debian's apt on x86_64",
    ),
]
NULL_POINTER, NO_DEVICE, INVALID_VERSION = 6, 2, 15


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("apt")
    (folder / "lists" / "partial").mkdir(parents=True)
    address = next(line.split()[1] for line in SOURCES.read_text().splitlines() if line.startswith("URIs:"))
    key = "/usr/share/keyrings/debian-archive-keyring.gpg"
    (folder / "sources.list").write_text(f"deb [signed-by={key}] {address} bookworm non-free\n")
    settings = {
        "Dir::Etc::SourceList": f"{folder}/sources.list", "Dir::Etc::SourceParts": "/dev/null",
        "Dir::State::Lists": f"{folder}/lists", "Dir::Cache::pkgcache": "", "Dir::Cache::srcpkgcache": "",
        "APT::Sandbox::User": "root", "Acquire::http::Timeout": "20", "Acquire::Retries": "1",
    }  # fmt: skip
    apt = ["apt-get", "-qq", *(f"-o{name}={value}" for name, value in settings.items())]
    for words in (["update"], ["download", "libcuda1", "libnvcuvid1", "libnvidia-encode1", "libnvidia-ml1"]):
        done = subprocess.run([*apt, *words], cwd=folder, capture_output=True, text=True, timeout=300)
        if done.returncode != 0:
            pytest.skip(f"no package index is reachable: {done.stderr[-300:]}")
    for package in folder.glob("*.deb"):
        subprocess.run(["dpkg", "-x", str(package), str(folder / "root")], check=True)
    return folder / "root/usr/lib/x86_64-linux-gnu/nvidia/current"


def opened(say: Say, folder: Path, api: tuple[int, int]) -> None:
    make_no_nodes()
    for name in ("libcuda.so.1", "libnvcuvid.so.1"):  # what libnvidia-encode asks the loader for is there then
        ctypes.CDLL(f"{folder}/{name}", mode=ctypes.RTLD_GLOBAL)
    library = ctypes.CDLL(f"{folder}/libnvidia-encode.so.1")
    functions = _Functions(version=_versioned(api, 2))
    say("created", library.NvEncodeAPICreateInstance(ctypes.byref(functions)))
    say("functions", sum(1 for address in functions.calls if address))
    for name, device in (("null", None), ("no context", ctypes.addressof(ctypes.create_string_buffer(65536)))):
        session, encoder = _Session(_versioned(api, 1), 1, device, None, api[0] | api[1] << 24), ctypes.c_void_p()
        call: Any = video_use._function(functions, video_use._OPEN)
        say(name, call(ctypes.byref(session), ctypes.byref(encoder)))


@pytest.mark.parametrize(
    ("api", "null", "no_context"),
    [
        (video_use._API, NULL_POINTER, NO_DEVICE),
        ((12, 1), NULL_POINTER, NO_DEVICE),  # the newest that this driver speaks
        ((13, 0), INVALID_VERSION, INVALID_VERSION),
    ],
)
def test_a_session_in_our_layout_is_understood(real: Path, api: tuple[int, int], null: int, no_context: int) -> None:
    told = ask(lambda say: opened(say, real, api), time.monotonic() + 60).told
    told.pop("call", None)
    assert told == {"created": 0, "functions": 43, "null": null, "no context": no_context}


@pytest.mark.skipif(os.path.exists("/dev/nvidiactl"), reason="not on this system: it has a real NVIDIA driver")
def test_without_a_gpu_nothing_deep_is_run(real: Path, run: Run) -> None:
    done = run("--deep", "--expect", "nvdec,nvenc", LD_LIBRARY_PATH=str(real))
    assert done.returncode == 1
    assert "; remedy: " in done.stdout
    assert not os.path.exists("/dev/nvidiactl")
