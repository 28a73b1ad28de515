"""PyTorch holds no code for this GPU: `no kernel image is available for execution on the device`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from envdoctor.facts import FactAbsent, Facts, FactUnknown, Gpu, Package, unknown
from envdoctor.findings import Finding, Kind, Severity
from envdoctor.judging import builds, fitting, jetpack, nearest_known, ngc
from envdoctor.judging.code import Coverage, agreed, coverage, listed
from envdoctor.judging.components import torch_in_use
from envdoctor.judging.each import each
from envdoctor.judging.evidence import of, of_package
from envdoctor.judging.jetson import is_jetson
from envdoctor.judging.launching import needs_a_gpu_in_the_container
from envdoctor.judging.ngc import Targets
from envdoctor.matrix import Matrix
from envdoctor.patterns import lazily
from envdoctor.rules.rule import Rule

_TARGET = lazily(r"[0-9]{2,3}[af]?", re.ASCII)

_SOURCES = (
    "https://docs.nvidia.com/cuda/cuda-c-programming-guide/index.html#binary-compatibility",
    "https://github.com/pytorch/pytorch/blob/main/RELEASE.md",
)


def check(facts: Facts, matrix: Matrix) -> Iterator[Finding]:
    needs_a_gpu_in_the_container(facts)
    packages = [package for package in torch_in_use(facts) if not builds.is_cpu_build(package, facts, matrix)]
    if not packages:
        raise FactAbsent("only the CPU build of torch is installed")
    gpus = facts.host.gpus.need()
    targets = [(package, _targets(package, facts, matrix)) for package in packages]
    pairs = [(gpu, *choices) for choices in targets for gpu in gpus]
    yield from each(pairs, lambda pair: _judge(*pair, facts, matrix))


def _targets(package: Package, facts: Facts, matrix: Matrix) -> list[Targets]:
    """What the possible builds hold: observed, or the image's own torch, or the wheels; else what the toolkit can target."""
    observed = facts.observed.get("torch")
    listed_now = observed.get("arch_list") if isinstance(observed, dict) else None
    if isinstance(listed_now, list) and listed_now:
        names = [str(name) for name in listed_now]
        return [(_numbers(names, "sm_"), _numbers(names, "compute_"))]
    if package.manager == "image":
        return ngc.targets(facts, matrix)
    rows = builds.torch_builds(package, facts, matrix)
    if not rows:
        return _of_variant(package, matrix)
    return [(row.sm, row.ptx or ()) for row in rows if row.sm is not None]


def _numbers(names: list[str], prefix: str) -> tuple[str, ...]:
    found = (name[len(prefix) :] for name in names if name.startswith(prefix))
    return tuple(target for target in found if _TARGET.fullmatch(target))


def _of_variant(package: Package, matrix: Matrix) -> list[Targets]:
    """A nightly or a source build of a known CUDA cannot hold more than that toolkit targets: enough to say no, not yes."""
    stated = builds.variant(package)
    window = matrix.window(stated) if stated else None
    return [(window.sm, ())] if window else []


def _judge(gpu: Gpu, package: Package, choices: list[Targets], facts: Facts, matrix: Matrix) -> Iterator[Finding]:
    what = builds.label(package, builds.torch_builds(package, facts, matrix))
    capability = nearest_known.needed_capability(gpu, matrix)
    near = nearest_known.package(package, facts, matrix) if package.manager != "image" else ""
    answer = agreed({coverage(capability, sass, ptx) for sass, ptx in choices}, what, near)
    partly = len(choices) < len(builds.torch_builds(package, facts, matrix)) and not facts.observed.get("torch")
    if partly and answer is Coverage.NONE:
        yield _none(gpu, capability, package, choices, facts, matrix)._replace(severity=Severity.NOTE)
    if partly:
        raise FactUnknown(f"for which GPUs some builds that {what} can mean hold code has no source")
    if answer is Coverage.NATIVE:
        if (
            not builds.torch_builds(package, facts, matrix)
            and package.manager != "image"
            and "torch" not in facts.observed
        ):
            raise FactUnknown(
                f"{what} is in no table: its CUDA can target this GPU, whether the build does is not known"
            )
        return
    if answer is Coverage.JIT:
        yield _jit(gpu, capability, package, facts, matrix)
    else:
        yield _none(gpu, capability, package, choices, facts, matrix)


