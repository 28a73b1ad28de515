"""Indexes of PyTorch that do not exist."""

from __future__ import annotations

import pytest

from envdoctor.findings import Severity
from tests.rules.vocabulary import (
    CUDNN_12_4,
    PYTHON,
    PYTORCH,
    asked,
    dockerfile,
    document,
    does_not_apply,
    fires,
    installed,
    package,
    silent,
    undecided,
    workload,
)

RULE = "torch-index-missing"


@pytest.mark.parametrize("folder", ["cu118", "cu121/", "cu126", "cu128", "cu129", "cu130", "cu132", "cu102", "cu111"])
def test_a_folder_that_is_there_is_silent(folder: str) -> None:
    silent(RULE, workload(PYTHON, pip=[package("torch", index=PYTORCH + folder)]))
    silent(RULE, workload(PYTHON, pip=[package("torchvision", extra=[PYTORCH + folder])]))


@pytest.mark.parametrize("folder", ["cpu", "rocm6.2", "xpu", "nightly/cu131", "torch_stable.html", ""])
def test_what_is_no_cuda_folder_is_not_judged(folder: str) -> None:
    does_not_apply(RULE, workload(PYTHON, pip=[package("torch", index=PYTORCH + folder)]))


@pytest.mark.parametrize("index", [None, "https://mirror.example/pytorch-wheels/cu131", "https://pypi.org/simple"])
def test_other_indexes_are_not_judged(index: str | None) -> None:
    does_not_apply(RULE, workload(PYTHON, pip=[package("torch==2.10.0", index=index)]))
    does_not_apply(RULE, workload(PYTHON, pip=[package("numpy", index=f"{PYTORCH}cu131")]))


@pytest.mark.parametrize(
    ("folder", "instead"),
    [
        ("cu131", "cu130"),
        ("cu134", "cu132"),
        ("cu122", "cu121"),
        ("cu125", "cu124"),
        ("cu120", "cu129"),
        ("cu12.1", "cu121"),
        ("cuda121", "cu121"),
        ("cu117.1", "cu117"),
    ],
)
def test_no_such_folder(folder: str, instead: str) -> None:
    finding = fires(RULE, workload(PYTHON, pip=[package("torch==2.10.0", index=PYTORCH + folder)]))
    assert finding.severity is Severity.ERROR
    assert f"PyTorch publishes no index {folder} " in finding.message
    assert finding.remedy[0] == f"use {PYTORCH}{instead}"
    silent(RULE, workload(PYTHON, pip=[package("torch", index=finding.remedy[0].removeprefix("use "))]))


def test_beside_the_default_index_pip_goes_on_with_another_build() -> None:
    finding = fires(RULE, workload(PYTHON, pip=[package("torch==2.10.0", extra=[f"{PYTORCH}cu131"])]))
    assert finding.severity is Severity.WARNING
    assert "takes torch from the default index" in finding.message
    pinned = fires(RULE, workload(PYTHON, pip=[package("torch==2.10.0+cu131", extra=[f"{PYTORCH}cu131"])]))
    assert pinned.severity is Severity.ERROR


def test_one_line_of_three_packages_is_one_finding() -> None:
    facts = dockerfile(f"pip install torch torchvision torchaudio --index-url {PYTORCH}cu123", image=CUDNN_12_4)
    assert len(asked(RULE, facts).findings) == 1


def test_a_cuda_that_the_matrix_does_not_know_yet_is_open() -> None:
    assert "newer than the matrix" in undecided(RULE, workload(PYTHON, pip=[package("torch", index=f"{PYTORCH}cu150")]))


def test_a_document() -> None:
    facts = document(
        image={"cuda": "13.4"},
        packages=[installed("torch", index=f"{PYTORCH}cu134"), installed("nixl")],
        uses=["torch"],
    )
    assert "cu134" in fires(RULE, facts).message
