"""The image's CUDA toolkit cannot target this GPU: too old for a new GPU, or too new for an old one."""

from __future__ import annotations

from collections.abc import Iterator

from envdoctor.facts import FactAbsent, Facts, FactUnknown, Gpu
from envdoctor.findings import Finding, Kind, Severity
from envdoctor.judging import nearest_known
from envdoctor.judging.code import Coverage, capability_of, coverage
from envdoctor.judging.components import base_counts
from envdoctor.judging.each import each
from envdoctor.judging.evidence import of, of_row
from envdoctor.judging.images import for_boards, release_row
from envdoctor.judging.jetson import is_jetson
from envdoctor.judging.launching import needs_a_gpu_in_the_container
from envdoctor.matrix import Matrix
from envdoctor.matrix.rows import WindowRow
from envdoctor.rules.rule import Rule

_SOURCES = ("https://docs.nvidia.com/datacenter/tesla/drivers/cuda-toolkit-driver-and-architecture-matrix.html",)


def check(facts: Facts, matrix: Matrix) -> Iterator[Finding]:
    needs_a_gpu_in_the_container(facts)
    if facts.image.family.get() == "ngc/pytorch":
        raise FactAbsent("an NGC image is judged by what its PyTorch holds")
    if facts.image.reference.is_absent and not facts.image.cuda.is_known:
        raise FactAbsent(facts.image.reference.reason)
    if base_counts(facts) is False:
        raise FactAbsent("nothing in the workload links to the image's CUDA")
    cuda = facts.image.cuda.need()
    windows = _windows(cuda, matrix)
    if not windows:
        near = nearest_known.toolkit(cuda, matrix)
        raise FactUnknown(f"the matrix does not know which GPUs CUDA {cuda} targets{near}")
    if facts.host.gpus.is_known:
        yield from each(facts.host.gpus.need(), lambda gpu: _judge(gpu, windows, facts, matrix))
        _supported_by_release(windows, facts, matrix)
    elif not all(_serves_all_of_driver(facts, matrix, window) for window in windows):
        facts.host.gpus.need()
    _made_for_others(facts)


def _made_for_others(facts: Facts) -> None:
    """Raises FactUnknown for an image for Jetson on any other host: desktop binaries and those for Tegra are not promised to
    run on each other's GPUs."""
    reference = facts.image.reference.get()
    if for_boards(reference) and not is_jetson(facts.host):
        raise FactUnknown(f"{reference} is made for Jetson boards: whether it runs on other GPUs is not known")


def _supported_by_release(windows: list[WindowRow], facts: Facts, matrix: Matrix) -> None:
    """Raises FactUnknown for a GPU that the CUDA of an NGC TensorRT or Triton image targets and the release's notes do not
    support (below 7.5 since 25.01): what else in the image holds no code for it is not known."""
    row = release_row(facts.image.reference.get(), matrix)
    if row is None or row.min_capability is None:
        return
    for gpu in facts.host.gpus.need():
        capability = gpu.compute_capability.need()
        targeted = all(coverage(capability, window.sm) is Coverage.NATIVE for window in windows)
        if targeted and capability_of(capability) < capability_of(row.min_capability):
            raise FactUnknown(
                f"the release notes of NGC {row.image} support compute capability {row.min_capability} and later, and"
                f" {gpu.label} is {capability}"
            )


def _windows(cuda: str, matrix: Matrix) -> list[WindowRow]:
    """The windows of all minors that the version can mean: "13" is any CUDA 13."""
    minors = [cuda] if "." in cuda else [f"{cuda}.{number}" for number in range(10)]
    return [window for window in map(matrix.window, minors) if window is not None]


