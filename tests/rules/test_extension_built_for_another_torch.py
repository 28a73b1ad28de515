"""Wheels of flash-attn and others, against the torch, the ABI, the CUDA and the Python that are there."""

from __future__ import annotations

import pytest

from envdoctor.findings import Severity
from tests.rules.vocabulary import (
    PYTHON,
    asked,
    dockerfile,
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

RULE = "extension-built-for-another-torch"
NGC = "nvcr.io/nvidia/pytorch:23.10-py3"  # torch 2.1.0a0, Python 3.10
FLASH = "https://github.com/Dao-AILab/flash-attention/releases/download/v2.7.4.post1/flash_attn-2.7.4.post1"


def wheel(tail: str) -> str:
    return f"pip install {FLASH}+{tail}-linux_x86_64.whl"


@pytest.mark.parametrize(
    ("torch", "tail"),
    [
        ("torch==2.6.0", "cu12torch2.6cxx11abiFALSE-cp311-cp311"),
        ("torch==2.5.1", "cu12torch2.5cxx11abiFALSE-cp311-cp311"),
        ("torch==2.7.1", "cu12torch2.7cxx11abiTRUE-cp311-cp311"),
        ("torch==2.6.0 --index-url https://download.pytorch.org/whl/cu126", "cu12torch2.6cxx11abiTRUE-cp311-cp311"),
    ],
)
def test_the_wheel_for_that_torch_is_silent(torch: str, tail: str) -> None:
    silent(RULE, dockerfile(f"pip install {torch}", wheel(tail)))


def test_others_that_fit_are_silent() -> None:
    silent(RULE, workload(PYTHON, pip=["torch==2.6.0", "torch-scatter==2.1.2+pt26cu124"]))
    silent(RULE, workload(NGC, pip=["flash-attn==2.5.3+cu122torch2.1cxx11abiTRUE"]))


@pytest.mark.parametrize(
    ("torch", "tail", "why"),
    [
        ("torch==2.5.1", "cu12torch2.6cxx11abiFALSE-cp311-cp311", "was built against torch 2.6"),
        (
            "torch==2.7.1",
            "cu12torch2.7cxx11abiFALSE-cp311-cp311",
            "the old C++ ABI (cxx11abiFALSE), and this torch has the new",
        ),
        (
            "torch==2.5.1",
            "cu12torch2.5cxx11abiTRUE-cp311-cp311",
            "the new C++ ABI (cxx11abiTRUE), and this torch has the old",
        ),
        (
            "torch==2.6.0 --index-url https://download.pytorch.org/whl/cu126",
            "cu12torch2.6cxx11abiFALSE-cp311-cp311",
            "the old C++ ABI",
        ),
        (
            "torch==2.4.0 --index-url https://download.pytorch.org/whl/cu118",
            "cu12torch2.4cxx11abiFALSE-cp311-cp311",
            "was built with CUDA 12, and this torch has CUDA 11",
        ),
    ],
)
def test_the_wheel_for_another_one(torch: str, tail: str, why: str) -> None:
    finding = fires(RULE, dockerfile(f"pip install {torch}", wheel(tail)))
    assert finding.severity is Severity.ERROR
    assert why in finding.message


def test_nvidias_own_torch_has_the_new_abi() -> None:
    finding = fires(RULE, workload(NGC, pip=["flash-attn==2.5.3+cu122torch2.1cxx11abiFALSE"]))
    assert "the old C++ ABI (cxx11abiFALSE)" in finding.message
    assert "NVIDIA's own torch 2.1.0a0" in finding.message
    assert finding.remedy[0].startswith("leave flash-attn out")
    other = workload(NGC, pip=["flash-attn==2.5.3+cu122torch2.2cxx11abiTRUE"])
    assert "was built against torch 2.2" in fires(RULE, other).message


def test_the_cuda_of_another_major_may_be_the_systems() -> None:
    both = ["torch==2.4.0+cu118", "flash-attn==2.6.3+cu123torch2.4cxx11abiFALSE"]
    silent(RULE, workload("nvidia/cuda:12.4.1-devel-ubuntu22.04", pip=both))


def test_the_wheel_of_another_python_or_cpu_is_refused() -> None:
    torch = "pip install torch==2.6.0"
    refused = fires(RULE, dockerfile(torch, wheel("cu12torch2.6cxx11abiFALSE-cp310-cp310")))
    assert "is for Python 3.10, and the image has Python 3.11" in refused.message
    arm = dockerfile(torch, wheel("cu12torch2.6cxx11abiFALSE-cp311-cp311"), host=on(arch="aarch64"))
    assert any("x86_64, and the host is aarch64" in finding.message for finding in asked(RULE, arm).findings)


def test_the_python_that_is_called_decides_and_the_stable_abi_fits_all() -> None:
    torch = "pip install torch==2.6.0"
    other = f"python3.10 -m {wheel('cu12torch2.6cxx11abiFALSE-cp310-cp310')}"
    silent(RULE, dockerfile(torch, other))
    silent(RULE, dockerfile(torch, wheel("cu12torch2.6cxx11abiFALSE-cp39-abi3")))
    choice = f"if [ $P = 3.10 ]; then {wheel('cu12torch2.6cxx11abiFALSE-cp310-cp310')}; fi"
    assert "for Python" not in str(asked(RULE, dockerfile(torch, choice)).findings)


def test_a_wheel_and_no_word_of_the_torch_is_open() -> None:
    assert "which torch" in undecided(RULE, workload(PYTHON, pip=["flash-attn==2.7.4+cu12torch2.6cxx11abiFALSE"]))


def test_a_document_that_does_not_say_how_it_was_built_is_a_remark() -> None:
    facts = document(packages=[installed("torch", "2.7.0+cu128", cuda="12.8"), installed("flash-attn", "2.7.4.post1")])
    finding = fires(RULE, facts)
    assert finding.severity is Severity.NOTE
    assert "whose C++ ABI is the new one" in finding.message


def test_what_is_compiled_there_is_not_judged() -> None:
    does_not_apply(RULE, workload(PYTHON, pip=["torch==2.7.0", "flash-attn==2.7.4.post1"]))
    does_not_apply(RULE, workload(PYTHON, pip=["torch==2.7.0+cu128", package("torchvision==0.22.0+cu128")]))
    does_not_apply(RULE, workload(PYTHON, pip=["torch==2.7.0"]))


@pytest.mark.parametrize(
    "before",
    [
        "curl https://www.python.org/ftp/python/3.11.9/Python-3.11.9.tgz | tar xz && cd Python-3.11.9 && make install",
        "curl https://pyenv.run | bash",
        "uv venv --python 3.11 /opt/venv",
    ],
)
def test_a_wheel_for_a_python_that_the_build_gets(before: str) -> None:
    line = f"pip install torch==2.6.0 \\\n    {FLASH}+cu12torch2.6cxx11abiFALSE-cp311-cp311-linux_x86_64.whl"
    silent(RULE, dockerfile(before, line, image="nvidia/cuda:12.4.1-cudnn-devel-ubuntu22.04"))
    finding = fires(RULE, dockerfile(line, image="nvidia/cuda:12.4.1-cudnn-devel-ubuntu22.04"))
    assert "is for Python 3.11, and the image has Python 3.10" in finding.message
