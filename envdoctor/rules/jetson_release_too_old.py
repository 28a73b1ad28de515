"""The Jetson's L4T release runs no CUDA as new as the image's."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum

from envdoctor.facts import FactAbsent, Facts, FactUnknown
from envdoctor.findings import Finding, Kind, Severity
from envdoctor.judging import jetpack, nearest_known
from envdoctor.judging.components import Component, cuda_components
from envdoctor.judging.each import each
from envdoctor.judging.evidence import of, sentence
from envdoctor.judging.jetson import is_jetson
from envdoctor.matrix import Matrix
from envdoctor.matrix.rows import L4tRow
from envdoctor.rules.rule import Rule
from envdoctor.versions import major, numbers

_SOURCES = (
    "https://docs.nvidia.com/deploy/cuda-compatibility/forward-compatibility.html",
    "https://developer.nvidia.com/embedded/jetpack-archive",
)


def check(facts: Facts, matrix: Matrix) -> Iterator[Finding]:
    if not is_jetson(facts.host):
        raise FactAbsent("the host is not a Jetson")
    release = facts.host.l4t.need()
    row = matrix.l4t(release)
    if row is None:
        raise FactUnknown(f"the matrix does not know L4T {release}{nearest_known.l4t(release, matrix)}")
    reference = facts.image.reference.get()
    made_for = jetpack.never_runs(reference, release, matrix)
    if made_for:
        yield _of_another_line(made_for, facts)
    components = [component for component in cuda_components(facts, matrix) if component.cudas]
    if jetpack.covers(reference, release, matrix):
        # NVIDIA's word for the image stands above what follows from its CUDA
        components = [component for component in components if component.origin != facts.image.cuda.origin]
    yield from each(components, lambda component: _judge(component, row, facts))
    if not made_for:
        jetpack.made_for_host(reference, release, matrix)


def _of_another_line(made_for: str, facts: Facts) -> Finding:
    host = facts.host.l4t.need()
    return Finding(
        message=(
            f"{facts.image.reference.get()} is made for L4T {made_for}. On L4T {host} CUDA does not start in it: the driver's"
            " libraries come from the host, which is of another JetPack and Ubuntu."
        ),
        severity=Severity.ERROR,
        remedy=(f"use an image made for L4T {major(host)}", f"or flash a JetPack with L4T {major(made_for)}"),
        verify="cat /etc/nv_tegra_release",
        at=facts.image.reference.origin,
        evidence=(of("host.l4t", facts.host.l4t), of("image.reference", facts.image.reference)),
        sources=jetpack.NEVER_SOURCES,
    )


def _judge(component: Component, row: L4tRow, facts: Facts) -> Iterator[Finding]:
    newest = row.cuda_by_compat or row.cuda
    above = {_above(cuda, row.cuda, newest) for cuda in component.cudas}
    if above == {Reach.UNNAMED}:
        raise FactUnknown(
            f"{component.label} needs a newer CUDA than the {newest} that NVIDIA names for L4T {facts.host.l4t.get()}: whether it"
            " runs is not known"
        )
    if above == {Reach.NATIVE}:
        return
    if len(above) > 1:
        raise FactUnknown(
            f"whether {component.label} runs on L4T {facts.host.l4t.get()} (CUDA {row.cuda}, up to {newest}) is not known"
        )
    desktop = above == {Reach.BY_PACKAGE} and _desktop_image(facts)
    too_new = above == {Reach.NONE} or desktop
    lifted = f", up to {newest} with the compatibility package" if newest != row.cuda else ""
    text = f"{sentence(component.label)} needs a newer CUDA than L4T {facts.host.l4t.get()} runs: its driver is of CUDA {row.cuda}{lifted}."
    if desktop:
        text += " The cuda-compat package of nvidia/cuda images is not the one made for Jetson: CUDA does not start."
    elif not too_new:
        text += " Without that package (the one made for Jetson) in the image CUDA does not start."
    yield Finding(
        message=text,
        severity=Severity.ERROR if too_new else Severity.WARNING,
        remedy=("use an l4t image of this JetPack release", "or flash a newer JetPack"),
        verify="cat /etc/nv_tegra_release",
        at=component.origin,
        evidence=(of("host.l4t", facts.host.l4t), *component.evidence),
        sources=row.source or _SOURCES,
    )


def _desktop_image(facts: Facts) -> bool:
    """nvidia/cuda images are made for desktop and server drivers, and so is the cuda-compat package in them; Jetson's own comes
    by apt from the L4T repository. What cannot be read may install it."""
    if facts.image.family.get() != "nvidia/cuda":
        return False
    packages = facts.packages.get()
    added = any(item.name.startswith("cuda-compat-") for item in (packages.items if packages else ()))
    return packages is not None and packages.complete and not added


class Reach(str, Enum):
    NATIVE = "native"
    UNNAMED = "of a native major, but newer than any that NVIDIA names for the release"
    BY_PACKAGE = "by the compatibility package"
    NONE = "none"


def _above(cuda: str, native: str, newest: str) -> Reach:
    """Within a CUDA major minor-version compatibility is taken to hold, up to the newest that NVIDIA's packages reach."""
    if major(cuda) == major(newest) == major(native) and numbers(cuda)[:2] > numbers(newest)[:2]:
        return Reach.UNNAMED
    if major(cuda) <= major(native):
        return Reach.NATIVE
    return Reach.BY_PACKAGE if major(cuda) <= major(newest) else Reach.NONE


RULE = Rule(
    id="jetson-release-too-old",
    kind=Kind.COMPATIBILITY,
    severity=Severity.ERROR,
    title="the Jetson's L4T release runs no CUDA as new as the workload's",
    seen=("CUDA driver version is insufficient for CUDA runtime version",),
    why=(
        "On a Jetson the GPU driver is part of L4T. L4T 32 runs CUDA 10.2, 35 runs 11.4, 36 runs 12.x, 38 runs 13.x; a compatibility"
        " package lifts it only within limits. An l4t image takes the driver's libraries from the host: one of JetPack 5 runs on no"
        " host with JetPack 6, nor the reverse."
    ),
    remedy=("use an image made for the JetPack release on the board", "or flash a newer JetPack"),
    sources=_SOURCES,
    check=check,
)
