"""onnxruntime and onnxruntime-gpu are both installed: they overwrite each other, and the CPU build usually wins."""

from __future__ import annotations

from collections.abc import Iterator

from envdoctor.facts import FactAbsent, Facts, FactUnknown
from envdoctor.findings import Finding, Kind, Severity
from envdoctor.judging.components import onnxruntime_gpu_in_use
from envdoctor.judging.evidence import of_package
from envdoctor.judging.launching import needs_a_gpu_in_the_container
from envdoctor.matrix import Matrix
from envdoctor.rules.rule import Rule

_SOURCES = ("https://onnxruntime.ai/docs/install/", "https://github.com/microsoft/onnxruntime/issues/26996")


def check(facts: Facts, matrix: Matrix) -> Iterator[Finding]:
    needs_a_gpu_in_the_container(facts)
    gpu = onnxruntime_gpu_in_use(facts)[0]
    packages = facts.packages.need()
    cpu = packages.named("onnxruntime")
    if not cpu or not packages.named("onnxruntime-gpu"):
        if packages.gaps and not facts.uses_stated:
            raise FactUnknown(f"whether both packages are installed is not known: {packages.gaps[0]}")
        raise FactAbsent("the CPU package onnxruntime is not installed beside it")
    yield Finding(
        message=(
            "onnxruntime and onnxruntime-gpu are both installed. They write the same files, so one destroys the other: whichever is installed last wins, and when both"
            " are installed by one command that is the CPU build. Sessions then run on the CPU without failing, and pip check sees nothing."
        ),
        severity=Severity.ERROR,
        remedy=(
            f"pip uninstall -y onnxruntime onnxruntime-gpu && pip install --no-cache-dir onnxruntime-gpu=={gpu.version or 'VERSION'}",
            "if another package requires onnxruntime: install it with --no-deps, or reinstall onnxruntime-gpu last",
        ),
        verify='python -c "import onnxruntime as o; print(o.get_available_providers())"',
        at=cpu[0].origin,
        evidence=(of_package(gpu), of_package(cpu[0])),
        sources=_SOURCES,
    )


RULE = Rule(
    id="onnxruntime-both-packages",
    kind=Kind.COMPATIBILITY,
    severity=Severity.ERROR,
    title="onnxruntime and onnxruntime-gpu are both installed and overwrite each other",
    seen=(
        "UserWarning: Specified provider 'CUDAExecutionProvider' is not in available provider names. Available providers: 'AzureExecutionProvider, CPUExecutionProvider'",
        "AttributeError: module 'onnxruntime' has no attribute 'InferenceSession'",
    ),
    why=(
        "Both distributions install into the same folder. No installer notices: the later one overwrites the earlier one's files, and removing one deletes files of"
        " the other."
    ),
    remedy=("uninstall both, then install onnxruntime-gpu alone",),
    sources=_SOURCES,
    check=check,
)
