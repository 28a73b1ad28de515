"""The host's driver branch is past its end of life."""

from __future__ import annotations

from collections.abc import Iterator

from envdoctor.facts import Facts, FactUnknown
from envdoctor.findings import Finding, Kind, Severity
from envdoctor.judging import nearest_known
from envdoctor.judging.evidence import of, of_row
from envdoctor.judging.jetson import not_by_driver_number
from envdoctor.matrix import Matrix
from envdoctor.rules.rule import Rule

_SOURCES = ("https://docs.nvidia.com/datacenter/tesla/drivers/supported-drivers-and-cuda-toolkit-versions.html",)


def check(facts: Facts, matrix: Matrix) -> Iterator[Finding]:
    not_by_driver_number(facts.host)
    driver = facts.host.driver.need()
    row = matrix.branch(driver, windows=facts.host.is_windows)
    if row is None or row.supported is None:
        near = nearest_known.driver(driver, matrix) if row is None else ""
        raise FactUnknown(f"the matrix does not know whether driver {driver} is still supported{near}")
    if row.supported:
        return
    since = f" since {row.end_of_life}" if row.end_of_life else ""
    living = [str(f"R{branch.branch}") for branch in matrix.branches() if branch.supported]
    yield Finding(
        message=f"Driver branch R{row.branch} is past its end of life{since}: no more security fixes, and forward compatibility drops it.",
        severity=Severity.NOTE,
        remedy=(f"plan the move to a supported branch ({', '.join(living)})",),
        verify="nvidia-smi --query-gpu=driver_version --format=csv,noheader",
        at=facts.host.driver.origin,
        evidence=(
            of("host.driver.version", facts.host.driver),
            of_row("branches", f"R{row.branch}", row.end_of_life or "not supported"),
        ),
        sources=row.source or _SOURCES,
    )


RULE = Rule(
    id="driver-end-of-life",
    kind=Kind.HYGIENE,
    severity=Severity.NOTE,
    title="the driver branch is past its end of life",
    seen=(),
    why="NVIDIA supports production branches for a year and long-term branches for three. Past that there are no fixes, and new cuda-compat packages stop supporting the branch.",
    remedy=("move to a supported branch when you can",),
    sources=_SOURCES,
    check=check,
)
