"""CPUs that the host does not have."""

from __future__ import annotations

import pytest

from envdoctor.facts import Facts, Host, Origin, known, unknown
from envdoctor.findings import Severity
from tests.rules.launches import SCRIPT, launched
from tests.rules.vocabulary import CUDNN_12_4, document, does_not_apply, fires, silent, workload

RULE = "cpuset-beyond-host"


def bound(cpus: str, present: int, how: str = "docker run") -> Facts:
    host = Host(name="node", stated=True, cpus=known(present, Origin("hosts/node.json")))
    return launched(workload(CUDNN_12_4, host=host), how, cpuset_cpus=cpus)


@pytest.mark.parametrize("cpus", ["0-31", "0", "31", "0-7,16-23", " 0, 2 ,4", "0-3,\t8"])
def test_cpus_that_are_there(cpus: str) -> None:
    silent(RULE, bound(cpus, 32))


def test_what_is_not_stated() -> None:
    does_not_apply(RULE, workload(CUDNN_12_4))
    does_not_apply(RULE, launched(workload(CUDNN_12_4), cpuset_cpus="0-31"))
    does_not_apply(RULE, document(host={"cpus": 8}, launch={"gpus": "all"}))
    does_not_apply(RULE, document(host={"driver": {"version": "550.54.15"}}, launch={"cpuset_cpus": "0-31"}))
    facts = bound("0", 8)
    does_not_apply(RULE, launched(facts, cpuset_cpus=unknown("$CPUS is known only at run time")))


@pytest.mark.parametrize("cpus", ["", "$CPUS", "0-$N", "all", "0-3:2", "-1", "9" * 40])
def test_what_is_no_list_of_cpus(cpus: str) -> None:
    does_not_apply(RULE, bound(cpus, 8))


@pytest.mark.parametrize(("cpus", "present"), [("0-31", 8), ("8", 8), ("0,2,4-9", 8), ("1", 1)])
def test_cpus_that_are_not(cpus: str, present: int) -> None:
    found = fires(RULE, bound(cpus, present))
    assert found.severity is Severity.ERROR
    assert f"has {present} " in found.message
    assert found.at == SCRIPT


def test_the_words_are_those_of_the_engine() -> None:
    assert "--cpuset-cpus=0-7" in fires(RULE, bound("0-31", 8)).remedy[0]
    assert "cpuset: '0'" in fires(RULE, bound("0-31", 1, "compose")).remedy[0]
    stated = document(host={"cpus": 16}, launch={"cpuset_cpus": "0-31"})
    assert "(0-15)" in fires(RULE, stated).message
