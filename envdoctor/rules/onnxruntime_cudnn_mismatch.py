"""onnxruntime-gpu needs a cuDNN major that the image does not hold."""

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
    "https://docs.nvidia.com/deeplearning/cudnn/backend/latest/reference/support-matrix.html",
)


def check(facts: Facts, matrix: Matrix) -> Iterator[Finding]:
    needs_a_gpu_in_the_container(facts)
    yield from each(onnxruntime_gpu_in_use(facts), lambda package: _judge(package, facts, matrix))


def _judge(package: Package, facts: Facts, matrix: Matrix) -> Iterator[Finding]:
    rows = builds.onnxruntime_builds(package, facts, matrix)
    needed = [row.cudnn for row in rows]
    near = nearest_known.package(package, facts, matrix)
    need = libraries.settled(
        "cuDNN", needed, described(package), lambda number: libraries.cudnn(facts, matrix, number), near
    )
    late = any(_opens_late(row) for row in rows)
    if need.supply is Supply.MISSING:
        yield _finding(package, need.number, need.found, rows, facts, matrix)
        if late:
            raise FactUnknown(
                f"whether {described(package)} does without cuDNN {need.number} is not known: it opens it only when the CUDA provider is first used"
            )
    elif need.supply is Supply.IF_LOADED:
        yield _only_in_wheels(package, need.number, need.found, rows, facts, matrix)
        raise FactUnknown(
            f"whether the program loads cuDNN {need.number} before the first session is not known ({need.found})"
        )


def _opens_late(row: OrtRow) -> bool:
    """From 1.28 on the provider does not link to cuDNN but opens it in the running program, so that it loads without. What a
    session does then was never seen: no error is claimed."""
    return not any("cudnn" in library for library in row.libraries)


def _finding(
    package: Package, number: int, found: str, rows: tuple[OrtRow, ...], facts: Facts, matrix: Matrix
) -> Finding:
    late = any(_opens_late(row) for row in rows)
    how = (
        "It opens it only when the CUDA provider is first used: whether this model does without it is not known."
        if late
        else "The CUDA provider does not load, and every session runs on the CPU without failing."
    )
    return Finding(
        message=f"{builds.label(package, rows)} needs cuDNN {number} (libcudnn.so.{number}), and {found}. {how}",
        severity=Severity.NOTE if late else loss_of_gpu(facts),
        remedy=_remedy(number, rows, facts, matrix),
        verify="docker run --rm IMAGE sh -c 'ldconfig -p | grep libcudnn'",
        at=package.origin,
        evidence=(
            of_package(package),
            of("image.cudnn", facts.image.cudnn),
            of("image.reference", facts.image.reference),
        ),
        sources=(*rows[0].source, *_SOURCES)[:3],
    )


def _remedy(number: int, rows: tuple[OrtRow, ...], facts: Facts, matrix: Matrix) -> tuple[str, ...]:
    """The image that fits the version, and the newest version that runs in this image."""
    pin = fitting.onnxruntime_pin(facts, matrix)
    image = f"use a base image with CUDA {major(rows[0].cuda)} and cuDNN {number}"
    image += fitting.such_as(rows[0].cuda, number, facts, matrix)
    return (image, f"or {pin}") if pin else (image,)


def _only_in_wheels(
    package: Package, number: int, found: str, rows: tuple[OrtRow, ...], facts: Facts, matrix: Matrix
) -> Finding:
    how, remedies = fitting.loaded_first(rows, found, facts, matrix)
    return Finding(
        message=(
            f"{builds.label(package, rows)} needs cuDNN {number} (libcudnn.so.{number}), which is only in {found}. It does not find it by itself: without {how}, or"
            " LD_LIBRARY_PATH, it runs on the CPU."
        ),
        severity=Severity.NOTE,
        remedy=(*remedies, "or use a cudnn-runtime base image") if remedies else ("use a cudnn-runtime base image",),
        verify="python -c \"import onnxruntime as o; print(o.InferenceSession('model.onnx', providers=['CUDAExecutionProvider']).get_providers())\"",
        at=package.origin,
        evidence=(of_package(package),),
        sources=_SOURCES,
    )


RULE = Rule(
    id="onnxruntime-cudnn-mismatch",
    kind=Kind.COMPATIBILITY,
    severity=Severity.ERROR,
    title="onnxruntime-gpu needs a cuDNN major that the image does not hold",
    seen=(
        "Failed to load library libonnxruntime_providers_cuda.so with error: libcudnn.so.9: cannot open shared object file: No such file or directory",
        "Failed to create CUDAExecutionProvider. Require cuDNN 9.* and CUDA 12.*.",
    ),
    why=(
        'onnxruntime-gpu up to 1.18 loads libcudnn.so.8, 1.19 and later libcudnn.so.9 (1.28 and later only when the provider is first used). The majors do not stand in for each other. nvidia/cuda tags without "cudnn" hold none:'
        " cudnn8 in tags up to 12.2.2, cudnn9 in 12.3.2, plain cudnn (cuDNN 9) from 12.4.1."
    ),
    remedy=(
        "use a cudnn flavor of the base image with the right major",
        "or pin the onnxruntime-gpu version that needs what is there",
    ),
    sources=_SOURCES,
    check=check,
)
