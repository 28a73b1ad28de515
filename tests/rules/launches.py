"""Launches as scripts and compose files declare them: what is not given is known not to be given."""

from __future__ import annotations

from typing import Any

from envdoctor.facts import Fact, Facts, Launch, Origin, absent, known

SCRIPT = Origin("run.sh:4", "run.sh", 4)
_OPTIONS = tuple(name for name, value in Launch()._asdict().items() if isinstance(value, Fact))


def launched(facts: Facts, how: str = "docker run", **options: Any) -> Facts:
    """The facts with a launch that gives these options and no others: gpus="all", env={…}, devices=[…]."""
    parts: dict[str, Any] = {name: absent(f"{name} is not given", SCRIPT) for name in _OPTIONS}
    for name, value in options.items():
        if name in _OPTIONS and not isinstance(value, Fact):
            parts[name] = known(tuple(value) if isinstance(value, list) else value, SCRIPT)
        else:
            parts[name] = value
    return facts._replace(launch=Launch(stated=True, how=how, origin=SCRIPT, **parts))
