"""The cuDNN that the workload loads does not support this GPU."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from envdoctor.facts import FactAbsent, Facts, FactUnknown, Gpu, Origin, Packages
from envdoctor.findings import Evidence, Finding, Kind, Severity
from envdoctor.judging import cudnn, fitting, nearest_known, ngc
from envdoctor.judging.code import Coverage, capability_of, coverage
from envdoctor.judging.components import loss_of_gpu, onnxruntime_gpu_in_use
from envdoctor.judging.each import each
from envdoctor.judging.evidence import of
from envdoctor.judging.launching import needs_a_gpu_in_the_container
from envdoctor.matrix import Matrix
from envdoctor.matrix.rows import CudaTagRow, CudnnRow
from envdoctor.rules.rule import Rule
from envdoctor.versions import leading, major, parse

_SOURCES = ("https://docs.nvidia.com/deeplearning/cudnn/backend/latest/reference/support-matrix.html",)


class _User(NamedTuple):
    """Who loads the image's cuDNN; `certain` is False where something unknown may, `known` where a package does."""

    label: str
    severity: Severity
    certain: bool
    known: bool
    origin: Origin


def check(facts: Facts, matrix: Matrix) -> Iterator[Finding]:
    needs_a_gpu_in_the_container(facts)
    user = _user(facts)
    if facts.image.cudnn.is_unknown and not user.known:
        raise FactAbsent("nothing in the workload is known to load the image's cuDNN")
    if facts.image.cudnn.is_unknown and _covered_by_release(facts, matrix):
        raise FactAbsent(
            "which cuDNN this NGC release holds has no source; its PyTorch holds machine code for every GPU stated"
        )
    version = leading(facts.image.cudnn.need()) or ""
    cuda = facts.image.cuda.need()
    rows = cudnn.releases(version, major(cuda), matrix)
    if not rows:
        known = [row.version for row in matrix.cudnn_rows() if row.cuda_major == major(cuda)]
        near = nearest_known.release(version, known or [row.version for row in matrix.cudnn_rows()], "cuDNN")
        raise FactUnknown(f"the matrix does not know which GPUs cuDNN {version} supports{near}")
    yield from each(facts.host.gpus.need(), lambda gpu: _judge(gpu, rows, user, facts, matrix))


def _covered_by_release(facts: Facts, matrix: Matrix) -> bool:
    """NVIDIA builds the cuDNN of an NGC release for the GPUs that it builds PyTorch for: where PyTorch has machine code
    (not PTX alone) for all GPUs, the version of cuDNN decides nothing."""
    gpus = facts.host.gpus.get()
    if facts.image.family.get() != "ngc/pytorch" or not gpus:
        return False
    held = ngc.targets(facts, matrix)
    answers = {coverage(gpu.compute_capability.need(), sass) for gpu in gpus for sass, _ in held}
    return answers == {Coverage.NATIVE}


def _user(facts: Facts) -> _User:
    """onnxruntime-gpu and an image's own torch load the system's cuDNN. torch's wheel brings its own. Of the rest nothing is known."""
    own = [item for item in (facts.packages.get() or Packages()).named("torch") if item.manager == "image"]
    if own:
        return _User("the image's PyTorch", Severity.ERROR, True, True, own[0].origin)
    try:
        package = onnxruntime_gpu_in_use(facts)[0]
        return _User("onnxruntime-gpu", loss_of_gpu(facts), True, True, package.origin)
    except FactAbsent:
        packages = facts.packages.get()
        if facts.uses_stated or (packages is not None and packages.named("torch") and packages.complete):
            raise FactAbsent("nothing in the workload is known to load the image's cuDNN") from None
        return _User(
            "what loads the image's cuDNN",
            Severity.WARNING,
            packages is None or packages.complete,
            False,
            facts.image.cudnn.origin,
        )
    except FactUnknown:
        return _User("what loads the image's cuDNN", Severity.NOTE, False, False, facts.image.cudnn.origin)


