"""What was seen inside a running container: CUDA starts there, or not."""

from __future__ import annotations

from typing import Any

import pytest

from envdoctor.facts import Facts
from tests.rules.vocabulary import (
    CUDNN_12_4,
    document,
    does_not_apply,
    fires,
    installed,
    on,
    silent,
    undecided,
    workload,
)

RULE = "cuda-does-not-start"
WORKS: dict[str, Any] = {"library": "/usr/lib/x86_64-linux-gnu/libcuda.so.535.104.05", "cuInit": 0}


def container(package: str = "torch", **observed: object) -> Facts:
    return document(
        host={"driver": {"version": "535.104.05"}, "gpus": [{"name": "Tesla T4"}]},
        image={"env": {}, "cuda": False},
        packages=[installed(package, "2.4.0")],
        observed={"container": True, **observed},
    )


def test_cuda_that_starts_is_fine() -> None:
    silent(RULE, container(cuda=WORKS, cgroup={"nvidia_devices": True}))


def test_what_was_not_seen_in_a_container_says_nothing() -> None:
    does_not_apply(RULE, workload(CUDNN_12_4, host=on("535.104.05", ["T4"])))
    does_not_apply(RULE, container())
    does_not_apply(RULE, container(cuda=None))
    does_not_apply(RULE, container(cuda={"library": "/usr/lib/libcuda.so.1", "cuInit": None}))
    does_not_apply(
        RULE, document(host={"driver": {"version": "535"}}, image={"env": {}}, observed={"cuda": {"cuInit": 999}})
    )


def test_another_host_is_another_question() -> None:
    facts = container(cuda={**WORKS, "cuInit": 999})
    does_not_apply(RULE, facts._replace(host=on("550.54.14", ["T4"])))


def test_an_image_for_the_cpu_needs_no_cuda() -> None:
    facts = container("numpy", cuda={"library": False, "error": "libcuda.so.1: cannot open shared object file"})
    does_not_apply(RULE, facts)


def test_a_cgroup_that_allows_nothing_is_no_loss_where_no_gpu_was_given() -> None:
    facts = container(cuda=WORKS, cgroup={"nvidia_devices": False})
    silent(RULE, facts._replace(host=facts.host._replace(gpus=document(host={"gpus": []}).host.gpus)))


def test_after_a_daemon_reload() -> None:
    finding = fires(RULE, container(cgroup={"nvidia_devices": False}))
    assert "daemon-reload" in finding.message
    assert "start the container anew" in finding.remedy[0]


def test_without_the_drivers_library() -> None:
    finding = fires(RULE, container(cuda={"library": False, "error": "libcuda.so.1: cannot open shared object file"}))
    assert "libcuda.so.1: cannot open" in finding.message
    assert finding.remedy[0] == "start it with --gpus all"


@pytest.mark.parametrize(
    ("code", "remedy"),
    [
        (100, "--gpus all"),
        (802, "fabricmanager"),
        (803, "reboot"),
        (804, "LD_LIBRARY_PATH"),
        (999, "anew"),
        (46, "dmesg"),
    ],
)
def test_results_of_cuinit(code: int, remedy: str) -> None:
    finding = fires(RULE, container(cuda={**WORKS, "cuInit": code}))
    assert f"error {code}" in finding.message
    assert remedy in finding.remedy[0]


def test_an_image_of_unknown_content_is_undecided() -> None:
    facts = document(
        host={"driver": {"version": "535.104.05"}, "gpus": [{"name": "Tesla T4"}]},
        image={"env": {}, "reference": "our_base:1"},
        observed={"container": True, "cuda": {**WORKS, "cuInit": 999}},
    )
    assert undecided(RULE, facts)
