"""Pins that PyPI does not serve."""

from __future__ import annotations

import pytest

from envdoctor.findings import Severity
from tests.rules.vocabulary import (
    CUDA_12_FEED,
    CUDNN_12_4,
    PYTHON,
    PYTORCH,
    document,
    does_not_apply,
    fires,
    installed,
    on,
    package,
    silent,
    undecided,
    workload,
)

RULE = "version-not-on-index"


@pytest.mark.parametrize(
    "line",
    [
        "torch==2.4.0",
        "torch==2.4",
        "torch==2.15.0",
        "onnxruntime-gpu==1.20.0",
        "onnxruntime-gpu==1.20.2",
        "onnxruntime-gpu==1.31.1",
        "onnxruntime-gpu==1.11.0",
    ],
)
def test_what_pypi_serves_is_silent(line: str) -> None:
    silent(RULE, workload(PYTHON, pip=[line]))


@pytest.mark.parametrize("version", ["1.20.1", "1.19.1", "1.22.1", "1.10.0", "1.8.1"])
def test_numbers_that_were_skipped_or_removed(version: str) -> None:
    finding = fires(RULE, workload(CUDNN_12_4, pip=[f"onnxruntime-gpu=={version}"]))
    assert finding.severity is Severity.ERROR
    assert f"onnxruntime-gpu {version} cannot be installed" in finding.message
    for remedy in finding.remedy:
        silent(RULE, workload(CUDNN_12_4, pip=[remedy.removeprefix("pin ")]))


def test_1_20_1_lies_between_its_neighbours() -> None:
    finding = fires(RULE, workload(CUDNN_12_4, pip=["onnxruntime-gpu==1.20.1"]))
    assert finding.remedy == ("pin onnxruntime-gpu==1.20.2", "pin onnxruntime-gpu==1.20.0")


def test_a_local_version_is_on_pytorchs_own_indexes() -> None:
    finding = fires(RULE, workload(PYTHON, pip=["torch==2.4.0+cu124"]))
    assert finding.remedy == ("pip install torch==2.4.0+cu124 --index-url https://download.pytorch.org/whl/cu124",)


def test_a_version_without_a_wheel_for_arm64() -> None:
    grace = on("580.95.05", ["GH200"], arch="aarch64")
    silent(RULE, workload(PYTHON, pip=["onnxruntime-gpu==1.31.1"], host=grace))
    finding = fires(RULE, workload(PYTHON, pip=["onnxruntime-gpu==1.22.0"], host=grace))
    assert "PyPI serves it for Linux x86_64 and Windows, and has no Linux aarch64 wheel of it" in finding.message
    assert finding.remedy == ("pin onnxruntime-gpu==1.29.0",)
    older = on("550.54.14", ["GH200"], arch="aarch64")  # every arm64 build is of CUDA 13
    assert not any(
        part.startswith("pin")
        for part in fires(RULE, workload(PYTHON, pip=["onnxruntime-gpu==1.22.0"], host=older)).remedy
    )


def test_the_pins_run_on_the_host() -> None:
    """Below 1.23.1 lies 1.23.0, whose PTX no Blackwell GPU can compile."""
    finding = fires(RULE, workload(PYTHON, pip=["onnxruntime-gpu==1.23.1"], host=on("570.86.10", ["RTX 5090"])))
    assert finding.remedy == ("pin onnxruntime-gpu==1.23.2", "pin onnxruntime-gpu==1.22.0")


@pytest.mark.parametrize(
    "line",
    [
        package("onnxruntime-gpu==1.20.1", extra=[CUDA_12_FEED]),
        package("onnxruntime-gpu==1.20.1", index="https://pypi.example.com/simple"),
        package("onnxruntime-gpu==1.20.1", "conda"),
        package("onnxruntime-gpu>=1.20.1"),
        package("onnxruntime==1.20.1"),
    ],
)
def test_other_indexes_and_ranges_are_not_its_business(line: object) -> None:
    does_not_apply(RULE, workload(PYTHON, pip=[line]))  # type: ignore[list-item]


def test_what_is_installed_came_from_somewhere() -> None:
    does_not_apply(RULE, document(packages=[installed("onnxruntime-gpu", "1.20.1")]))


def test_beyond_the_matrix_it_is_open() -> None:
    assert "2.15.0" in undecided(RULE, workload(PYTHON, pip=["torch==99.0.0"]))
    assert "1.31.1" in undecided(RULE, workload(PYTHON, pip=["onnxruntime-gpu==1.99.0"]))
    undecided(RULE, workload(PYTHON, pip=["torch==2.8.0.dev20250401"]))
    undecided(RULE, workload(PYTHON, pip=["torch==0.4.1"]))


@pytest.mark.parametrize(
    ("version", "folder"),
    [
        ("2.5.1", "cu121"),
        ("2.8.0", "cu129"),
        ("2.12.0", "cu129"),  # between releases that have it: not said not to exist
        ("2.15.0", "cu130"),  # newer than all of whose builds are known
        ("2.99.0", "cu126"),
        ("2.9.0", "cu131"),  # no such index: torch-index-missing
        ("1.9.0", "cu111"),
    ],
)
def test_an_index_of_pytorch_that_may_hold_it(version: str, folder: str) -> None:
    silent(RULE, workload("python:3.10", pip=[package(f"torch=={version}", index=PYTORCH + folder)]))


@pytest.mark.parametrize(
    ("line", "folder", "others"),
    [
        ("torch==2.5.1", "cu128", "11.8, 12.1, 12.4"),
        ("torch==2.5.1", "cu126", "11.8, 12.1, 12.4"),
        ("torch==2.8.0", "cu118", "12.6, 12.8, 12.9"),
        ("torch==2.6.0", "cu121", "11.8, 12.4, 12.6"),
        ("torch==2.0.1+cu121", "cu121", "11.7, 11.8"),
    ],
)
def test_a_release_that_was_not_built_for_that_cuda(line: str, folder: str, others: str) -> None:
    finding = fires(RULE, workload("python:3.10", pip=[package(line, index=PYTORCH + folder)]))
    assert finding.severity is Severity.ERROR
    assert f"(it was for {others})" in finding.message
    good = finding.remedy[1].rpartition(" ")[2] if "take a folder" in finding.remedy[1] else ""
    assert good
    silent(RULE, workload("python:3.10", pip=[package(line.partition("+")[0], index=good)]))


def test_a_local_version_beside_the_default_index() -> None:
    silent(RULE, workload(PYTHON, pip=[package("torch==2.4.0+cu124", index=f"{PYTORCH}cu124")]))
    silent(RULE, workload(PYTHON, pip=[package("torch==2.4.0+cu124", extra=[f"{PYTORCH}cu124"])]))
    facts = workload("python:3.10", pip=[package("torch==2.5.1+cu128", extra=[f"{PYTORCH}cu128"])])
    assert "not built for CUDA 12.8" in fires(RULE, facts).message
    does_not_apply(RULE, workload(PYTHON, pip=[package("torch==2.5.1", extra=[f"{PYTORCH}cu128"])]))
    does_not_apply(RULE, workload(PYTHON, pip=[package("torch==2.5.1", index=f"{PYTORCH}nightly/cu128")]))
