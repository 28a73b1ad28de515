"""NVIDIA's wheels in other versions than torch requires."""

from __future__ import annotations

import pytest

from envdoctor.findings import Severity
from tests.rules.vocabulary import PYTHON, PYTORCH, dockerfile, document, does_not_apply, fires, installed, silent

RULE = "nvidia-wheel-mismatch"


@pytest.mark.parametrize(
    "line",
    [
        "torch==2.13.0 nvidia-nccl-cu13==2.29.7",
        "torch==2.13.0 'nvidia-nccl-cu13>=2.29'",
        "torch==2.13.0 nvidia-nccl-cu13",
        "torch==2.13.0 nvidia-ml-py==12.560.30",  # not a requirement of torch
        "torch==2.13.0 nvidia-nccl-cu12==2.20.5",  # of another CUDA major: another package
        "torch==2.4.0 triton==3.0.0",
    ],
)
def test_what_torch_accepts_is_silent(line: str) -> None:
    silent(RULE, dockerfile(f"pip install {line}"))


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("torch==2.13.0 nvidia-nccl-cu13==2.30.7", "nvidia-nccl-cu13==2.29.7"),
        ("torch==2.4.0 nvidia-cudnn-cu12==8.9.7.29", "nvidia-cudnn-cu12==9.1.0.70"),
        ("torch==2.4.0 triton==3.1.0", "triton==3.0.0"),
        ("torch==2.4.0 'nvidia-cudnn-cu12<9'", "nvidia-cudnn-cu12==9.1.0.70"),
        ("torch==2.4.0 nvidia_cudnn_cu12==8.9.7.29", "nvidia-cudnn-cu12==9.1.0.70"),
    ],
)
def test_pip_cannot_resolve_both(line: str, wanted: str) -> None:
    finding = fires(RULE, dockerfile(f"pip install {line}"))
    assert finding.severity is Severity.ERROR
    assert f"requires {wanted}," in finding.message
    assert "ResolutionImpossible" in finding.message


def test_a_later_command_replaces_it() -> None:
    finding = fires(RULE, dockerfile("pip install torch==2.4.0", "pip install nvidia-nccl-cu12==2.27.3"))
    assert finding.severity is Severity.NOTE
    one_line = dockerfile("pip install torch==2.4.0 && pip install nvidia-nccl-cu12==2.27.3")
    assert fires(RULE, one_line).severity is Severity.NOTE
    alone = dockerfile("pip install torch==2.4.0 nvidia-nccl-cu12==2.27.3 --no-deps")
    assert fires(RULE, alone).severity is Severity.NOTE


def test_overrides_are_meant() -> None:
    line = "uv pip install --system --override o.txt torch==2.4.0 nvidia-nccl-cu12==2.27.3"
    assert fires(RULE, dockerfile(line)).severity is Severity.NOTE


def test_a_document_states_requirements_or_versions() -> None:
    torch = installed("torch", "2.13.0+cu130", cuda="13.0")
    asked = document(packages=[torch, installed("nvidia-nccl-cu13", specifier="==2.30.7")])
    assert fires(RULE, asked).severity is Severity.ERROR
    there = document(packages=[torch, installed("nvidia-nccl-cu13", "2.30.7")])
    assert fires(RULE, there).severity is Severity.NOTE


def test_where_nothing_is_known_it_does_not_apply() -> None:
    does_not_apply(RULE, dockerfile("pip install torch==2.4.0"))
    does_not_apply(RULE, dockerfile("pip install nvidia-nccl-cu12==2.20.5"))
    other_build = f"pip install torch==2.4.0 nvidia-nccl-cu11==2.20.5 --index-url {PYTORCH}cu118"
    does_not_apply(RULE, dockerfile(other_build))
    does_not_apply(RULE, dockerfile("pip install triton==3.0.0", image="nvcr.io/nvidia/pytorch:24.05-py3"))
    does_not_apply(RULE, dockerfile("pip install torch==0.4.1 nvidia-nccl-cu12==2.20.5", image=PYTHON))


def test_a_command_on_several_lines() -> None:
    lines = "pip install \\\n    torch==2.4.0 \\\n    nvidia-cudnn-cu12==8.9.7.29"
    assert fires(RULE, dockerfile(lines)).severity is Severity.ERROR
    assert fires(RULE, dockerfile(f"{lines} --no-deps")).severity is Severity.NOTE
