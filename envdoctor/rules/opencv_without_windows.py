"""A build of OpenCV without windows, in a workload that opens some."""

from __future__ import annotations

from collections.abc import Iterator

from envdoctor.facts import FactAbsent, Facts, Package
from envdoctor.findings import Finding, Kind, Severity
from envdoctor.judging import opencv
from envdoctor.judging.evidence import of, of_package
from envdoctor.matrix import Matrix
from envdoctor.rules.rule import Rule

_SOURCES = ("https://github.com/opencv/opencv-python#installation-and-usage",)


def check(facts: Facts, matrix: Matrix) -> Iterator[Finding]:
    used = facts.uses.get() or frozenset()
    if used.isdisjoint(("opencv-gui", "display")):
        raise FactAbsent("the workload is not known to open windows")
    found = opencv.providers(facts, matrix)
    if not found or not all(opencv.is_headless(item, matrix) for item in found):
        raise FactAbsent("no OpenCV without windows is installed, or another one is beside it")
    yield _finding(found[0], sure="opencv-gui" in used, facts=facts)


def _finding(item: Package, sure: bool, facts: Facts) -> Finding:
    full = item.name.removesuffix("-headless")
    shown = "the workload opens windows with OpenCV" if sure else "the container is given a display"
    return Finding(
        message=f'{item.name} is built without windows, and {shown}: cv2.imshow stops with "The function is not implemented".',
        severity=Severity.ERROR if sure else Severity.WARNING,
        remedy=(
            f"pip uninstall -y {item.name} && pip install {full}, with libgl1 and libglib2.0-0 of the system",
            "or show the frames otherwise, and leave DISPLAY and the X11 socket out of the launch",
        ),
        verify="python -c \"import cv2; print([line for line in cv2.getBuildInformation().splitlines() if 'GUI' in line])\"",
        at=item.origin,
        evidence=(of_package(item), of("uses", facts.uses)),
        sources=_SOURCES,
    )


RULE = Rule(
    id="opencv-without-windows",
    kind=Kind.COMPATIBILITY,
    severity=Severity.ERROR,
    title="OpenCV is built without windows, and the workload opens some",
    seen=(
        "cv2.error: The function is not implemented. Rebuild the library with Windows, GTK+ 2.x or Cocoa support. in function 'cvShowImage'",
    ),
    why="The headless packages leave out everything that needs a display: imshow, waitKey, namedWindow raise an error when they are called, not when cv2 is imported.",
    remedy=("install opencv-python in place of the headless package",),
    sources=_SOURCES,
    check=check,
)
