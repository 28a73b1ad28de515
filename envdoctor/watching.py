"""Which parts of the facts a rule looked at: what it found without looking at the host holds on every host."""

from __future__ import annotations

from typing import ClassVar

from envdoctor.doctor import ask
from envdoctor.facts import Fact, Facts, Host, Image, Packages
from envdoctor.findings import RuleResult
from envdoctor.matrix import Matrix
from envdoctor.rules.rule import Rule


class Watched(Facts):
    """Facts that count how often anybody looks at each of their parts, in copies too."""

    looks: ClassVar[dict[str, int]] = {"host": 0, "image": 0, "packages": 0}

    @property
    def host(self) -> Host:
        Watched.looks["host"] += 1
        return self[1]

    @property
    def image(self) -> Image:
        Watched.looks["image"] += 1
        return self[2]

    @property
    def packages(self) -> Fact[Packages]:
        Watched.looks["packages"] += 1
        return self[3]

    @property
    def uses(self) -> Fact[frozenset[str]]:  # they follow from the packages
        Watched.looks["packages"] += 1
        return self[6]


def watch(rule: Rule, facts: Watched, matrix: Matrix) -> tuple[RuleResult, frozenset[str]]:
    """The rule's result, and which parts it looked at."""
    before = dict(Watched.looks)
    result = ask(rule, facts, matrix)
    return result, frozenset(part for part, count in Watched.looks.items() if count != before[part])
