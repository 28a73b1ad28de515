"""A variable meant to switch the start gate off, misspelt or with a value that does not count."""

from __future__ import annotations

from collections.abc import Iterator

from envdoctor.facts import FactAbsent, Facts
from envdoctor.findings import Evidence, Finding, Kind, Severity
from envdoctor.matrix import Matrix
from envdoctor.rules.rule import Rule

_SOURCES = ("https://github.com/NVIDIA/nvidia-container-toolkit/issues/152",)
_COUNTS = frozenset({"1", "t", "T", "TRUE", "true", "True", "0", "f", "F", "FALSE", "false", "False"})


def check(facts: Facts, matrix: Matrix) -> Iterator[Finding]:
    found = False
    for source, env in (("image", facts.image.env), ("launch", facts.launch.env)):
        values = env.get() or {}
        for name in ("NVIDIA_DISABLE_REQUIRE", "NVIDIA_DISABLE_REQUIRES"):
            value = values.get(name)
            if value is None or (name == "NVIDIA_DISABLE_REQUIRE" and value in _COUNTS):
                found = found or value is not None
                continue
            found = True
            why = (
                "is not a variable that the container toolkit reads"
                if name.endswith("S")
                else f"is read with Go's ParseBool, where {value[:20]!r} does not count"
            )
            yield Finding(
                message=f"{name} {why}: the start gate stays on.",
                severity=Severity.WARNING,
                remedy=("write NVIDIA_DISABLE_REQUIRE=1",),
                at=env.origin,
                evidence=(Evidence(f"{source}.env.{name}", value[:40], str(env.origin)),),
                sources=_SOURCES,
            )
    if not found:
        raise FactAbsent("nothing tries to switch the start gate off")


RULE = Rule(
    id="disable-require-ignored",
    kind=Kind.HYGIENE,
    severity=Severity.WARNING,
    title="a variable meant to switch the start gate off has no effect",
    seen=("requirement error: unsatisfied condition: cuda>=12.4",),
    why="Only NVIDIA_DISABLE_REQUIRE counts, with 1, t, T, true, True or TRUE. The often copied NVIDIA_DISABLE_REQUIRES does nothing, nor do yes and on.",
    remedy=("write NVIDIA_DISABLE_REQUIRE=1",),
    sources=_SOURCES,
    check=check,
)
