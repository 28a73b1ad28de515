"""Pins that have no wheel for the image's Python."""

from __future__ import annotations

import pytest

from envdoctor.findings import Severity
from tests.rules.vocabulary import (
    CUDNN_12_4,
    CUDNN_12_8,
    PYTORCH,
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

RULE = "no-wheel-for-python"


@pytest.mark.parametrize(
    ("image", "line"),
    [
        ("python:3.12-slim", "onnxruntime-gpu==1.18.1"),
        ("python:3.11", "onnxruntime-gpu==1.16.3"),
        ("python:3.14", "torch==2.15.0"),
        ("python:3.8", "torch==2.4.1"),
        ("python:3.12", "torch==2.4.0+cpu"),
        (CUDNN_12_4, "onnxruntime-gpu==1.23.2"),  # Ubuntu 22.04 brings 3.10
        (CUDNN_12_8, "torch==2.2.0"),  # Ubuntu 24.04 brings 3.12
    ],
)
def test_silent_where_there_is_one(image: str, line: str) -> None:
    silent(RULE, workload(image, pip=[line]))


@pytest.mark.parametrize(
    ("image", "line", "python", "has"),
    [
        ("python:3.12-slim", "onnxruntime-gpu==1.16.3", "3.12", "3.8, 3.9, 3.10, 3.11"),
        (CUDNN_12_8, "torch==2.1.0", "3.12", "3.8, 3.9, 3.10, 3.11"),
        (CUDNN_12_4, "onnxruntime-gpu==1.24.1", "3.10", "3.11, 3.12, 3.13, 3.14"),
        ("python:3.10", "torch==2.15.0", "3.10", "3.11, 3.12, 3.13, 3.14, 3.15"),
        ("python:3.13", "torch==2.4.0+cpu", "3.13", "3.8, 3.9, 3.10, 3.11, 3.12"),
        ("nvidia/cuda:11.8.0-cudnn8-runtime-ubuntu20.04", "onnxruntime-gpu==1.20.0", "3.8", "3.10"),
    ],
)
def test_pip_finds_no_version(image: str, line: str, python: str, has: str) -> None:
    finding = fires(RULE, workload(image, pip=[line]))
    assert finding.severity is Severity.ERROR
    assert f"Python {python} (it has for {has}" in finding.message
    assert "Could not find a version" in finding.message
    newest = finding.remedy[0].rpartition(" ")[2]
    silent(RULE, workload(f"python:{newest}", pip=[line]))


def test_a_python_from_conda_or_deadsnakes_is_the_one_that_counts() -> None:
    from envdoctor.facts import Package

    conda = Package("python", "3.11", manager="conda")
    silent(RULE, workload(CUDNN_12_4, pip=[conda, "onnxruntime-gpu==1.24.1"]))
    assert (
        "python" in undecided(RULE, workload(CUDNN_12_4, apt=["python3.11"], pip=["onnxruntime-gpu==1.24.1"])).lower()
    )


def test_open_and_not_applicable() -> None:
    assert "1.20.1" in undecided(RULE, workload(CUDNN_12_4, pip=["onnxruntime-gpu==1.20.1"]))
    assert "no exact Python" in undecided(RULE, workload("python:3", pip=["torch==2.4.0"]))
    assert "names no image" in undecided(RULE, workload(None, pip=["torch==2.4.0"]))
    assert "--image-alias" in undecided(RULE, workload("our_base:1", pip=["torch==2.4.0"]))
    does_not_apply(RULE, workload(CUDNN_12_4, pip=["torch", "onnxruntime-gpu>=1.18"]))
    does_not_apply(RULE, workload(CUDNN_12_4, pip=[package("torch==2.15.0", index="https://pypi.example/simple")]))
    does_not_apply(RULE, workload(CUDNN_12_4, pip=[package("torch==2.15.0", index=f"{PYTORCH}nightly/cu132")]))
    does_not_apply(RULE, workload(CUDNN_12_4, pip=["numpy==1.26.4"]))


def test_pytorchs_own_index_has_the_same_pythons() -> None:
    assert "3.10" in fires(RULE, workload(CUDNN_12_4, pip=[package("torch==2.15.0", index=f"{PYTORCH}cu132")])).message
    silent(RULE, workload(CUDNN_12_4, pip=[package("torch==2.9.0", index=f"{PYTORCH}cu126")]))


def test_a_document_that_lists_a_published_wheel() -> None:
    """torch 1.12.1+cu113 has wheels up to Python 3.10; one without a CUDA variant may have been built there."""
    assert (
        "3.11"
        in fires(RULE, document(image={"python": "3.11.0"}, packages=[installed("torch", "1.12.1+cu113")])).message
    )
    silent(RULE, document(image={"python": "3.10"}, packages=[installed("torch", "1.12.1+cu113")]))
    does_not_apply(RULE, document(image={"python": "3.11"}, packages=[installed("torch", "1.12.1")]))


# --- which Python ---

DEADSNAKES = "apt-get update && apt-get install -y python3.11 python3.11-venv"
OLD = "torch==1.12.1"  # up to Python 3.10
MIDDLE = "torch==2.1.0"  # 3.8 to 3.11


def test_a_python_beside_the_distributions_where_both_have_wheels() -> None:
    """Which one pip is of cannot be told, and does not matter."""
    silent(RULE, dockerfile(DEADSNAKES, f"pip install {MIDDLE}", image=CUDNN_12_4))
    undecided(RULE, dockerfile(DEADSNAKES, f"pip install {OLD}", image=CUDNN_12_4))


def test_the_command_names_its_python() -> None:
    silent(RULE, dockerfile(DEADSNAKES, f"python3.10 -m pip install {OLD}", image=CUDNN_12_4))
    finding = fires(RULE, dockerfile(DEADSNAKES, f"python3.11 -m pip install \\\n    {OLD}", image=CUDNN_12_4))
    assert "no wheel for the image's Python 3.11" in finding.message


@pytest.mark.parametrize(
    "before",
    [
        "wget https://www.python.org/ftp/python/3.12.4/Python-3.12.4.tgz && tar xf Python-3.12.4.tgz",
        "git clone https://github.com/pyenv/pyenv.git /root/.pyenv",
        "curl -LO https://repo.anaconda.com/miniconda/Miniconda3-latest-Linux-x86_64.sh",
        "uv python install 3.12",
        "uv venv /opt/venv",
    ],
)
def test_a_python_of_its_own_release(before: str) -> None:
    undecided(RULE, dockerfile(before, f"pip install {MIDDLE}", image=CUDNN_12_4))
