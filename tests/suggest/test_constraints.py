"""A conflict is minimal and real; a change that is named really helps."""

from __future__ import annotations

import pytest

from envdoctor.facts import Package
from envdoctor.suggest.answer import solve
from envdoctor.suggest.constraints import Constraint, changes, conflict, constraints, freed
from envdoctor.suggest.judge import Memory
from envdoctor.suggest.problem import Problem
from envdoctor.suggest.search import Search
from tests.rules.vocabulary import MATRIX
from tests.suggest.ask import BOTH, INFERENCE, TRAINING, problem

_IMPOSSIBLE = (
    problem(BOTH, "name=a,driver=470.57.02,gpu=T4", "name=b,driver=570.133.07,gpu=RTX 5090", python="3.10"),
    problem(TRAINING, "driver=470.57.02,gpu=T4", wanted={"torch": Package("torch", specifier=">=2.9")}),
    problem(TRAINING, "driver=580.82.07,gpu=K80", "driver=580.82.07,gpu=H100"),
    problem(
        INFERENCE,
        "driver=580.82.07,gpu=H100",
        os="ubuntu18.04",
        wanted={"onnxruntime-gpu": Package("onnxruntime-gpu", "1.31.1")},
    ),
    problem(TRAINING, "driver=535.104.05,gpu=T4", families=("ngc",), python="3.14"),
    problem(
        TRAINING,
        "driver=580.82.07,gpu=L4",
        wanted={
            "torch": Package("torch", "2.4.0", "==2.4.0"),
            "torchvision": Package("torchvision", "0.20.0", "==0.20.0"),
        },
    ),
    problem(INFERENCE, "driver=580.82.07,gpu=L4", carried=(Package("onnxruntime"),)),
)


def _fits(chosen: list[Constraint], asked: Problem) -> bool:
    made = freed(asked)
    for constraint in chosen:
        made = constraint.apply(made)
    return bool(Search(made, MATRIX).best(1))


@pytest.mark.parametrize("asked", _IMPOSSIBLE, ids=range(len(_IMPOSSIBLE)))
def test_a_conflict_is_one_and_none_of_it_can_be_left_out(asked: Problem) -> None:
    assert solve(asked, MATRIX, 1).suggestions == ()
    found = list(conflict(asked, MATRIX, Memory()))
    assert found
    assert not _fits(found, asked)
    for left_out in found:
        assert _fits([each for each in found if each is not left_out], asked), left_out.text


def test_a_host_that_has_no_part_in_a_conflict_is_not_blamed() -> None:
    pair, both = _IMPOSSIBLE[5], _IMPOSSIBLE[6]
    assert {each.text for each in conflict(pair, MATRIX, Memory())} == {"torch==2.4.0", "torchvision==0.20.0"}
    assert {each.text for each in conflict(both, MATRIX, Memory())} == {"onnxruntime", "onnxruntime-gpu is needed"}


def test_the_least_driver_is_named() -> None:
    """The start gate of 12.4 images asks for R550; nothing asks for R580."""
    asked = problem(INFERENCE, "driver=535.104.05,gpu=RTX 3090", "driver=535.104.05,gpu=H100", families=("cuda",))
    drivers = [
        each.text for each in changes(asked, MATRIX, Search(asked, MATRIX).best(4), Memory()) if "driver" in each.text
    ]
    assert drivers[0].startswith("with driver 550.54.14 or newer")


def test_every_constraint_is_named_once() -> None:
    asked = problem(
        BOTH, "name=a,driver=470.57.02,gpu=T4", "name=b,driver=470.57.02,gpu=T4", "name=c,driver=580.82.07,gpu=H100",
        python="3.10", os="ubuntu22.04", families=("cuda",), wanted={"torch": Package("torch", specifier=">=2")},
        carried=(Package("numpy", specifier="<2"),),
    )  # fmt: skip
    assert [each.text for each in constraints(asked, MATRIX)] == [
        "host a (T4, driver 470.57.02) and 1 like it", "host c (H100, driver 580.82.07)", "torch>=2", "numpy<2", "--python 3.10",
        "--os ubuntu22.04", "--family cuda", "onnxruntime-gpu is needed",
    ]  # fmt: skip


def test_all_constraints_together_are_the_problem_again() -> None:
    asked = _IMPOSSIBLE[0]
    made = Problem((), frozenset())
    for constraint in constraints(asked, MATRIX):
        made = constraint.apply(made)
    assert made == asked


@pytest.mark.parametrize("asked", _IMPOSSIBLE, ids=range(len(_IMPOSSIBLE)))
def test_a_change_that_is_named_is_fitted_by_what_it_unlocks(asked: Problem) -> None:
    for change in changes(asked, MATRIX, (), Memory()):
        assert change.found
        assert change.found[0][1].tier is not None


def test_where_all_is_newest_no_change_is_named() -> None:
    asked = problem(TRAINING, "driver=610.43.02,gpu=H100")
    assert list(changes(asked, MATRIX, Search(asked, MATRIX).best(4), Memory())) == []


def test_a_still_newer_driver_is_named_only_if_it_unlocks_still_more() -> None:
    asked = problem(INFERENCE, "driver=470.57.02,gpu=T4", families=("cuda",))
    drivers = [
        change for change in changes(asked, MATRIX, Search(asked, MATRIX).best(4), Memory()) if "driver" in change.text
    ]
    versions = [change.found[0][0].onnxruntime.version for change in drivers]  # type: ignore[union-attr]
    assert len(versions) == len(set(versions)) >= 1
