"""DataLoader workers and NCCL in a container with the engine's default /dev/shm."""

from __future__ import annotations

import pytest

from envdoctor.facts import Facts, known, unknown
from envdoctor.findings import Severity
from tests.rules.launches import SCRIPT, launched
from tests.rules.vocabulary import CUDNN_12_4, document, does_not_apply, fires, installed, on, workload

RULE = "shared-memory-too-small"
MIB = 2**20
TORCH = workload(CUDNN_12_4, pip=["torch==2.4.0"])
WORKERS = workload(CUDNN_12_4, pip=["torch==2.4.0"], uses=["torch", "dataloader-workers"])
NCCL = workload(CUDNN_12_4, pip=["torch==2.4.0"], uses=["torch", "nccl"])
NGC = workload("nvcr.io/nvidia/pytorch:24.05-py3")


def with_gpus(facts: Facts, *names: str) -> Facts:
    return facts._replace(host=on("550.54.15", list(names)))


def test_enough_shared_memory() -> None:
    does_not_apply(RULE, launched(WORKERS, gpus="all", ipc="host"))
    does_not_apply(RULE, launched(WORKERS, gpus="all", shm_size=8 * 1024 * MIB))
    does_not_apply(RULE, launched(WORKERS, gpus="all", volumes=["/dev/shm:/dev/shm"]))
    does_not_apply(RULE, launched(WORKERS, gpus="all", tmpfs=["/dev/shm:size=8g"]))
    does_not_apply(RULE, launched(WORKERS, gpus="all", ipc="container:trainer"))
    does_not_apply(RULE, launched(WORKERS, "podman run", shm_size=0))
    does_not_apply(RULE, document(launch={"shm_size": "64g"}, uses=["torch", "dataloader-workers"]))
    does_not_apply(RULE, document(launch={"shm_size": "64m", "ipc": "host"}, uses=["torch", "dataloader-workers"]))


def test_what_is_not_stated_is_assumed_ordinary() -> None:
    does_not_apply(RULE, WORKERS)
    does_not_apply(RULE, document(launch={"gpus": "all"}, uses=["torch", "dataloader-workers"]))
    does_not_apply(RULE, launched(WORKERS, shm_size=unknown("--shm-size is given, but only the run knows its value")))
    does_not_apply(RULE, launched(WORKERS, ipc=unknown("--ipc is given, but only the run knows its value")))


def test_workloads_that_need_none() -> None:
    does_not_apply(RULE, launched(TORCH, gpus="all", command=("python", "serve.py")))
    does_not_apply(RULE, launched(TORCH, gpus="all", command=("python", "/srv/constraints.py", "--trained")))
    does_not_apply(RULE, launched(NGC, gpus="all", command=("nvcc", "--version")))
    does_not_apply(RULE, launched(with_gpus(NCCL, "RTX 4090"), gpus="all"))
    does_not_apply(RULE, launched(NCCL, gpus="device=0"))
    does_not_apply(RULE, launched(TORCH, gpus="all", command=("vllm", "serve", "m", "--tensor-parallel-size", "1")))


def test_workers_with_the_default() -> None:
    found = fires(RULE, launched(WORKERS, gpus="all"))
    assert found.severity is Severity.WARNING
    assert "64 MB" in found.message
    assert "--shm-size" in found.remedy[0]
    assert found.at == SCRIPT


@pytest.mark.parametrize("ipc", ["private", "shareable"])
def test_other_ipc_modes_have_a_size_of_their_own(ipc: str) -> None:
    assert fires(RULE, launched(WORKERS, ipc=ipc)).severity is Severity.WARNING


def test_workers_with_a_stated_size() -> None:
    stated = document(launch={"shm_size": "64m"}, uses=["torch", "dataloader-workers"])
    assert fires(RULE, stated).severity is Severity.WARNING
    small = fires(RULE, launched(WORKERS, shm_size=256 * MIB))
    assert (small.severity, "256 MB" in small.message) == (Severity.NOTE, True)


def test_workers_that_the_command_names() -> None:
    facts = launched(TORCH, gpus="all", command=("python", "train.py", "--num-workers", "8"))
    facts = facts._replace(uses=known(frozenset({"torch", "dataloader-workers"}), SCRIPT))
    assert fires(RULE, facts).severity is Severity.WARNING


def test_nccl_over_several_gpus() -> None:
    assert fires(RULE, launched(with_gpus(NCCL, "RTX 4090", "RTX 4090"), gpus="all")).severity is Severity.WARNING
    assert fires(RULE, launched(NCCL, gpus="2")).severity is Severity.WARNING
    assert fires(RULE, launched(NCCL, gpus="device=0,3")).severity is Severity.WARNING
    serving = launched(TORCH, gpus="all", command=("vllm", "serve", "m", "--tensor-parallel-size=4"))
    assert "NCCL" in fires(RULE, serving).message


def test_nccl_by_a_variable_alone_is_a_note() -> None:
    facts = launched(TORCH, gpus="all", env={"NCCL_DEBUG": "INFO"})
    facts = facts._replace(uses=known(frozenset({"torch", "nccl"}), SCRIPT), uses_stated=False)
    assert fires(RULE, facts).severity is Severity.NOTE


@pytest.mark.parametrize(
    "command",
    [("python", "train.py"), ("python3", "tools/train_net.py"), ("bash", "-c", "cd /code && python finetune_lora.py"),
     ("yolo", "detect", "train", "data=coco.yaml")],
)  # fmt: skip
def test_training_commands_are_a_note(command: tuple[str, ...]) -> None:
    assert fires(RULE, launched(TORCH, gpus="all", command=command)).severity is Severity.NOTE


def test_ngc_says_so_itself() -> None:
    found = fires(RULE, launched(NGC, gpus="all"))
    assert (found.severity, "SHMEM" in found.message) == (Severity.NOTE, True)


def test_remedies_are_those_of_the_engine() -> None:
    assert "shm_size" in fires(RULE, launched(WORKERS, "compose")).remedy[0]
    pod = document(
        host={"gpus": [{"name": "T4"}, {"index": 1, "name": "T4"}], "engine": {"name": "kubernetes"}},
        launch={"shm_size": "64m"},
        packages=[installed("torch", "2.4.0")],
        uses=["nccl"],
    )
    assert "emptyDir" in fires(RULE, pod).remedy[0]
