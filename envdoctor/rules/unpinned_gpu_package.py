"""onnxruntime-gpu or torch without an exact version: its CUDA changes with the day of the build."""

from __future__ import annotations

from collections.abc import Iterator

from envdoctor.facts import FactAbsent, Facts, Package
from envdoctor.findings import Finding, Kind, Severity
from envdoctor.judging import builds, fitting
from envdoctor.judging.evidence import of_package
from envdoctor.matrix import Matrix
from envdoctor.matrix.rows import OrtRow, TorchRow
from envdoctor.rules.rule import Rule

_SOURCES = ("https://onnxruntime.ai/docs/install/", "https://pytorch.org/get-started/previous-versions/")
_NAMES = ("onnxruntime-gpu", "torch")


def check(facts: Facts, matrix: Matrix) -> Iterator[Finding]:
    declared = [
        item for item in facts.packages.need().named(*_NAMES) if not item.installed and item.manager in ("pip", "uv")
    ]
    if not declared:
        raise FactAbsent("neither onnxruntime-gpu nor torch is installed by pip here")
    for package in declared:
        if package.version is None and not _cuda_is_fixed(package):
            yield _finding(package, facts, matrix)


def _cuda_is_fixed(package: Package) -> bool:
    """…/whl/cu124 as the only index holds builds for CUDA 12.4 and no others, …/whl/cpu none for a GPU."""
    return builds.variant(package) is not None and not package.extra_indexes


def _finding(package: Package, facts: Facts, matrix: Matrix) -> Finding:
    today, pin = _today(package, facts, matrix)
    now = f" A build on the day of this matrix installs {today}." if today else ""
    return Finding(
        message=f"{package.name} is not pinned to one version, and releases change their CUDA major: the next build can need another driver or base image.{now}",
        severity=Severity.WARNING,
        remedy=(pin,),
        at=package.origin,
        evidence=(of_package(package),),
        sources=_SOURCES,
    )


def _today(package: Package, facts: Facts, matrix: Matrix) -> tuple[str, str]:
    """What is installed today, and the pin: today's version if it runs here, else one that does."""
    rows: tuple[TorchRow | OrtRow, ...]
    if package.name == "torch":
        rows, fitting_pin = builds.torch_builds(package, facts, matrix), fitting.torch_pin(facts, matrix)
    else:
        rows, fitting_pin = builds.onnxruntime_builds(package, facts, matrix), fitting.onnxruntime_pin(facts, matrix)
    if not rows:
        return "", f"pin it: {package.name}==VERSION"
    row = rows[0]
    today = f"{row.version} (CUDA {row.cuda})"
    if fitting_pin and not fitting.driver_runs(facts, row.cuda or "", matrix):
        return today, fitting_pin
    return today, f"pin it: {package.name}=={row.version}"


RULE = Rule(
    id="unpinned-gpu-package",
    kind=Kind.HYGIENE,
    severity=Severity.WARNING,
    title="torch or onnxruntime-gpu is installed without an exact version",
    seen=(),
    why=(
        "onnxruntime-gpu from PyPI moved from CUDA 11 to 12 with 1.19 and to 13 with 1.27; torch moved to CUDA 13 with 2.11. An unpinned install takes the newest that has"
        " a wheel for the image's Python, so the same Dockerfile needs another driver after a rebuild."
    ),
    remedy=("pin the exact version, as name==version",),
    sources=_SOURCES,
    check=check,
)