def _serves_all_of_driver(facts: Facts, matrix: Matrix, window: WindowRow) -> bool:
    """With the GPU not stated: does the toolkit target every GPU that the driver drives?"""
    branch = (
        matrix.branch(facts.host.driver.get() or "", windows=facts.host.is_windows)
        if facts.host.driver.is_known
        else None
    )
    if branch is None:
        return False
    rows = [
        row for row in matrix.architectures() if (row.first_branch or 0) <= branch.branch <= (row.last_branch or 10_000)
    ]
    driven = [capability for row in rows for capability in row.capabilities]
    return bool(driven) and all(coverage(capability, window.sm) is Coverage.NATIVE for capability in driven)


def _judge(gpu: Gpu, windows: list[WindowRow], facts: Facts, matrix: Matrix) -> Iterator[Finding]:
    capability = nearest_known.needed_capability(gpu, matrix)
    answers = {coverage(capability, window.sm) for window in windows}
    if answers <= {Coverage.NATIVE, Coverage.UNPROMISED}:
        return
    if answers != {Coverage.NONE}:
        raise FactUnknown(
            f"whether CUDA {facts.image.cuda.get()} targets compute capability {capability} depends on its minor"
        )
    window = windows[-1]
    number = float(capability)
    lowest = min(float(f"{target.rstrip('af')[:-1]}.{target.rstrip('af')[-1]}") for target in window.sm)
    counts = base_counts(facts) is True
    row = matrix.architecture(capability)
    if number < lowest:
        last = row.last_cuda if row and row.last_cuda else "an older major"
        yield _finding(
            gpu,
            window,
            facts,
            Severity.ERROR if counts else Severity.NOTE,
            f"CUDA {window.cuda} dropped {gpu.label} (compute capability"
            f" {capability}; it starts at {lowest}): neither its libraries nor programs built with it hold code for the GPU",
            f"use an image of CUDA {last}, the last that targets this GPU, or older",
        )
    else:
        yield _finding(
            gpu,
            window,
            facts,
            Severity.WARNING if counts else Severity.NOTE,
            f"CUDA {window.cuda} is older than {gpu.label} (compute capability"
            f" {capability}): its libraries hold no machine code for the GPU. What carries PTX is compiled at start-up; the rest fails with"
            ' "no kernel image is available"',
            f"use an image of CUDA {row.first_cuda}, the first that targets this GPU, or newer"
            if row and row.first_cuda
            else "use an image whose CUDA targets this GPU",
        )
    if not counts:
        raise FactUnknown(f"whether anything in the workload links to the image's CUDA {window.cuda} is not known")


def _finding(gpu: Gpu, window: WindowRow, facts: Facts, severity: Severity, what: str, remedy: str) -> Finding:
    return Finding(
        message=what + ".",
        severity=severity,
        remedy=(remedy,),
        verify="docker run --rm --gpus all IMAGE nvidia-smi --query-gpu=compute_cap --format=csv,noheader",
        at=facts.image.cuda.origin,
        evidence=(
            of("image.cuda", facts.image.cuda),
            of("host.gpus.compute_capability", gpu.compute_capability),
            of_row("windows", window.cuda, f"sm_{window.sm[0]} to sm_{window.sm[-1]}"),
        ),
        sources=window.source or _SOURCES,
    )


RULE = Rule(
    id="gpu-not-in-cuda",
    kind=Kind.COMPATIBILITY,
    severity=Severity.ERROR,
    title="the image's CUDA toolkit does not target this GPU",
    seen=(
        "no kernel image is available for execution on the device",
        "CUBLAS_STATUS_ARCH_MISMATCH",
        "nvcc fatal: Unsupported gpu architecture 'compute_120'",
    ),
    why=(
        "A toolkit builds for a window of GPU architectures, and its libraries hold code for no others: CUDA 12.8 is the first for Blackwell, CUDA 13 dropped"
        " everything older than Turing (7.5), CUDA 12 dropped Kepler. A newer GPU may still run what carries PTX, compiled at start-up; an older one runs nothing."
    ),
    remedy=("use an image whose CUDA targets the GPU",),
    sources=_SOURCES,
    check=check,
)
