"""This machine and recorded ones as hosts."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from envdoctor.facts import Host
from envdoctor.hosts import machine, this_machine
from envdoctor.matrix import Matrix
from envdoctor.probes.presence import driver_is_plausible
from tests.places import ABOVE

RECORDINGS = Path(__file__).parents[1] / "recordings"
MATRIX = Matrix.load()


def recorded(name: str) -> Host:
    return machine.local_host(MATRIX, str(RECORDINGS / name))


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("bare-metal-t4", "this machine (T4, driver 535.104.05)"),
        ("h200-open-580", "this machine (2x H200, driver 580.65.06)"),
        ("jetson-orin-r35", "this machine (Jetson AGX Orin, L4T 35.4.1)"),
        ("laptop-without-nvidia", "this machine (no GPU, no driver)"),
        ("laptop-with-nouveau", "this machine (no driver)"),
        ("upgraded-without-reboot", "this machine (GPU, driver 550.54.15)"),
        ("wsl2", "this machine (WSL 2)"),
    ],
)
def test_recorded_machines_as_hosts(name: str, label: str) -> None:
    assert recorded(name).name == label


def test_what_follows_from_the_recorded_facts() -> None:
    host = recorded("h200-open-580")
    assert host.driver_cuda.need() == "13.0"
    assert {gpu.compute_capability.get() for gpu in host.gpus.need()} == {"9.0"}
    assert recorded("wsl2").is_windows
    (orin,) = recorded("jetson-orin-r35").gpus.need()
    assert orin.compute_capability.need() == "8.7"


@pytest.mark.skipif(driver_is_plausible(), reason="this machine has an NVIDIA driver")
def test_a_machine_without_a_driver_is_no_host() -> None:
    assert this_machine(MATRIX) is None


@pytest.mark.skipif(driver_is_plausible(), reason="this machine has an NVIDIA driver")
def test_nothing_heavy_is_imported_where_there_is_no_driver() -> None:
    code = (
        "import sys; from envdoctor.hosts import this_machine; from envdoctor.matrix import Matrix;"
        "this_machine(Matrix.load()); print(sorted({'pynvml', 'ctypes', 'subprocess', 'platform', 'pathlib'} & set(sys.modules)))"
    )
    ran = subprocess.run([sys.executable, "-S", "-c", code], check=True, capture_output=True, text=True, cwd=ABOVE)
    assert ran.stdout == "[]\n"
