"""Xid errors beside a verdict: silent while all works, a note beside another cause, the cause where a GPU is lost."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from envdoctor.selftest import xid
from envdoctor.selftest.verdict import Problem
from tests.selftest.conftest import own_mounts

LOST = {"xid": 79, "pci": "0000:65:00", "count": 1, "seconds": 90000}
FAULT = {"xid": 31, "pci": "0000:65:00", "count": 2, "seconds": 95000}
ONE_LOST = {"nvml": {"gpus": [0, 15]}}
GONE = Problem("cuda", "GPU 1 is lost (fell off the bus), says NVML", "restart the host")
HUNG = Problem("driver", "the driver does not answer: no answer within 5 s", "restart the host")


@pytest.mark.parametrize(
    ("problem", "told"),
    [
        (GONE, {**ONE_LOST}),
        (GONE, {**ONE_LOST, "xids": []}),
        (GONE, {**ONE_LOST, "xids": [FAULT]}),  # a program's fault takes no GPU away
        (GONE, {**ONE_LOST, "xids": [LOST], "pci": ["0000:3b:00"]}),  # another GPU of the host
        (Problem("cuda", "cuInit gave 803", "x"), {"nvml": None, "xids": [LOST]}),  # NVML does not say that one is lost
        (Problem("cuda", "cuInit gave 100", "x"), {"nvml": {"gpus": [0]}, "xids": [LOST]}),
        (Problem("torch", "torch is a build without CUDA", "x"), {**ONE_LOST, "xids": [LOST]}),
    ],
)
def test_no_cause(problem: Problem, told: dict[str, Any]) -> None:
    assert xid.explained(problem, told) == problem


def test_nothing_in_the_log_is_no_note() -> None:
    assert xid.notes({}) == xid.notes({"xids": []}) == ()
    assert xid.notes({"xids": [LOST], "pci": ["0000:3b:00"]}) == ()


@pytest.mark.parametrize("problem", [GONE, HUNG])
def test_the_cause_of_a_gpu_that_is_gone(problem: Problem) -> None:
    told = {**ONE_LOST, "xids": [LOST, FAULT], "pci": ["0000:3b:00", "0000:65:00"]}
    cause = "the kernel log has Xid 79 (GPU has fallen off the bus) on the GPU at 0000:65:00"
    assert xid.explained(problem, told).cause == f"{problem.cause}; {cause}"


def test_notes_are_in_words_and_the_newest_comes_first() -> None:
    unknown = {"xid": 999, "pci": "0000:65:00", "count": 1, "seconds": 7}
    many = [{"xid": 13, "pci": f"0000:{number:02x}:00", "count": 1, "seconds": 1} for number in range(20)]
    first, second, third, *rest = xid.notes({"xids": [LOST, unknown, FAULT, *many]})
    assert first.endswith("Xid 31 (GPU memory page fault, mostly the program's fault) on the GPU at 0000:65:00, 2 times, "
                          "the last 95000 s after the boot")  # fmt: skip
    assert second.endswith("Xid 79 (GPU has fallen off the bus) on the GPU at 0000:65:00, 90000 s after the boot")
    assert "Xid 999 on the GPU" in third
    assert len(rest) == 2


LOG = """6,40211,86400000112,-;docker0: port 1(veth0) entered disabled state
3,40250,90000000000,-;NVRM: Xid (PCI:0000:65:00): 79, pid='<unknown>', name=<unknown>, GPU has fallen off the bus.
"""
Logged = Callable[..., "dict[str, Any]"]


@pytest.fixture
def logged(libraries: Path, environment: dict[str, str], tmp_path: Path) -> Logged:
    """The command with a kernel log of its own, its JSON. The GPUs that /proc shows are this machine's."""
    if not own_mounts() or not Path("/dev/kmsg").exists() or Path("/proc/driver/nvidia").exists():
        pytest.skip("needs root, mount namespaces and /dev/kmsg, on a machine without an NVIDIA GPU")
    log = tmp_path / "kmsg"
    log.write_text(LOG)

    def start(*arguments: str, **settings: str) -> dict[str, Any]:
        command = f"{sys.executable} -m envdoctor selftest --format json {' '.join(arguments)}"
        done = subprocess.run(
            ["unshare", "-m", "sh", "-ec", f"mount --bind {log} /dev/kmsg; exec {command}"],
            env={**environment, "LD_LIBRARY_PATH": str(libraries), **settings}, cwd=tmp_path, capture_output=True, timeout=60,
        )  # fmt: skip
        told: dict[str, Any] = json.loads(done.stdout)
        return told

    return start


def test_while_all_works_the_quick_test_does_not_read_the_log(logged: Logged) -> None:
    told = logged("--expect", "cuda")
    assert (told["healthy"], told["notes"], "xids" in told["observed"]) == (True, [], False)


def test_the_deep_test_notes_it_and_stays_healthy(logged: Logged) -> None:
    told = logged("--expect", "nvdec", "--deep")
    assert (told["healthy"], len(told["notes"])) == (True, 1)
    assert "Xid 79" in told["notes"][0]


def test_a_lost_gpu_is_told_with_its_xid(logged: Logged) -> None:
    told = logged("--expect", "cuda", STAND_IN_LOST="0")
    assert told["line"].startswith(
        "unhealthy: GPU 0 is lost (fell off the bus), says NVML; the kernel log has Xid 79 ("
    )
    assert told["observed"]["xids"] == [LOST]


def test_beside_another_cause_it_is_a_note(logged: Logged) -> None:
    told = logged("--expect", "cuda", STAND_IN_CUINIT="803")
    assert "Xid" not in told["line"]
    assert ["Xid 79" in note for note in told["notes"]] == [True]
