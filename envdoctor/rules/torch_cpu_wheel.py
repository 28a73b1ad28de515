"""The CPU build of PyTorch in a GPU image."""

from __future__ import annotations

from collections.abc import Iterator

from envdoctor.facts import FactAbsent, Facts
from envdoctor.findings import Finding, Kind, Severity
from envdoctor.judging import builds
from envdoctor.judging.components import torch_in_use
from envdoctor.judging.evidence import of, of_package
from envdoctor.matrix import Matrix
from envdoctor.rules.rule import Rule

_SOURCES = ("https://pytorch.org/get-started/locally/",)


def check(facts: Facts, matrix: Matrix) -> Iterator[Finding]:
    packages = [item for item in torch_in_use(facts) if item.manager != "image"]
    if not packages:
        raise FactAbsent("torch comes with the image")
    cpu = [item for item in packages if builds.variant(item) == "cpu"]
    if not cpu:
        return
    if not facts.uses_stated and not facts.image.cuda.is_known:
        raise FactAbsent("the CPU build of torch in an image without CUDA")
    yield Finding(
        message="The CPU build of PyTorch is installed where the GPU is meant: torch.cuda.is_available() is False, and training runs on the CPU.",
        severity=Severity.ERROR if facts.uses_stated else Severity.WARNING,
        remedy=("install a CUDA build: pip install torch==VERSION --index-url https://download.pytorch.org/whl/cu126",),
        verify='python -c "import torch; print(torch.version.cuda, torch.cuda.is_available())"',
        at=cpu[0].origin,
        evidence=(of_package(cpu[0]), of("image.cuda", facts.image.cuda)),
        sources=_SOURCES,
    )


RULE = Rule(
    id="torch-cpu-wheel",
    kind=Kind.COMPATIBILITY,
    severity=Severity.ERROR,
    title="the CPU build of PyTorch is installed in a GPU image",
    seen=("AssertionError: Torch not compiled with CUDA enabled",),
    why="A +cpu version, or the …/whl/cpu index, is a build without CUDA. In a CUDA image it runs, on the CPU.",
    remedy=("install a CUDA build of the same version",),
    sources=_SOURCES,
    check=check,
)
