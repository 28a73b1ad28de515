"""A package whose wheel has no CUDA, where the GPU is meant to do the work: PyPI's OpenCV and decord."""

from __future__ import annotations

from collections.abc import Iterator

from envdoctor.facts import FactAbsent, Facts, Package, Packages
from envdoctor.findings import Finding, Kind, Severity
from envdoctor.judging import opencv
from envdoctor.judging.evidence import of, of_package
from envdoctor.matrix import Matrix
from envdoctor.rules.rule import Rule

_SOURCES = (
    "https://github.com/dmlc/decord#install-via-pip",
    "https://github.com/opencv/opencv-python#frequently-asked-questions",
)
_NO_WORK_FOR_CUDA = frozenset({"opencv", "opencv-gui", "camera", "display"})
# They decode on the GPU themselves, or may.
_OTHER_DECODERS = ("ffmpeg", "av", "torchcodec", "torchaudio", "vali", "gstreamer1.0-plugins-bad")


def check(facts: Facts, matrix: Matrix) -> Iterator[Finding]:
    packages = facts.packages.get()
    if packages is None:
        raise FactAbsent("what is installed is not known")
    if _built_here(facts):
        raise FactAbsent("the build compiles OpenCV with CUDA")
    used = facts.uses.get() or frozenset()
    if "nvdec" in used:
        yield from _decoders(packages, facts, matrix)
    elif _only_opencv(packages, used, matrix) and _gpu_is_meant(facts):
        wheel = next((item for item in opencv.providers(facts, matrix) if opencv.is_wheel(item, matrix)), None)
        if wheel is not None and all(opencv.is_wheel(item, matrix) for item in opencv.providers(facts, matrix)):
            yield _opencv(wheel, facts, decodes=False)
    raise FactAbsent("no package without CUDA is known to stand where the GPU is needed")


def _decoders(packages: Packages, facts: Facts, matrix: Matrix) -> Iterator[Finding]:
    if any(item.name in _OTHER_DECODERS or "dali" in item.name for item in packages.items):
        return
    rows = [(item, matrix.video_package(item.name)) for item in packages.items]
    if any(row is not None and row.cuda for _, row in rows):
        return
    without = [item for item, row in rows if row is not None and item.manager in ("pip", "uv") and not item.index]
    for item in without:
        yield _decord(item, facts)
    provided = opencv.providers(facts, matrix)
    if not without and provided and all(opencv.is_wheel(item, matrix) for item in provided):
        yield _opencv(provided[0], facts, decodes=True)


def _decord(item: Package, facts: Facts) -> Finding:
    return Finding(
        message=(
            f"The workload decodes on the GPU, and the wheel of {item.name} on PyPI is built for the CPU only: with {item.name}.gpu(0) it stops with"
            ' "CUDA not enabled. Requested context GPU(0)".'
        ),
        severity=Severity.ERROR,
        remedy=(
            f"build {item.name} from source with -DUSE_CUDA=ON in a devel image",
            "or decode with PyNvVideoCodec, or with torchcodec from PyTorch's CUDA index",
            f"or decode on the CPU: {item.name}.cpu(0)",
        ),
        verify=f"python -c \"import {item.name}; {item.name}.VideoReader('video.mp4', ctx={item.name}.gpu(0))\"",
        at=item.origin,
        evidence=(of_package(item), of("uses", facts.uses)),
        sources=_SOURCES,
    )


def _opencv(item: Package, facts: Facts, decodes: bool) -> Finding:
    said = "the workload decodes on the GPU" if decodes else "nothing else here uses the GPU"
    return Finding(
        message=f"{item.name} from PyPI has no CUDA, and {said}: the wheels hold no cv2.cuda and no cv2.cudacodec, so OpenCV works and reads video on the CPU.",
        severity=Severity.WARNING if decodes else Severity.NOTE,
        remedy=(
            "build OpenCV from source with WITH_CUDA=ON (and WITH_NVCUVID=ON to decode) in a devel image",
            "or take an image with such a build",
            "or run it without a GPU, if the CPU is enough",
        ),
        verify='python -c "import cv2; print(cv2.cuda.getCudaEnabledDeviceCount())"',
        at=item.origin,
        evidence=(of_package(item), of("uses", facts.uses)),
        sources=_SOURCES,
    )


def _only_opencv(packages: Packages, used: frozenset[str], matrix: Matrix) -> bool:
    needing = any(matrix.needs(item.name) or matrix.brings(item.name) for item in packages.items)
    return packages.complete and "opencv" in used and used <= _NO_WORK_FOR_CUDA and not needing


def _built_here(facts: Facts) -> bool:
    build = facts.build.get()
    statements = (*build.statements, *build.other_statements) if build else ()
    return any("WITH_CUDA=" in word for statement in statements for word in statement.words if word)


def _gpu_is_meant(facts: Facts) -> bool:
    """The launch asks for one, or the image is called after CUDA. A launch that is not stated says nothing."""
    reference = (facts.image.reference.get() or "").lower()
    return facts.launch.gpus.is_known or "cuda" in reference or "gpu" in reference


RULE = Rule(
    id="package-without-cuda",
    kind=Kind.COMPATIBILITY,
    severity=Severity.ERROR,
    title="a package's wheel has no CUDA where the GPU is meant to do the work",
    seen=(
        "CUDA not enabled. Requested context GPU(0).",
        "error: (-216:No CUDA support) The library is compiled without CUDA support in function 'throw_no_cuda'",
        "AttributeError: module 'cv2' has no attribute 'cudacodec'",
    ),
    why="PyPI's wheels of OpenCV and decord are built for every machine, so without CUDA. They install and import next to any GPU, and say so only when the GPU is asked for.",
    remedy=("build the package with CUDA", "or take one whose wheels hold it"),
    sources=_SOURCES,
    check=check,
)