def _judge(gpu: Gpu, rows: tuple[CudnnRow, ...], user: _User, facts: Facts, matrix: Matrix) -> Iterator[Finding]:
    """`rows` are all releases that the stated version can mean: only what holds for all of them is said."""
    capability = nearest_known.needed_capability(gpu, matrix)
    answers = {cudnn.supports(capability, row, matrix) for row in rows}
    if answers == {True}:
        return
    if answers != {False}:
        raise FactUnknown(
            f"whether cuDNN {facts.image.cudnn.get()} supports {gpu.label} ({capability}) depends on its exact release"
        )
    row = rows[-1]
    bound = cudnn.newest_capability(row, matrix)
    newest = row.max_capability or (f"at most {bound}" if bound else "the newest")
    window = f"{row.min_capability or 'any'} to {newest}"
    yield Finding(
        message=(
            f"cuDNN {facts.image.cudnn.get()} supports compute capabilities {window}, and {gpu.label} is {capability}: {user.label} fails at the first"
            " convolution on it."
        ),
        severity=user.severity if user.certain else Severity.NOTE,
        remedy=_remedy(capability, row, facts, matrix),
        verify="docker run --rm IMAGE sh -c 'ls -l /usr/lib/*/libcudnn.so.*'",
        at=user.origin,
        evidence=(
            of("image.cudnn", facts.image.cudnn),
            of("host.gpus.compute_capability", gpu.compute_capability),
            Evidence("cudnn", window, f"matrix row cudnn {row.version}"),
        ),
        sources=(*row.source, *_SOURCES)[:3],
    )
    if not user.certain:
        raise FactUnknown("whether anything in the workload loads the image's cuDNN is not known")


def _remedy(capability: str, row: CudnnRow, facts: Facts, matrix: Matrix) -> tuple[str, ...]:
    """A cuDNN that supports the GPU, and an nvidia/cuda tag that holds one and that the host runs; in place of an NGC image
    another release of it, which nvidia/cuda cannot stand in for."""
    if facts.image.family.get() == "ngc/pytorch":
        instead = ngc.image_for(capability, facts, matrix)
        return (
            f"use {instead}, which is built for {capability}"
            if instead
            else "use an image with a cuDNN that supports the GPU",
        )
    too_old = bool(row.min_capability) and capability_of(capability) < capability_of(row.min_capability or "")
    bounded = (found for found in matrix.cudnn_rows() if (found.min_capability if too_old else found.max_capability))
    ordered = sorted((found.version for found in bounded if cudnn.supports(capability, found, matrix)), key=parse)
    if not ordered:
        return ("use an image with a cuDNN that supports the GPU",)
    bound = parse(ordered[-1] if too_old else ordered[0])
    tag = _tag(capability, facts, matrix)
    return (
        f"use an image with cuDNN {bound[0]}.{bound[1]} or {'older' if too_old else 'newer'}"
        + (f" (for example {tag})" if tag else ""),
    )


def _tag(capability: str, facts: Facts, matrix: Matrix) -> str | None:
    """Of the image's own CUDA major if there is one, since what is installed in it needs that; else of the one before."""

    def good(tag: CudaTagRow) -> bool:
        rows = cudnn.releases(leading(tag.cudnn) or "", major(tag.cuda), matrix) if tag.cudnn else ()
        return bool(rows) and all(cudnn.supports(capability, found, matrix) for found in rows)

    ours = major(facts.image.cuda.need())
    tags = (fitting.tag_that(good, str(number), facts, matrix) for number in (ours, ours - 1))
    return next((tag for tag in tags if tag), None)


RULE = Rule(
    id="gpu-not-in-cudnn",
    kind=Kind.COMPATIBILITY,
    severity=Severity.ERROR,
    title="the image's cuDNN does not support this GPU",
    seen=("CUDNN_STATUS_ARCH_MISMATCH", "CUDNN_STATUS_EXECUTION_FAILED", "CUDNN_STATUS_NOT_SUPPORTED_ARCH_MISMATCH"),
    why=(
        "cuDNN holds code for a range of GPUs. 9.11 dropped everything older than Turing (7.5), in its CUDA 12 builds too; Blackwell came with 9.7. Nothing checks it"
        " before the first convolution."
    ),
    remedy=("use an image whose cuDNN supports the GPU",),
    sources=_SOURCES,
    check=check,
)
