"""NVIDIA's constraints for pip in NGC images."""

from __future__ import annotations

import pytest

from envdoctor.findings import Severity
from tests.rules.vocabulary import PYTHON, dockerfile, document, does_not_apply, fires, installed, package, workload

RULE = "ngc-pip-constraint"
NGC = "nvcr.io/nvidia/pytorch:25.03-py3"


@pytest.mark.parametrize("image", [PYTHON, "nvcr.io/nvidia/pytorch:24.05-py3", "nvcr.io/nvidia/tritonserver:25.04-py3"])
def test_other_images(image: str) -> None:
    does_not_apply(RULE, workload(image, pip=["deepspeed"]))


def test_nothing_is_installed_by_pip() -> None:
    does_not_apply(RULE, workload(NGC))
    does_not_apply(RULE, workload(NGC, apt=["ffmpeg"], pip=[package("tqdm", "uv")]))


@pytest.mark.parametrize(
    "command",
    ["PIP_CONSTRAINT= pip install deepspeed", "unset PIP_CONSTRAINT; PIP_CONSTRAINT=/c.txt pip install deepspeed"],
)
def test_it_is_lifted(command: str) -> None:
    does_not_apply(RULE, dockerfile(command, image=NGC))
    does_not_apply(RULE, workload(NGC, pip=["deepspeed"], env={"PIP_CONSTRAINT": ""}))


def test_a_remark_and_one_for_all() -> None:
    finding = fires(RULE, dockerfile("pip install deepspeed tqdm", "pip install fire einops timm", image=NGC))
    assert finding.severity is Severity.NOTE
    assert "PIP_CONSTRAINT=/etc/pip/constraint.txt" in finding.message
    assert "deepspeed, tqdm, fire, einops and 1 more" in finding.message


def test_a_document() -> None:
    as_it_is = {"reference": NGC, "env": {"PIP_CONSTRAINT": "/etc/pip/constraint.txt"}}
    assert fires(RULE, document(image=as_it_is, packages=[installed("deepspeed")]))
    facts = document(image={"reference": NGC}, packages=[installed("deepspeed")], uses=["torch"])
    assert "if deepspeed or what it requires" in fires(RULE, facts).message


def test_it_is_lifted_for_a_command_on_several_lines() -> None:
    does_not_apply(RULE, dockerfile("PIP_CONSTRAINT= pip install \\\n    deepspeed \\\n    fire", image=NGC))
