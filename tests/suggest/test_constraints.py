"""A conflict is minimal and real; a change that is named really helps."""

from __future__ import annotations

import pytest

from envdoctor.facts import Package
from envdoctor.suggest.answer import solve
from envdoctor.suggest.constraints import changes, conflict, constraints
from envdoctor.suggest.problem import FAMILIES, Problem
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
)


def _fits(chosen: list[object], asked: Problem) -> bool:
    made = asked._replace(hosts=(), wanted={}, carried=(), python=None, os=None, families=FAMILIES, parts=frozenset())
    for constraint in chosen:
        made = constraint.apply(made)  # type: ignore[attr-defined]
    search = Search(made, MATRIX)
    return bool(search.best(1)) if made.hosts else search.exists()


@pytest.mark.parametrize("asked", _IMPOSSIBLE, ids=range(len(_IMPOSSIBLE)))
def test_a_conflict_is_one_and_none_of_it_can_be_left_out(asked: Problem) -> None:
    assert solve(asked, MATRIX, 1).suggestions == ()
    found = list(conflict(asked, MATRIX))
    assert found
    assert not _fits(found, asked)
    for left_out in found:
        assert _fits([each for each in found if each is not left_out], asked), left_out.text


def test_every_constraint_is_named_once() -> None:
    asked = problem(
        BOTH, "name=a,driver=470.57.02,gpu=T4", "name=b,driver=470.57.02,gpu=T4", "name=c,driver=580.82.07,gpu=H100",
        python="3.10", os="ubuntu22.04", families=("cuda",), wanted={"torch": Package("torch", specifier=">=2")},
        carried=(Package("numpy", specifier="<2"),),
    )  # fmt: skip
    assert [each.text for each in constraints(asked, MATRIX)] == [
        "host a (T4, driver 470.57.02) and 1 like it", "host c (H100, driver 580.82.07)", "torch>=2", "numpy<2", "--python 3.10",
        "--os ubuntu22.04", "--family cuda", "onnxruntime-gpu is needed", "torch is needed",
    ]  # fmt: skip


def test_all_constraints_together_are_the_problem_again() -> None:
    asked = _IMPOSSIBLE[0]
    made = Problem((), frozenset())
    for constraint in constraints(asked, MATRIX):
        made = constraint.apply(made)
    assert made == asked


@pytest.mark.parametrize("asked", _IMPOSSIBLE, ids=range(len(_IMPOSSIBLE)))
def test_a_change_that_is_named_is_fitted_by_what_it_unlocks(asked: Problem) -> None:
    for change in changes(asked, MATRIX, ()):
        assert change.found
        assert change.found[0][1].tier is not None


def test_where_all_is_newest_no_change_is_named() -> None:
    asked = problem(TRAINING, "driver=610.43.02,gpu=H100")
    assert list(changes(asked, MATRIX, Search(asked, MATRIX).best(4))) == []


def test_a_still_newer_driver_is_named_only_if_it_unlocks_still_more() -> None:
    asked = problem(INFERENCE, "driver=470.57.02,gpu=T4", families=("cuda",))
    drivers = [change for change in changes(asked, MATRIX, Search(asked, MATRIX).best(4)) if "driver" in change.text]
    versions = [change.found[0][0].onnxruntime.version for change in drivers]  # type: ignore[union-attr]
    assert len(versions) == len(set(versions)) >= 1
