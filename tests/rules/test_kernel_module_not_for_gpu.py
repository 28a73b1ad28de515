"""Kernel modules, open or proprietary, that do not drive the host's GPU."""

from __future__ import annotations

import pytest

from envdoctor.facts import Facts
from envdoctor.findings import Severity
from tests.rules.vocabulary import CUDNN_12_4, document, does_not_apply, fires, on, silent, workload

RULE = "kernel-module-not-for-gpu"


def host(is_open: bool | None, *gpus: str, **more: object) -> Facts:
    driver = {"version": "580.95.05", "open_kernel_module": is_open}
    return document(host={"driver": driver, "gpus": [{"name": gpu} for gpu in gpus], **more})


@pytest.mark.parametrize("is_open", [True, False])
@pytest.mark.parametrize("gpu", ["Tesla T4", "NVIDIA A100-SXM4-80GB", "NVIDIA GeForce RTX 4090", "NVIDIA H100 PCIe"])
def test_turing_to_hopper_take_either(gpu: str, is_open: bool) -> None:
    silent(RULE, host(is_open, gpu))


def test_the_right_kind() -> None:
    silent(RULE, host(True, "NVIDIA GeForce RTX 5090", "NVIDIA B200"))
    silent(RULE, host(False, "Tesla V100-SXM2-16GB", "Quadro P1000"))


def test_hosts_of_which_nobody_states_it() -> None:
    does_not_apply(RULE, host(None, "NVIDIA GeForce RTX 5090"))
    does_not_apply(RULE, workload(CUDNN_12_4, host=on("580.95.05", ["RTX 5090"])))
    does_not_apply(RULE, document(host={"driver": {"open_kernel_module": False}}))
    does_not_apply(RULE, host(False, "NVIDIA RTX 9999 Prototype"))


def test_a_jetson_and_wsl_have_their_own() -> None:
    does_not_apply(RULE, host(False, "Jetson AGX Orin", l4t="36.4"))
    does_not_apply(RULE, host(False, "NVIDIA GeForce RTX 5090", wsl=2))


def test_blackwell_needs_the_open_ones() -> None:
    finding = fires(RULE, host(False, "NVIDIA GeForce RTX 5090"))
    assert finding.severity is Severity.ERROR
    assert "Blackwell" in finding.message
    assert "open kernel modules" in finding.remedy[0]
    fires(RULE, host(False, "NVIDIA GB10"))


def test_pascal_needs_the_proprietary_ones() -> None:
    finding = fires(RULE, host(True, "Tesla P100-PCIE-16GB", "Tesla T4"))
    assert "Pascal" in finding.message
    assert "proprietary" in finding.remedy[0]
