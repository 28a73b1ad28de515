"""This machine and recorded ones as hosts and as documents."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from envdoctor.facts import Fact, Host
from envdoctor.hosts import complete_host, machine, probe_document, this_machine
from envdoctor.matrix import Matrix
from envdoctor.probes import driver
from envdoctor.probes.presence import driver_is_plausible
from envdoctor.readers.environment import read_environment, schema
from tests.places import ABOVE

RECORDINGS = Path(__file__).parents[1] / "recordings"
NAMES = sorted(path.name for path in RECORDINGS.iterdir() if path.is_dir())
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


def values(host: Host) -> dict[str, Any]:
    """States and values of all facts, without where they come from."""

    def plain(value: object) -> object:
        if isinstance(value, Fact):
            return (value.state, plain(value.get()))
        if isinstance(value, tuple) and hasattr(value, "_asdict"):
            return {name: plain(item) for name, item in value._asdict().items()}
        return [plain(item) for item in value] if isinstance(value, tuple) else value

    found = plain(host)
    assert isinstance(found, dict)
    del found["name"]
    return found


@pytest.mark.parametrize("name", NAMES)
def test_documents_of_recorded_machines_read_back_as_the_same_host(name: str) -> None:
    root = str(RECORDINGS / name)
    document = machine.probe_document(root)
    jsonschema.validate(document, schema())
    read = read_environment(json.dumps(document), "host.json")
    assert read.notices == ()
    assert values(complete_host(read.facts.host, MATRIX)) == values(recorded(name))


def test_this_machines_document_reads_back() -> None:
    document = probe_document()
    jsonschema.validate(document, schema())
    read = read_environment(json.dumps(document), "host.json")
    assert read.notices == ()
    assert read.facts.host.stated
    assert values(complete_host(read.facts.host, MATRIX)) == values(machine.local_host(MATRIX))


def test_a_document_keeps_nvmls_words_for_the_brand() -> None:
    from envdoctor.probes import nvml
    from envdoctor.probes.machine import MachineFacts

    answer = {"gpus": [{"name": "NVIDIA A100-SXM4-80GB", "brand": 14, "capability": [8, 0], "memory": 2**36, "mig": 1}]}
    gpus = machine.probed_gpus(driver.DriverFacts(gpus=nvml.parse_answer(answer).gpus), MachineFacts())
    assert machine._listed(gpus) == [
        {
            "index": 0,
            "name": "NVIDIA A100-SXM4-80GB",
            "brand": "NVIDIA",
            "compute_capability": "8.0",
            "memory_mib": 65536,
            "mig": True,
        }
    ]


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