def _none(gpu: Gpu, capability: str, package: Package, choices: list[Targets], facts: Facts, matrix: Matrix) -> Finding:
    held = sorted({target for sass, _ in choices for target in sass}, key=lambda target: int(target.rstrip("af")))
    return Finding(
        message=(
            f"{builds.label(package, builds.torch_builds(package, facts, matrix))} has no code for {gpu.label} (compute capability {capability}): it holds {listed(held) or 'nothing that fits'} and no"
            ' PTX that could be compiled for it. torch.cuda.is_available() is True, and the first kernel fails with "no kernel image is available".'
        ),
        severity=Severity.ERROR,
        remedy=_remedy(capability, package, facts, matrix),
        verify='python -c "import torch; print(torch.cuda.get_arch_list()); torch.ones(1).cuda() + 1"',
        at=package.origin,
        evidence=(of_package(package), of("host.gpus.compute_capability", gpu.compute_capability)),
        sources=_SOURCES,
    )


def _remedy(capability: str, package: Package, facts: Facts, matrix: Matrix) -> tuple[str, ...]:
    if package.manager == "image":
        instead = ngc.image_for(capability, facts, matrix)
        if instead:
            return (f"use {instead}, whose PyTorch has code for {capability}",)
        if is_jetson(facts.host):
            return (f"use an image or a wheel of PyTorch made for this board's JetPack: {jetpack.TABLE}",)
        return (
            f"use a plain image and a PyTorch wheel with code for {capability}: the NGC image's own is built into it",
        )
    source = f"build PyTorch from source with TORCH_CUDA_ARCH_LIST={capability}"
    if is_jetson(facts.host):
        source = f"use NVIDIA's wheel for this board's JetPack ({jetpack.TABLE}), or {source}"
    public = (package.version or "").partition("+")[0]
    pin = fitting.torch_pin(facts, matrix, public)
    if pin:
        return (f"{pin}, has code for {capability}",)
    any_python = fitting.torch_pin(facts._replace(image=facts.image._replace(python=unknown("any Python"))), matrix)
    return (
        (f"use an image with a newer Python, and {any_python}, has code for {capability}", f"or {source}")
        if any_python
        else (source,)
    )


def _jit(gpu: Gpu, capability: str, package: Package, facts: Facts, matrix: Matrix) -> Finding:
    return Finding(
        message=(
            f"{builds.label(package, builds.torch_builds(package, facts, matrix))} has only PTX for {gpu.label} (compute capability {capability}): the driver compiles every kernel at"
            " first use, which takes minutes at start-up and needs a driver as new as the toolkit."
        ),
        severity=Severity.WARNING,
        remedy=(
            *_remedy(capability, package, facts, matrix)[:1],
            "or keep the JIT cache: set CUDA_CACHE_PATH to a volume and CUDA_CACHE_MAXSIZE=4294967296",
        ),
        verify='python -c "import torch; print(torch.cuda.get_arch_list())"',
        at=package.origin,
        evidence=(of_package(package), of("host.gpus.compute_capability", gpu.compute_capability)),
        sources=_SOURCES,
    )


RULE = Rule(
    id="gpu-not-in-torch",
    kind=Kind.COMPATIBILITY,
    severity=Severity.ERROR,
    title="the PyTorch build holds no code for this GPU",
    seen=(
        "CUDA error: no kernel image is available for execution on the device",
        "NVIDIA GeForce RTX 5090 with CUDA capability sm_120 is not compatible with the current PyTorch installation.",
    ),
    why=(
        "PyTorch wheels hold machine code (SASS) for a list of GPU architectures, different per version and CUDA variant, and no PTX in most of them."
        " sm_86 code runs on 8.6 and 8.9, but nothing runs on a GPU outside every listed major or below the listed minor."
        " The driver and torch.cuda.is_available() see nothing wrong."
    ),
    remedy=(
        "install a release and variant that lists the GPU's architecture",
        "or build from source with TORCH_CUDA_ARCH_LIST",
    ),
    sources=_SOURCES,
    check=check,
)
