"""Rules about launches: their modules are imported when a launch is stated. Most checks have none, and the time counts."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import Any, cast

from envdoctor.facts import FactAbsent, Facts
from envdoctor.findings import Finding, Kind
from envdoctor.matrix import Matrix
from envdoctor.rules.rule import Rule


class _Deferred:
    """Has an id and a kind, which every report names; anything else the module is asked for."""

    def __init__(self, module: str, kind: Kind) -> None:
        self.module, self.kind = module, kind
        self.id = module.replace("_", "-")

    def check(self, facts: Facts, matrix: Matrix) -> Iterator[Finding]:
        if not facts.launch.stated:
            raise FactAbsent("how the container is started is not stated")
        return self.RULE.check(facts, matrix)

    def __getattr__(self, name: str) -> Any:
        self.RULE = cast("Rule", import_module(f"envdoctor.rules.{self.module}").RULE)
        return self.RULE if name == "RULE" else getattr(self.RULE, name)


def of_a_launch(module: str, kind: Kind = Kind.COMPATIBILITY) -> Rule:
    """The rule of a module that says nothing where no launch is stated."""
    return cast("Rule", _Deferred(module, kind))
