"""The documents of recorded machines, and of this one: valid, complete in their reasons, and readable by `check`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from envdoctor.facts import Fact, Host
from envdoctor.hosts import complete_host, machine
from envdoctor.matrix import Matrix
from envdoctor.observation import host, observe
from envdoctor.observation.plain import plain
from envdoctor.probes import driver, nvml
from envdoctor.probes.machine import MachineFacts
from envdoctor.readers.environment import read_environment, schema

RECORDINGS = Path(__file__).parents[1] / "recordings"
NAMES = sorted(path.name for path in RECORDINGS.iterdir() if path.is_dir() and path.name != "cross_check")
MATRIX = Matrix.load()


def document(name: str) -> dict[str, Any]:
    return observe(str(RECORDINGS / name)).document


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
    seen = observe(str(RECORDINGS / name))
    jsonschema.validate(seen.document, schema())
    read = read_environment(json.dumps(seen.document), "host.json")
    assert read.notices == ()
    recorded = machine.local_host(MATRIX, str(RECORDINGS / name))
    assert values(complete_host(read.facts.host, MATRIX)) == values(recorded)


@pytest.mark.parametrize("name", NAMES)
def test_every_null_has_its_reason(name: str) -> None:
    seen = observe(str(RECORDINGS / name))
    unexplained = [where for where in nulls(seen.document, "") if where not in seen.reasons]
    assert [where for where in unexplained if not where.startswith(MAY_BE_NULL)] == []


# A GPU's own fields are null where NVML was not asked, a package's `cuda` where it has none.
MAY_BE_NULL = ("host.gpus[", "host.cdi[", "packages[", "libraries[", "image.env.")


def nulls(value: object, where: str) -> list[str]:
    if isinstance(value, dict):
        return [found for name, item in value.items() for found in nulls(item, f"{where}.{name}" if where else name)]
    if isinstance(value, list):
        return [found for index, item in enumerate(value) for found in nulls(item, f"{where}[{index}]")]
    return [where] if value is None else []


def test_this_machines_document_reads_back() -> None:
    seen = observe()
    jsonschema.validate(seen.document, schema())
    read = read_environment(json.dumps(seen.document), "host.json")
    assert read.notices == ()
    assert read.facts.host.stated
    here = values(machine.local_host(MATRIX))
    there = values(complete_host(read.facts.host, MATRIX))
    for name in ("engine_version", "toolkit_version"):  # a document asks the programs, `check` does not wait for them
        del here[name], there[name]
    assert there == here


def test_a_document_keeps_nvmls_words_for_the_brand() -> None:
    answer = {
        "gpus": [
            {"name": "NVIDIA A100-SXM4-80GB", "brand": 14, "capability": [8, 0], "memory": 2**36, "mig": 1, "ecc": 1,
             "uncorrected": 3, "compute_mode": 3, "pci": "00000000:0F:00.0"}
        ]
    }  # fmt: skip
    gpus = machine.probed_gpus(driver.DriverFacts(gpus=nvml.parse_answer(answer).gpus), MachineFacts())
    assert plain(host._gpus(gpus), "", {}) == [
        {
            "index": 0,
            "name": "NVIDIA A100-SXM4-80GB",
            "brand": "NVIDIA",
            "compute_capability": "8.0",
            "memory_mib": 65536,
            "mig": True,
            "ecc": True,
            "uncorrected_errors": 3,
            "compute_mode": "exclusive-process",
            "pci": "0000:0f:00",
            "error": None,
        }
    ]


def test_a_lost_gpu_is_told() -> None:
    answer = {"gpus": [{"errors": {"nvmlDeviceGetHandleByIndex": [15, "GPU is lost"]}}]}
    gpus = machine.probed_gpus(driver.DriverFacts(gpus=nvml.parse_answer(answer).gpus), MachineFacts())
    (gpu,) = gpus.need()
    assert (gpu.error, gpu.name.is_unknown) == ("GPU is lost", True)
