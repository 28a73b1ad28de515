"""The rules against environments reported from the field, by the thresholds this project set itself.

environments.json holds an expert's reading of public reports; `python -m tests.cases.score -v` prints every verdict.
"""

from __future__ import annotations

import pytest

from tests.cases.score import SCORED, Score, all_scores, table


@pytest.fixture(scope="module")
def scores() -> list[Score]:
    return all_scores()


def test_all_families_are_there(scores: list[Score]) -> None:
    assert {score.case[0] for score in scores} == set(SCORED)
    assert sum(score.decidable for score in scores) >= 70, table(scores)


def test_decidable_verdicts_are_right(scores: list[Score]) -> None:
    sure = [score for score in scores if score.decidable]
    right = sum(score.verdict == "right" for score in sure)
    assert right >= 0.95 * len(sure), table(scores)


def test_what_the_document_does_not_decide_is_unknown_rather_than_wrong(scores: list[Score]) -> None:
    wrong = [score.case for score in scores if score.verdict == "wrong" and not score.decidable]
    assert not wrong, table(scores)


def test_the_right_rule_fires(scores: list[Score]) -> None:
    expected = [score for score in scores if score.finding]
    right = sum(score.finding == "right" for score in expected)
    assert right >= 0.9 * len(expected), table(scores)


def test_no_false_alarm(scores: list[Score]) -> None:
    """On nothing that works although a naive check says no, and on no document that expects compatible."""
    assert not [score.case for score in scores if score.alarm], table(scores)


def test_no_rule_crashes_on_any_document() -> None:
    crashed = [
        (score.case, result.rule, result.reason)
        for score in all_scores()
        for result in score.diagnosis.results
        if result.outcome.value == "error"
    ]
    assert not crashed
