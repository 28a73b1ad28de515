"""The Jetson's L4T release runs no CUDA as new as the image's."""

from __future__ import annotations

from collections.abc import Iterator

from envdoctor.facts import FactAbsent, Facts, FactUnknown
from envdoctor.findings import Finding, Kind, Severity
from envdoctor.judging.components import cuda_components
from envdoctor.judging.each import each
from envdoctor.judging.evidence import of
from envdoctor.matrix import Matrix
from envdoctor.rules.rule import Rule
from envdoctor.versions import at_least, major

_SOURCES = ("https://docs.nvidia.com/deploy/cuda-compatibility/forward-compatibility.html", "https://developer.nvidia.com/embedded/jetpack-archive")


def check(facts: Facts, matrix: Matrix) -> Iterator[Finding]:
    if not facts.host.l4t.is_known:
        raise FactAbsent("the host is not a Jetson")
    release = facts.host.l4t.need()
    row = matrix.l4t(release)
    if row is None:
        raise FactUnknown(f"the matrix does not know L4T {release}")
    newest = row.cuda_by_compat or row.cuda
    components = [component for component in cuda_components(facts, matrix) if component.cudas]
    yield from each(components, lambda component: _judge(component.label, component.cudas, row.cuda, newest, row.source, facts))


def _judge(label: str, cudas: tuple[str, ...], native: str, newest: str, source: tuple[str, ...], facts: Facts) -> Iterator[Finding]:
    above = {_above(cuda, native, newest) for cuda in cudas}
    if above == {False}:
        return
    if above != {True}:
        raise FactUnknown(f"whether {label} runs on L4T {facts.host.l4t.get()} (CUDA {native}, up to {newest}) is not known")
    yield Finding(
        message=f"{label} needs a newer CUDA than L4T {facts.host.l4t.get()} runs: its driver is of CUDA {native}" + (f", up to {newest} with the compatibility package." if newest != native else "."),
        severity=Severity.ERROR,
        remedy=("use an l4t image of this JetPack release", "or flash a newer JetPack"),
        verify="cat /etc/nv_tegra_release",
        at=facts.image.cuda.origin,
        evidence=(of("host.l4t", facts.host.l4t), of("image.cuda", facts.image.cuda)),
        sources=source or _SOURCES,
    )


def _above(cuda: str, native: str, newest: str) -> bool | None:
    """Is the CUDA of another major than the driver's newest, and newer? Within the newest's major minor-version compatibility holds."""
    if major(cuda) <= major(newest):
        return False
    return at_least(cuda, newest)


RULE = Rule(
    id="jetson-release-too-old",
    kind=Kind.COMPATIBILITY,
    severity=Severity.ERROR,
    title="the Jetson's L4T release runs no CUDA as new as the workload's",
    seen=("CUDA driver version is insufficient for CUDA runtime version",),
    why="On a Jetson the GPU driver is part of L4T. L4T 32 runs CUDA 10.2, 35 runs 11.4, 36 runs 12.x, 38 runs 13.x; a compatibility package lifts it only within limits.",
    remedy=("use an image made for the JetPack release on the board", "or flash a newer JetPack"),
    sources=_SOURCES,
    check=check,
)
