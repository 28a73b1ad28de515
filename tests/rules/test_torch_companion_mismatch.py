"""torchvision and torchaudio beside torch."""

from __future__ import annotations

import pytest

from envdoctor.facts import Facts, Origin, Package
from envdoctor.findings import Severity
from tests.rules.vocabulary import (
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

RULE = "torch-companion-mismatch"


@pytest.mark.parametrize(
    ("torch", "companion"),
    [
        ("torch==2.4.0", "torchvision==0.19.0"),
        ("torch==2.4.0+cu121", "torchvision==0.19.0+cu121"),
        ("torch==2.4.0", "torchaudio==2.4.0"),
        ("torch==2.15.0", "torchvision==0.29.2"),  # from 0.29.1 on a lower bound only
        ("torch==2.11.0", "torchaudio==2.11.0"),  # from 2.11 on without a pin
        ("torch==2.0.0", "torchvision==0.15.0"),  # its metadata says ==2.0.0+cu117
    ],
)
def test_pairs_are_silent(torch: str, companion: str) -> None:
    silent(RULE, workload(PYTHON, pip=[torch, companion]))


def loose(name: str, version: str) -> Package:
    """conda's `pytorch=2.2`: any 2.2."""
    return Package(name, version, f"=={version}.*", manager="conda", origin=Origin("environment.yml:3"))


def test_releases_that_conda_may_choose_from() -> None:
    silent(RULE, workload(None, pip=[loose("torch", "2.2"), loose("torchvision", "0.17")]))
    silent(RULE, workload(None, pip=[loose("torch", "2.2"), package("torchvision==0.17.1", "conda")]))  # for 2.2.1
    silent(RULE, workload(None, pip=[package("torch==2.2.1", "conda"), loose("torchvision", "0.17")]))
    assert (
        "torchvision 0.18"
        in fires(RULE, workload(None, pip=[loose("torch", "2.2"), loose("torchvision", "0.18")])).message
    )
    assert "0.99" in undecided(RULE, workload(None, pip=[loose("torch", "2.2"), loose("torchvision", "0.99")]))


def test_torchvision_0_18_0_beside_torch_2_4_0() -> None:
    finding = fires(RULE, workload(PYTHON, pip=["torch==2.4.0", "torchvision==0.18.0"]))
    assert finding.severity is Severity.ERROR
    assert "torchvision 0.18.0 requires torch==2.3.0, and torch 2.4.0 is installed" in finding.message
    assert finding.remedy == ("install torchvision==0.19.0",)
    silent(RULE, workload(PYTHON, pip=["torch==2.4.0", finding.remedy[0].split()[1]]))


@pytest.mark.parametrize(
    ("torch", "companion", "pin"),
    [
        ("2.4", "torchvision==0.18.0", "torchvision==0.19.0"),
        ("2.0.0", "torchvision==0.14.1", "torchvision==0.15.1"),  # 0.15.0 asks for 2.0.0+cu117
        ("2.14.0", "torchvision==0.28.0", "torchvision==0.29.0"),
        ("2.15.0", "torchvision==0.28.0", "torchvision==0.29.2"),  # 0.29.1 would be accepted too
        ("2.13.0", "torchaudio==2.10.0", "torchaudio==2.11.0"),  # requires no torch, and takes any from 2.11 on
    ],
)
def test_the_remedy_is_the_companion_that_was_released_for_that_torch(torch: str, companion: str, pin: str) -> None:
    finding = fires(RULE, workload(PYTHON, pip=[f"torch=={torch}", companion]))
    assert finding.remedy == (f"install {pin}",)


def test_a_lower_bound_can_be_missed_too() -> None:
    assert ">=2.14.0" in fires(RULE, workload(PYTHON, pip=["torch==2.13.0", "torchvision==0.29.2"])).message


def test_each_companion_is_judged() -> None:
    lines = ["torch==2.4.0", "torchvision==0.18.0", "torchaudio==2.3.0"]
    assert len(asked(RULE, workload(PYTHON, pip=lines)).findings) == 2


def test_a_release_that_the_matrix_does_not_hold_is_open() -> None:
    assert "torchvision 0.99.0" in undecided(RULE, workload(PYTHON, pip=["torch==2.4.0", "torchvision==0.99.0"]))


def test_nothing_to_compare() -> None:
    does_not_apply(RULE, workload(PYTHON, pip=["torch==2.4.0"]))
    silent(RULE, workload(PYTHON, pip=["torch", "torchvision==0.18.0"]))  # pip chooses the torch
    silent(RULE, workload(PYTHON, pip=["torchvision==0.18.0"]))  # it brings the torch that it pairs with
    does_not_apply(RULE, workload("nvcr.io/nvidia/pytorch:24.05-py3", pip=["torchvision==0.18.0"]))


# --- one command after the other ---


def torch_in(facts: Facts) -> list[str | None]:
    return [item.version for item in facts.packages.need().named("torch")]


def test_a_pair_in_two_commands_is_silent() -> None:
    silent(RULE, dockerfile("pip install torch==2.4.0", "pip install torchvision==0.19.0 --no-deps"))
    silent(RULE, dockerfile("pip install torch==2.4.0", "pip install torchvision==0.19.0"))
    silent(RULE, dockerfile("pip install torchvision==0.19.0", image="pytorch/pytorch:2.4.0-cuda12.1-cudnn9-runtime"))


def test_a_companion_of_a_later_command_replaces_torch() -> None:
    facts = dockerfile("pip install torch==2.3.1", "pip install torchvision==0.19.0")
    finding = fires(RULE, facts)
    assert finding.severity is Severity.WARNING
    assert "torch 2.3.1 does not stay" in finding.message
    assert "(Dockerfile:3, required by torchvision 0.19.0)" in finding.message
    assert "torch 2.4.0 in its place" in finding.message
    assert torch_in(facts) == ["2.4.0"]


def test_it_replaces_the_torch_of_a_pytorch_image_too() -> None:
    facts = dockerfile("pip install torchvision==0.20.0", image="pytorch/pytorch:2.4.0-cuda12.1-cudnn9-runtime")
    assert fires(RULE, facts).severity is Severity.WARNING
    assert torch_in(facts) == ["2.5.0"]


def test_an_ngc_images_own_torch_is_another_rules() -> None:
    facts = dockerfile("pip install torchvision==0.20.0", image="nvcr.io/nvidia/pytorch:24.05-py3")
    does_not_apply(RULE, facts)


@pytest.mark.parametrize(
    "commands",
    [
        ["pip install torch==2.3.1 torchvision==0.19.0"],
        ["pip install \\\n torchvision==0.19.0 \\\n torch==2.3.1"],
        ["pip install torchvision==0.19.0", "pip install torch==2.3.1"],  # pip warns and leaves the pair broken
        ["pip install torch==2.3.1", "pip install torchvision==0.19.0 --no-deps"],
    ],
)
def test_what_does_not_pair_in_the_end_is_an_error(commands: list[str]) -> None:
    assert fires(RULE, dockerfile(*commands)).severity is Severity.ERROR


# --- builds for different CUDA releases ---


@pytest.mark.parametrize(
    ("torch", "companion"),
    [
        (package("torch==2.6.0", index=f"{PYTORCH}cu124"), package("torchvision==0.21.0", index=f"{PYTORCH}cu124")),
        (package("torch==2.4.0"), package("torchvision==0.19.0", index=f"{PYTORCH}cu121")),  # PyPI's is for 12.1
        (package("torch==2.4.0+cu118"), package("torchvision==0.19.0+cu118")),
        (package("torch==2.4.0", extra=[f"{PYTORCH}cu118"]), package("torchvision==0.19.0", extra=[f"{PYTORCH}cu118"])),
        (package("torch==2.4.0+cu118"), package("torchvision==0.19.0", index="https://pypi.example/simple")),
    ],
)
def test_one_variant_or_not_known(torch: Package, companion: Package) -> None:
    silent(RULE, workload(PYTHON, pip=[torch, companion]))


def test_torchvision_of_another_cuda_major() -> None:
    pip = [package("torch==2.4.0", index=f"{PYTORCH}cu118"), package("torchvision==0.19.0")]
    finding = fires(RULE, workload(PYTHON, pip=pip))
    assert finding.severity is Severity.ERROR
    assert "torchvision is the build for CUDA 12.1, and torch the one for CUDA 11.8" in finding.message
    assert finding.remedy[0].endswith("--index-url https://download.pytorch.org/whl/cu118")


@pytest.mark.parametrize("folder", ["cpu", "cu126"])
def test_another_minor_or_the_cpu_is_a_warning(folder: str) -> None:
    torch = package("torch==2.6.0", index=f"{PYTORCH}cu124")
    finding = fires(RULE, workload(PYTHON, pip=[torch, package("torchvision==0.21.0", index=PYTORCH + folder)]))
    assert finding.severity is Severity.WARNING


def test_documents_and_what_is_not_pinned() -> None:
    unpinned = [package("torch", index=f"{PYTORCH}cu118"), package("torchvision", index=f"{PYTORCH}cu126")]
    assert fires(RULE, workload(PYTHON, pip=unpinned)).severity is Severity.ERROR
    does_not_apply(RULE, document(packages=[installed("torchvision", "0.21.0+cu126", cuda="12.6")]))
    silent(
        RULE, document(packages=[installed("torch", "2.6.0"), installed("torchvision", "0.21.0+cu126", cuda="12.6")])
    )


# --- xformers ---


def test_xformers_requires_one_torch_up_to_0_0_33() -> None:
    silent(RULE, workload(PYTHON, pip=["torch==2.4.0", "xformers==0.0.27.post2"]))
    finding = fires(RULE, workload(PYTHON, pip=["torch==2.4.0", "xformers==0.0.27"]))
    assert "xformers 0.0.27 requires torch==2.3.1, and torch 2.4.0 is installed" in finding.message
    assert finding.remedy == ("install xformers==0.0.27.post2",)
    does_not_apply(RULE, workload(PYTHON, pip=["torch==2.12.0", "xformers==0.0.35"]))


def test_an_older_xformers_brings_the_torch_that_it_pins() -> None:
    assert torch_in(workload(PYTHON, pip=["xformers==0.0.27"])) == ["2.3.1"]
    later = dockerfile("pip install torch==2.4.0", "pip install xformers==0.0.29.post3")
    assert torch_in(later) == ["2.6.0"]
    assert "torch 2.4.0 does not stay" in fires(RULE, later).message
