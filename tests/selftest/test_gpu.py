"""The self-test against a real driver: everything of it, and that it leaves the GPU as it found it."""

from __future__ import annotations

import importlib.util
import json
import os
import sys
import time
from typing import Any

import pytest

from envdoctor.probes import gpu_room
from envdoctor.probes.child import ask
from tests.selftest.conftest import Run

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(
        sys.platform != "linux" or not os.path.exists("/dev/nvidiactl"), reason="needs a real NVIDIA GPU and driver"
    ),
]


def room() -> list[dict[str, Any]]:
    told = ask(gpu_room.probe, time.monotonic() + 60).told["gpu room"]
    assert isinstance(told, list)
    return told


def document(run: Run, *arguments: str) -> dict[str, Any]:
    done = run(*arguments, "--format", "json")
    assert done.stderr == ""
    found: dict[str, Any] = json.loads(done.stdout)
    assert done.returncode == (0 if found["healthy"] else 1)
    return found


def test_quick_is_healthy_and_leaves_nothing_on_the_gpu(run: Run) -> None:
    before = room()
    started = time.monotonic()
    found = document(run, "--expect", "cuda")
    print(f"quick: {time.monotonic() - started:.2f} s: {found['line']}")
    assert found["healthy"], found["line"]
    assert found["observed"]["cuInit"] == 0
    assert [gpu["free"] for gpu in room()] == [gpu["free"] for gpu in before]


def test_the_room_is_told() -> None:
    for gpu in room():
        assert gpu["mode"] in (0, 1, 2, 3)
        assert gpu["mig"] or 0 < gpu["free"] <= gpu["total"]


def test_nvdec_and_nvenc_can_be_asked(run: Run) -> None:
    """The layouts are right: codes of a wrong structure (invalid version, invalid parameter) do not come."""
    before = room()
    found = document(run, "--deep", "--expect", "nvdec,nvenc")
    if "cannot be loaded" in found["line"]:
        pytest.skip("not on this system: the container has no video libraries")
    for part in found["deep"]:
        print(part["part"], part["result"], part["text"])
        for gpu in part["observed"].get("video", ()):
            assert gpu["context"] == 0
            assert gpu.get("nvdec_code", 0) == 0
            assert gpu.get("nvdec", {"h264": True})["h264"]
            assert gpu.get("nvenc_code", 0) in (0, 1, 2, 10)  # 1 and 2: a board without an encoder
    assert [gpu["free"] for gpu in room()] == [gpu["free"] for gpu in before]


@pytest.mark.parametrize("package", ["torch", "onnxruntime"])
def test_packages_compute(run: Run, package: str) -> None:
    if importlib.util.find_spec(package) is None:
        pytest.skip(f"not on this system: {package} is not installed")
    need = "torch" if package == "torch" else "onnxruntime-cuda"
    found = document(run, "--deep", "--expect", need)
    if found["deep"][0]["text"] == "the quick self-test found a problem already":
        pytest.skip(f"not on this system: {found['line']}")
    (part,) = found["deep"]
    print(part["text"])
    assert part["result"] == "ok", found


def test_deep_first(run: Run) -> None:
    first, second = (run("--deep-first", "--expect", "cuda,nvdec") for _ in range(2))
    print(first.stdout, second.stdout)
    if first.returncode == 0:
        assert second.stdout.endswith("deep: succeeded since the start\n")
