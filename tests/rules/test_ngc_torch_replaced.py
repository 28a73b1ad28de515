"""pip over the PyTorch of an NGC image."""

from __future__ import annotations

import pytest

from envdoctor.findings import Severity
from tests.rules.vocabulary import (
    CUDNN_12_4,
    MATRIX,
    dockerfile,
    document,
    does_not_apply,
    fires,
    installed,
    package,
    silent,
    workload,
)

RULE = "ngc-torch-replaced"
NGC = "nvcr.io/nvidia/pytorch:24.05-py3"  # torch 2.4.0a0+07cecf4168


@pytest.mark.parametrize(
    "line",
    [
        "torch",
        "torch>=2.0",
        "torch<2.5",
        "torchvision",
        "torchaudio",
        "torchaudio==2.11.0",
        "onnxruntime-gpu==1.18.1",
        "numpy",
    ],
)
def test_what_the_image_satisfies_stays(line: str) -> None:
    silent(RULE, workload(NGC, pip=[line]))


@pytest.mark.parametrize("line", ["torch==2.4.0", "torch>=2.4", "torch<2.4", "torch==2.4.0+cu124"])
def test_another_torch_replaces_it(line: str) -> None:
    """2.4.0a0 comes before 2.4, and <2.4 does not take pre-releases of 2.4."""
    finding = fires(RULE, workload(NGC, pip=[line]))
    assert finding.severity is Severity.WARNING
    assert "torch" in finding.message.split(" from pip replaces")[0]
    assert finding.remedy[0] == "leave torch out: the image has its own"


@pytest.mark.parametrize("line", ["torchvision==0.19.0", "torchaudio==2.4.0", "xformers==0.0.27"])
def test_what_brings_its_own_torch(line: str) -> None:
    assert "requires its own torch" in fires(RULE, workload(NGC, pip=[line])).message


def test_uv_and_conda_do_it_too_and_apt_does_not() -> None:
    for manager in ("uv", "conda"):
        assert f"from {manager}" in fires(RULE, workload(NGC, pip=[package("torch==2.5.0", manager)])).message
    silent(RULE, workload(NGC, pip=[package("torch==2.5.0", "apt")]))


def test_other_images() -> None:
    does_not_apply(RULE, workload(CUDNN_12_4, pip=["torch==2.4.0"]))
    does_not_apply(RULE, workload("pytorch/pytorch:2.4.0-cuda12.4-cudnn9-runtime", pip=["torch==2.5.0"]))
    does_not_apply(RULE, workload("our_base:1", pip=["torch==2.5.0"]))


def test_vllm_and_xformers_bring_their_own_where_the_images_does_not_do() -> None:
    assert "vllm (not pinned)" in fires(RULE, workload(NGC, pip=["vllm"])).message
    assert "xformers (not pinned)" in fires(RULE, workload(NGC, pip=["xformers"])).message  # torch 2.10 or newer
    newest = f"nvcr.io/nvidia/pytorch:{MATRIX.ngc_releases()[-1]}-py3"
    silent(RULE, workload(newest, pip=["xformers", "accelerate"]))


def test_nemo_is_built_around_the_same_torch() -> None:
    nemo = "nvcr.io/nvidia/nemo:25.09"
    assert "undefined symbols" in fires(RULE, workload(nemo, pip=["torch==2.8.0"])).message
    silent(RULE, workload(nemo, pip=["tqdm"]))


def test_nvidias_own_torch_as_pip_lists_it_replaces_nothing() -> None:
    own = installed("torch", "2.4.0a0+07cecf4168.nv24.05")
    silent(RULE, document(image={"reference": NGC}, packages=[own]))
    assert fires(RULE, document(image={"reference": NGC}, packages=[installed("torch", "2.1.2+cu121")]))


def test_the_remedy_is_silent() -> None:
    """xformers, vllm and torchvision without their dependencies bring no torch; torch itself replaces it all the same."""
    silent(RULE, dockerfile("pip install --no-deps xformers==0.0.27", image=NGC))
    assert fires(RULE, dockerfile("pip install xformers==0.0.27", image=NGC))
    assert fires(RULE, dockerfile("pip install --no-deps torch==2.5.1", image=NGC))


def test_options_of_a_command_on_several_lines() -> None:
    silent(RULE, dockerfile("pip install --no-deps \\\n    einops \\\n    xformers==0.0.27", image=NGC))
    both = "pip install --no-deps xformers==0.0.27 && pip install einops"
    silent(RULE, dockerfile(both, image=NGC))
    fires(RULE, dockerfile("pip install --no-deps einops && pip install \\\n    xformers==0.0.27", image=NGC))
