"""Repositories with faults, most of them between the files: exactly what is wrong with them is reported, at its line.

Beside each lies expected.json, which holds what a reader of the files finds: [rule, "path:line", severity] on a host.
Warnings and errors are all there are; notes are those that have to be told, among others.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.repositories.checking import HERE, HOSTS, LOUD, Outcome, Told, checked, copied

NAMES = sorted(each.name for each in (HERE / "flawed").iterdir())


class Expected(NamedTuple):
    """`unknown` begin reasons for which some rule has to stay open."""

    host: str
    told: frozenset[Told]
    unknown: tuple[str, ...]

    @property
    def loud(self) -> set[Told]:
        return {each for each in self.told if each.severity in LOUD}


def _expected(name: str) -> Expected:
    read: dict[str, Any] = json.loads((HERE / "flawed" / name / "expected.json").read_text(encoding="utf-8"))
    told = frozenset(Told(*finding) for finding in read["findings"])
    return Expected(read["host"], told, tuple(read.get("unknown", ())))


@pytest.fixture
def outcome(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Outcome:
    """The repository that the test names, checked."""
    name: str = request.param
    (tmp_path / "tree").mkdir()
    copied(f"flawed/{name}", tmp_path / "tree")
    (tmp_path / "tree" / "expected.json").unlink()
    monkeypatch.chdir(tmp_path / "tree")
    return checked(".", host=HOSTS[_expected(name).host])


@pytest.mark.parametrize(("outcome", "name"), [(name, name) for name in NAMES], indirect=["outcome"], ids=NAMES)
def test_what_is_wrong_is_reported_and_nothing_else(outcome: Outcome, name: str) -> None:
    expected = _expected(name)
    assert outcome.loud - expected.loud == set(), "reported, and not in the list"
    assert expected.told - outcome.told == set(), "in the list, and not reported"
    assert outcome.code == int(any(each.severity == "error" for each in expected.told))
    assert outcome.report["errors"] == []
    reasons = [reason for each in outcome.undecided.values() for reason in each]
    assert [start for start in expected.unknown if not any(start in reason for reason in reasons)] == []


@pytest.mark.parametrize("name", NAMES)
def test_the_list_names_rules_and_lines_that_are_there(name: str) -> None:
    from envdoctor.rules import find

    for rule, place, _ in _expected(name).told:
        assert find(rule) is not None, rule
        path, _, line = place.partition(":")
        if line:
            lines = (HERE / "flawed" / name / path).read_text(encoding="utf-8").splitlines()
            assert lines[int(line) - 1].strip(), place
