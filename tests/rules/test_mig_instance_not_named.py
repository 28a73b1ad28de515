"""GPUs that MIG divides, and launches that name no instance."""

from __future__ import annotations

import pytest

from envdoctor.facts import Facts
from envdoctor.findings import Severity
from tests.rules.launches import launched
from tests.rules.vocabulary import CUDNN_12_4, PYTHON, document, does_not_apply, fires, on, silent, undecided, workload

RULE = "mig-instance-not-named"


def on_mig(image: str = CUDNN_12_4, mig: bool | None = True) -> Facts:
    gpus = [{"name": "NVIDIA A100-SXM4-80GB", "mig": mig}]
    return workload(image)._replace(host=document(host={"driver": {"version": "550.54.15"}, "gpus": gpus}).host)


def test_gpus_that_are_whole() -> None:
    does_not_apply(RULE, workload(CUDNN_12_4, host=on("550.54.15", ["A100"])))
    does_not_apply(RULE, on_mig(mig=False))
    does_not_apply(RULE, on_mig(mig=None))


@pytest.mark.parametrize("gpus", ["device=0:0", "device=MIG-41b3359c-e721-56e5-8009-12e5797ed514"])
def test_an_instance_is_named(gpus: str) -> None:
    silent(RULE, launched(on_mig(), gpus=gpus))


def test_by_a_variable_or_a_cdi_device() -> None:
    silent(RULE, launched(on_mig(), gpus="all", env={"CUDA_VISIBLE_DEVICES": "MIG-41b3359c-e721"}))
    silent(RULE, launched(on_mig(), runtime="nvidia", env={"NVIDIA_VISIBLE_DEVICES": "0:1"}))
    silent(RULE, launched(on_mig(), devices=["nvidia.com/gpu=0:1"]))
    does_not_apply(RULE, launched(on_mig(), passed=frozenset({"CUDA_VISIBLE_DEVICES"})))


def test_a_workload_without_cuda() -> None:
    does_not_apply(RULE, on_mig(PYTHON))


def test_none_is_named() -> None:
    finding = fires(RULE, launched(on_mig(), gpus="all", devices=["/dev/video0:/dev/video0"]))
    assert finding.severity is Severity.WARNING
    assert "CUDA_VISIBLE_DEVICES" in finding.message
    assert fires(RULE, on_mig()).severity is Severity.NOTE


def test_an_image_of_unknown_making_is_open() -> None:
    assert "--image-alias" in undecided(RULE, on_mig("our_base:1"))
