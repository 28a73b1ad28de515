"""pip replaces the PyTorch that an NGC image was built around."""

from __future__ import annotations

import re
from collections.abc import Iterator

from envdoctor.facts import FactAbsent, Facts, Package
from envdoctor.findings import Finding, Kind, Severity
from envdoctor.judging.evidence import described, of, of_package
from envdoctor.judging.pip_commands import commands_of
from envdoctor.matrix import Matrix
from envdoctor.patterns import lazily
from envdoctor.rules.rule import Rule

_SOURCES = (
    "https://docs.nvidia.com/deeplearning/frameworks/pytorch-release-notes/index.html",
    "https://github.com/NVIDIA/TransformerEngine/issues/1192",
)
# NeMo, Modulus and PhysicsNeMo images are built on the PyTorch one.
# Sources: https://github.com/NVIDIA-NeMo/Megatron-Bridge/issues/1226 , github:NVIDIA/physicsnemo Dockerfile
_AROUND_TORCH = frozenset({"ngc/pytorch", "ngc/nemo", "ngc/modulus/modulus", "ngc/physicsnemo/physicsnemo"})
# With exact pins on torch in their own metadata, or a release of it that few images have
_NVIDIAS_OWN = lazily(r"\d(a0\+|\.nv\d)", re.ASCII)  # 2.6.0a0+ecf3bae40a.nv25.01
_BRING_TORCH = ("torch", "torchvision", "torchaudio", "xformers", "vllm", "sglang")


def check(facts: Facts, matrix: Matrix) -> Iterator[Finding]:
    if facts.image.family.get() not in _AROUND_TORCH:
        raise FactAbsent("the image is not an NGC image around PyTorch")
    for package in facts.packages.need().named(*_BRING_TORCH):
        if package.manager not in ("pip", "uv", "conda") or _leaves_torch(package, facts, matrix):
            continue
        if package.name != "torch" and _without_dependencies(package, facts):
            continue
        what = "replaces" if package.name == "torch" else "requires its own torch, which replaces"
        yield Finding(
            message=(
                f"{described(package)} from {package.manager} {what} the PyTorch that this NGC image is built around: torchvision, Apex, Transformer Engine and flash-attn in it were"
                " compiled against NVIDIA's build and fail with undefined symbols, and the wheel's own CUDA sets the driver floor."
            ),
            severity=Severity.WARNING,
            remedy=(
                f"leave {package.name} out: the image has its own"
                if package.name in ("torch", "torchvision")
                else f"install {package.name} with --no-deps, in a version built for the image's torch",
                "or choose the NGC release with the version you need",
                "or start from a plain image (nvidia/cuda or python) and install the wheels there",
            ),
            verify='docker run --rm IMAGE python -c "import torch, torchvision; print(torch.__version__)"',
            at=package.origin,
            evidence=(of_package(package), of("image.reference", facts.image.reference)),
            sources=_SOURCES,
        )


def _without_dependencies(package: Package, facts: Facts) -> bool:
    there = commands_of(package, facts.build.get())
    return bool(there) and all(each.has("--no-deps", "--no-dependencies") for each in there)


def _leaves_torch(package: Package, facts: Facts, matrix: Matrix) -> bool:
    """pip leaves the image's own torchvision alone where the line asks for no particular one, and brings no torch along with
    a release that requires none (torchaudio from 2.11 on) or one that the image's satisfies. A torch line that the image's
    own satisfies is not among the packages any more."""
    from packaging.specifiers import SpecifierSet

    if package.name == "torch" and package.installed and _NVIDIAS_OWN.search(package.version or ""):
        return True
    plain = not package.version and not package.specifier
    rows = [(row.version, row.torch) for row in matrix.companions(package.name)]
    rows += [(row.version, row.wanted) for row in matrix.brings(package.name) if row.requires == "torch"]
    public = (package.version or "").partition("+")[0]
    wanted = [torch for _, torch in rows[-1:]] if plain else [torch for version, torch in rows if version == public]
    if package.name == "torch" or not wanted:
        return False
    own = [item.version for item in facts.packages.need().named("torch") if item.manager == "image" and item.version]
    satisfied = not wanted[0] or any(SpecifierSet(wanted[0]).contains(version, prereleases=True) for version in own)
    return satisfied or (plain and package.name == "torchvision")


RULE = Rule(
    id="ngc-torch-replaced",
    kind=Kind.COMPATIBILITY,
    severity=Severity.WARNING,
    title="pip replaces the PyTorch that an NGC image was built around",
    seen=("undefined symbol: _ZN3c10…", "RuntimeError: operator torchvision::nms does not exist"),
    why=(
        "NGC images hold NVIDIA's own build of PyTorch (2.6.0a0+…) and libraries compiled against it. A torch from PyPI has another ABI, another CUDA and another cuDNN."
        " torchvision and torchaudio wheels require an exact torch and bring it along."
    ),
    remedy=(
        "leave torch, torchvision and torchaudio out of pip install lines on NGC images",
        "keep PIP_CONSTRAINT=/etc/pip/constraint.txt",
    ),
    sources=_SOURCES,
    check=check,
)
