"""CUDA_VISIBLE_DEVICES with which CUDA sees no device."""

from __future__ import annotations

import pytest

from envdoctor.findings import Severity
from tests.rules.launches import launched
from tests.rules.vocabulary import CUDNN_12_4, PYTHON, document, does_not_apply, fires, on, silent, workload

RULE = "cuda-visible-devices-hides-gpu"
TORCH = workload(CUDNN_12_4, pip=["torch==2.4.0"])


@pytest.mark.parametrize(
    "value", ["0", "0,1", "0, 1", "GPU-8f1d1e3c", "MIG-GPU-5b1c/1/0", "MIG-41b3359c-e721", "0,all", '"0"']
)
def test_lists_of_devices(value: str) -> None:
    silent(RULE, launched(TORCH, gpus="all", env={"CUDA_VISIBLE_DEVICES": value}))


def test_what_is_not_stated_or_depends_on_the_run() -> None:
    does_not_apply(RULE, TORCH)
    does_not_apply(RULE, launched(TORCH, gpus="all"))
    does_not_apply(RULE, launched(TORCH, passed=frozenset({"CUDA_VISIBLE_DEVICES"})))
    does_not_apply(RULE, launched(TORCH, env={"CUDA_VISIBLE_DEVICES": "${GPU}"}))


def test_a_service_that_is_meant_for_the_cpu() -> None:
    does_not_apply(RULE, launched(TORCH, env={"CUDA_VISIBLE_DEVICES": ""}))
    does_not_apply(RULE, launched(TORCH, env={"CUDA_VISIBLE_DEVICES": "-1"}))
    does_not_apply(RULE, launched(workload(PYTHON), env={"CUDA_VISIBLE_DEVICES": "none"}))


def test_a_word_of_another_variable() -> None:
    finding = fires(RULE, launched(TORCH, gpus="all", env={"CUDA_VISIBLE_DEVICES": "all"}))
    assert finding.severity is Severity.ERROR
    assert "'all' is no index and no UUID" in finding.message


def test_in_a_dockerfile() -> None:
    facts = workload(CUDNN_12_4, pip=["torch==2.4.0"], env={"CUDA_VISIBLE_DEVICES": "all"})
    assert fires(RULE, facts).severity is Severity.ERROR
    off = workload(CUDNN_12_4, pip=["torch==2.4.0"], env={"CUDA_VISIBLE_DEVICES": "-1"})
    assert fires(RULE, off).severity is Severity.WARNING


def test_switched_off_although_the_launch_asks_for_a_gpu() -> None:
    finding = fires(RULE, launched(TORCH, gpus="all", env={"CUDA_VISIBLE_DEVICES": ""}))
    assert finding.severity is Severity.ERROR
    assert "the launch asks for one (--gpus all)" in finding.message


def test_indices_are_the_containers() -> None:
    """--gpus device=1 gives one GPU, which is number 0 inside."""
    finding = fires(RULE, launched(TORCH, gpus="device=1", env={"CUDA_VISIBLE_DEVICES": "1"}))
    assert "is given 1 GPU, which CUDA numbers from 0" in finding.message
    silent(RULE, launched(TORCH, gpus="device=2,3", env={"CUDA_VISIBLE_DEVICES": "1"}))
    fires(RULE, launched(TORCH, devices=["nvidia.com/gpu=3"], env={"CUDA_VISIBLE_DEVICES": "3"}))
    silent(RULE, launched(TORCH, devices=["nvidia.com/gpu=all"], env={"CUDA_VISIBLE_DEVICES": "3"}))
    by_runtime = {"CUDA_VISIBLE_DEVICES": "2", "NVIDIA_VISIBLE_DEVICES": "2"}
    fires(RULE, launched(TORCH, runtime="nvidia", env=by_runtime))


def test_more_than_the_host_has() -> None:
    one = workload(CUDNN_12_4, pip=["torch==2.4.0"], host=on("550.54.15", ["T4"]))
    found = fires(RULE, launched(one, gpus="all", env={"CUDA_VISIBLE_DEVICES": "1"}))
    assert found.severity is Severity.WARNING  # "--gpu T4" may stand for a machine with several
    counted = one._replace(host=document(host={"gpus": [{"name": "T4"}]}).host)
    assert fires(RULE, launched(counted, gpus="all", env={"CUDA_VISIBLE_DEVICES": "1"})).severity is Severity.ERROR
    assert fires(RULE, launched(one, gpus="1", env={"CUDA_VISIBLE_DEVICES": "1"})).severity is Severity.ERROR
    two = workload(CUDNN_12_4, pip=["torch==2.4.0"], host=on("550.54.15", ["T4", "T4"]))
    silent(RULE, launched(two, gpus="all", env={"CUDA_VISIBLE_DEVICES": "1"}))
    silent(RULE, launched(TORCH, gpus="all", env={"CUDA_VISIBLE_DEVICES": "7"}))


def test_an_image_of_unknown_making_gets_a_warning() -> None:
    env = {"CUDA_VISIBLE_DEVICES": "all"}
    assert fires(RULE, launched(workload("our_base:1"), env=env)).severity is Severity.WARNING
    asked = document(image={"reference": "our_base:1"}, launch={"gpus": "all", "env": env})
    assert fires(RULE, asked).severity is Severity.ERROR
