"""--shm-size beside --ipc=host."""

from __future__ import annotations

from envdoctor.facts import Fact, unknown
from envdoctor.findings import Severity
from tests.rules.launches import launched
from tests.rules.vocabulary import CUDNN_12_4, document, does_not_apply, fires, workload

RULE = "shm-size-ignored"
TORCH = workload(CUDNN_12_4, pip=["torch==2.4.0"])
GIB = 2**30


def test_one_of_the_two() -> None:
    does_not_apply(RULE, TORCH)
    does_not_apply(RULE, launched(TORCH, ipc="host"))
    does_not_apply(RULE, launched(TORCH, shm_size=8 * GIB))
    does_not_apply(RULE, launched(TORCH, ipc="private", shm_size=8 * GIB))
    does_not_apply(RULE, launched(TORCH, ipc="host", shm_size=unknown('"$ARGS" may hold further options')))


def test_a_document_tells_the_size_that_is_there() -> None:
    does_not_apply(RULE, document(launch={"ipc": "host", "shm_size": "64g"}))


def test_docker_takes_the_hosts() -> None:
    found = fires(RULE, launched(TORCH, ipc="host", shm_size=64 * GIB))
    assert (found.severity, "does nothing" in found.message) == (Severity.NOTE, True)
    assert fires(RULE, launched(TORCH, "compose", ipc="host", shm_size=GIB)).severity is Severity.NOTE


def test_a_size_that_only_the_run_knows() -> None:
    size: Fact[int] = unknown("--shm-size is given, but its value '$SHM' is known only at run time")
    assert fires(RULE, launched(TORCH, ipc="host", shm_size=size)).severity is Severity.NOTE


def test_podman_refuses_the_pair() -> None:
    found = fires(RULE, launched(TORCH, "podman run", ipc="host", shm_size=8 * GIB))
    assert (found.severity, "Podman refuses" in found.message) == (Severity.ERROR, True)
