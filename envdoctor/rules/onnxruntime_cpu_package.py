"""The workload needs ONNX Runtime's CUDA provider and installs only the CPU package."""

from __future__ import annotations

from collections.abc import Iterator

from envdoctor.facts import FactAbsent, Facts, FactUnknown
from envdoctor.findings import Finding, Kind, Severity
from envdoctor.judging import fitting
from envdoctor.judging.components import ONNXRUNTIME_USES
from envdoctor.judging.evidence import of, of_package
from envdoctor.judging.launching import needs_a_gpu_in_the_container
from envdoctor.matrix import Matrix
from envdoctor.rules.rule import Rule

_SOURCES = ("https://onnxruntime.ai/docs/install/",)


def check(facts: Facts, matrix: Matrix) -> Iterator[Finding]:
    needs_a_gpu_in_the_container(facts)
    packages = facts.packages.need()
    cpu = packages.named("onnxruntime")
    wanted = facts.uses_stated and bool(ONNXRUNTIME_USES & (facts.uses.get() or frozenset()))
    if facts.uses_stated and not wanted:
        raise FactAbsent("the workload does not need ONNX Runtime's CUDA provider")
    if packages.named("onnxruntime-gpu"):
        raise FactAbsent("onnxruntime-gpu is installed")
    if not cpu:
        if packages.gaps:
            raise FactUnknown(f"whether onnxruntime is installed is not known: {packages.gaps[0]}")
        raise FactAbsent("no onnxruntime is installed")
    if all(item.manager == "conda" for item in cpu):
        raise FactAbsent("conda's onnxruntime is a CPU or a CUDA build under one name")
    if not wanted and not facts.image.cuda.is_known:
        raise FactAbsent("the CPU package in an image without CUDA")
    text = "The CPU package onnxruntime is installed"
    text += (
        ", and the workload needs the CUDA provider, which it does not have."
        if wanted
        else " in an image with CUDA: its sessions run on the CPU."
    )
    yield Finding(
        message=text,
        severity=Severity.ERROR if wanted else Severity.WARNING,  # not stated: the CPU may be meant
        remedy=(
            f"pip uninstall -y onnxruntime && {fitting.onnxruntime_pin(facts, matrix) or 'pip install onnxruntime-gpu==VERSION'}",
            "or state that the CPU is meant: --uses onnxruntime",
        ),
        verify='python -c "import onnxruntime as o; print(o.get_available_providers())"',
        at=cpu[0].origin,
        evidence=(of_package(cpu[0]), of("image.cuda", facts.image.cuda), of("uses", facts.uses)),
        sources=_SOURCES,
    )


RULE = Rule(
    id="onnxruntime-cpu-package",
    kind=Kind.COMPATIBILITY,
    severity=Severity.ERROR,
    title="only the CPU package onnxruntime is installed where the GPU is meant",
    seen=("UserWarning: Specified provider 'CUDAExecutionProvider' is not in available provider names.",),
    why="onnxruntime is the CPU build; only onnxruntime-gpu has the CUDA provider. Asking for CUDAExecutionProvider prints a warning and runs on the CPU.",
    remedy=("install onnxruntime-gpu instead", "or state --uses onnxruntime if the CPU is meant"),
    sources=_SOURCES,
    check=check,
)
