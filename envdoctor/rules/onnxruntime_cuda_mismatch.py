"""onnxruntime-gpu needs another CUDA major than the image provides: the CUDA provider does not load, and it runs on the CPU."""

from __future__ import annotations

from collections.abc import Iterator

from envdoctor.facts import Facts, FactUnknown, Package
from envdoctor.findings import Finding, Kind, Severity
from envdoctor.judging import builds, fitting, libraries, nearest_known
from envdoctor.judging.components import loss_of_gpu, onnxruntime_gpu_in_use
from envdoctor.judging.each import each
from envdoctor.judging.evidence import described, of, of_package
from envdoctor.judging.launching import needs_a_gpu_in_the_container
from envdoctor.judging.libraries import Supply
from envdoctor.matrix import Matrix
from envdoctor.matrix.rows import OrtRow
from envdoctor.rules.rule import Rule
from envdoctor.versions import major

_SOURCES = (
    "https://onnxruntime.ai/docs/execution-providers/CUDA-ExecutionProvider.html",
    "https://onnxruntime.ai/docs/install/",
)


def check(facts: Facts, matrix: Matrix) -> Iterator[Finding]:
    needs_a_gpu_in_the_container(facts)
    yield from each(onnxruntime_gpu_in_use(facts), lambda package: _judge(package, facts, matrix))


def _judge(package: Package, facts: Facts, matrix: Matrix) -> Iterator[Finding]:
    rows = builds.onnxruntime_builds(package, facts, matrix)
    needed = [major(row.cuda) for row in rows] or ([major(package.cuda)] if package.cuda else [])
    near = nearest_known.package(package, facts, matrix)
    need = libraries.settled(
        "CUDA", needed, described(package), lambda number: libraries.cuda(facts, matrix, number), near
    )
    if need.supply is Supply.MISSING:
        yield _finding(package, need.number, need.found, rows, facts, matrix)
    elif need.supply is Supply.IF_LOADED:
        yield _only_in_wheels(package, need.number, need.found, rows, facts, matrix)
        raise FactUnknown(
            f"whether the program loads the CUDA {need.number} libraries before the first session is not known ({need.found})"
        )


def _finding(
    package: Package, number: int, found: str, rows: tuple[OrtRow, ...], facts: Facts, matrix: Matrix
) -> Finding:
    return Finding(
        message=(
            f"{builds.label(package, rows)} needs the CUDA {number} libraries (libcublasLt.so.{number}), and {found}. The CUDA provider does not load, and every session"
            " runs on the CPU without failing."
        ),
        severity=loss_of_gpu(facts),
        remedy=_remedy(number, rows, facts, matrix),
        verify="python -c \"import onnxruntime as o; print(o.InferenceSession('model.onnx', providers=['CUDAExecutionProvider']).get_providers())\"",
        at=package.origin,
        evidence=(of_package(package), of("image.cuda", facts.image.cuda), of("image.flavor", facts.image.flavor)),
        sources=(*(rows[0].source if rows else ()), *_SOURCES)[:3],
    )


def _remedy(number: int, rows: tuple[OrtRow, ...], facts: Facts, matrix: Matrix) -> tuple[str, ...]:
    """The newest version that runs in this image, and the image that fits the version."""
    pin = fitting.onnxruntime_pin(facts, matrix)
    such_as = fitting.such_as(rows[0].cuda, rows[0].cudnn, facts, matrix) if rows else ""
    image = f"use a base image with CUDA {number}" + (such_as or " (flavor cudnn-runtime)")
    return (pin, f"or {image}") if pin else (image,)


def _only_in_wheels(
    package: Package, number: int, found: str, rows: tuple[OrtRow, ...], facts: Facts, matrix: Matrix
) -> Finding:
    how, remedies = fitting.loaded_first(rows, found, facts, matrix)
    return Finding(
        message=(
            f"{builds.label(package, rows)} needs the CUDA {number} libraries, which are only in {found}. It does not find them by itself: without {how}, it runs on the CPU."
        ),
        severity=Severity.NOTE,
        remedy=(*remedies, "or use a cudnn-runtime base image") if remedies else ("use a cudnn-runtime base image",),
        verify="python -c \"import onnxruntime as o; print(o.InferenceSession('model.onnx', providers=['CUDAExecutionProvider']).get_providers())\"",
        at=package.origin,
        evidence=(of_package(package), of("image.cuda", facts.image.cuda)),
        sources=_SOURCES,
    )


RULE = Rule(
    id="onnxruntime-cuda-mismatch",
    kind=Kind.COMPATIBILITY,
    severity=Severity.ERROR,
    title="onnxruntime-gpu needs another CUDA major than the image provides",
    seen=(
        "Failed to load library libonnxruntime_providers_cuda.so with error: libcublasLt.so.12: cannot open shared object file: No such file or directory",
        "Failed to create CUDAExecutionProvider. Require cuDNN 9.* and CUDA 12.*.",
    ),
    why=(
        "Each onnxruntime-gpu build links to one CUDA major: 1.18 and older from PyPI to CUDA 11, 1.19 to 1.26 to CUDA 12, 1.27 and later to CUDA 13; Microsoft's feeds"
        " hold other builds. It takes the libraries from the image, not from torch. If they are missing it prints one line and runs on the CPU."
    ),
    remedy=(
        "pin the onnxruntime-gpu version that fits the image's CUDA",
        "or use a base image with the CUDA major that it needs",
    ),
    sources=_SOURCES,
    check=check,
)
