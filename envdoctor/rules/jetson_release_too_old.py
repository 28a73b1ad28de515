"""The Jetson's L4T release runs no CUDA as new as the image's."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum

from envdoctor.facts import FactAbsent, Facts, FactUnknown
from envdoctor.findings import Finding, Kind, Severity
from envdoctor.judging import nearest_known
from envdoctor.judging.components import Component, cuda_components
from envdoctor.judging.each import each
from envdoctor.judging.evidence import of, sentence
from envdoctor.judging.images import for_servers, l4t_release
from envdoctor.judging.jetson import is_jetson
from envdoctor.matrix import Matrix
from envdoctor.matrix.rows import L4tRow
from envdoctor.rules.rule import Rule
from envdoctor.versions import major

_SOURCES = (
    "https://docs.nvidia.com/deploy/cuda-compatibility/forward-compatibility.html",
    "https://developer.nvidia.com/embedded/jetpack-archive",
)

_FIRST_WITH_SERVER_BUILDS = 38  # JetPack 7


def check(facts: Facts, matrix: Matrix) -> Iterator[Finding]:
    if not is_jetson(facts.host):
        raise FactAbsent("the host is not a Jetson")
    release = facts.host.l4t.need()
    row = matrix.l4t(release)
    if row is None:
        raise FactUnknown(f"the matrix does not know L4T {release}{nearest_known.l4t(release, matrix)}")
    components = [component for component in cuda_components(facts, matrix) if component.cudas]
    yield from each(components, lambda component: _judge(component, row, facts))
    _made_for_this_release(facts, matrix)


def _made_for_this_release(facts: Facts, matrix: Matrix) -> None:
    """Raises FactUnknown for an image of another L4T line, whose libraries are of another system than the driver's, and for
    an NGC image for servers below L4T 38; from JetPack 7 on Jetsons run the server builds.
    Sources: https://github.com/Striveworks/jetson-containers/blob/master/packages/l4t/l4t-ml,
    https://docs.nvidia.com/deeplearning/tensorrt/11.4.1/installing-tensorrt/install-container.html"""
    reference, host = facts.image.reference.get(), facts.host.l4t.need()
    made_for = l4t_release(reference, matrix)
    if made_for and major(made_for) != major(host):
        raise FactUnknown(f"{reference} is made for L4T {made_for}; whether it runs on L4T {host} is not known")
    if for_servers(reference) and major(host) < _FIRST_WITH_SERVER_BUILDS:
        raise FactUnknown(
            f"{reference} is NVIDIA's build for servers; whether it runs on L4T {host} is not known (for Jetson there are"
            " the -igpu tags)"
        )


def _judge(component: Component, row: L4tRow, facts: Facts) -> Iterator[Finding]:
    newest = row.cuda_by_compat or row.cuda
    above = {_above(cuda, row.cuda, newest) for cuda in component.cudas}
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
    BY_PACKAGE = "by the compatibility package"
    NONE = "none"


def _above(cuda: str, native: str, newest: str) -> Reach:
    """Within a CUDA major minor-version compatibility is taken to hold."""
    if major(cuda) <= major(native):
        return Reach.NATIVE
    return Reach.BY_PACKAGE if major(cuda) <= major(newest) else Reach.NONE


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
