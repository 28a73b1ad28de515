"""RDMA, UCX and the limit on locked memory."""

from __future__ import annotations

from envdoctor.facts import unknown
from envdoctor.findings import Severity
from tests.rules.launches import launched
from tests.rules.vocabulary import CUDNN_12_4, document, does_not_apply, fires, installed, workload

RULE = "memlock-too-low"
TORCH = workload(CUDNN_12_4, pip=["torch==2.4.0"])
UCX = workload(CUDNN_12_4, pip=["torch==2.4.0"], apt=["libucx0"])
INFINIBAND = ["/dev/infiniband/uverbs0", "/dev/infiniband/rdma_cm"]


def test_limits_that_are_high_enough() -> None:
    does_not_apply(RULE, launched(UCX, devices=INFINIBAND, ulimits={"memlock": -1}))
    does_not_apply(RULE, launched(UCX, devices=INFINIBAND, ulimits={"memlock": 2**36}))
    does_not_apply(RULE, launched(UCX, devices=INFINIBAND, cap_add=["IPC_LOCK"]))
    does_not_apply(RULE, launched(UCX, devices=INFINIBAND, privileged=True))


def test_workloads_that_lock_nothing() -> None:
    does_not_apply(RULE, TORCH)
    does_not_apply(RULE, launched(TORCH, ulimits={"memlock": 65536}))
    does_not_apply(RULE, launched(UCX, gpus="all"))
    does_not_apply(RULE, launched(TORCH, env={"NCCL_IB_HCA": "mlx5_0"}))


def test_what_is_not_stated() -> None:
    does_not_apply(RULE, document(launch={"gpus": "all"}, packages=[installed("ucx")]))
    does_not_apply(RULE, launched(UCX, devices=INFINIBAND, ulimits=unknown("$LIMITS is known only at run time")))


def test_cards_and_a_low_limit() -> None:
    low = {"memlock": 8 * 2**20}
    found = fires(RULE, launched(TORCH, ulimits=low, devices=INFINIBAND))
    assert found.severity is Severity.WARNING
    assert "8 MiB" in found.message
    assert "memlock=-1" in found.remedy[0]
    mounted = launched(TORCH, ulimits=low, volumes=["/dev/infiniband:/dev/infiniband"])
    assert fires(RULE, mounted).severity is Severity.WARNING


def test_cards_and_the_limit_of_the_engine() -> None:
    found = fires(RULE, launched(TORCH, devices=INFINIBAND))
    assert (found.severity, "gives no memlock limit" in found.message) == (Severity.NOTE, True)


def test_software_that_may_use_cards() -> None:
    stated = document(launch={"ulimits": {"memlock": 8388608}}, packages=[installed("ucx")])
    assert fires(RULE, stated).severity is Severity.NOTE
    assert (
        "NCCL_IB_HCA" in fires(RULE, launched(TORCH, env={"NCCL_IB_HCA": "mlx5_0"}, ulimits={"memlock": 65536})).message
    )
    nccl = workload(CUDNN_12_4, pip=["torch==2.4.0"], uses=["torch", "nccl"])
    assert fires(RULE, launched(nccl, ulimits={"memlock": 65536})).severity is Severity.NOTE


def test_compose_is_told_its_own_key() -> None:
    assert fires(RULE, launched(TORCH, "compose", devices=INFINIBAND)).remedy[0].startswith("ulimits:")
