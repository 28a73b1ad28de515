"""The CPU build of PyTorch in a GPU image."""

from __future__ import annotations

from collections.abc import Iterator

from envdoctor.facts import FactAbsent, Facts, FactUnknown
from envdoctor.findings import Finding, Kind, Severity
from envdoctor.judging import builds, fitting
from envdoctor.judging.components import cuda_components, torch_in_use
from envdoctor.judging.evidence import described, of, of_package
from envdoctor.judging.jetson import is_jetson
from envdoctor.judging.launching import needs_a_gpu_in_the_container
from envdoctor.matrix import Matrix
from envdoctor.rules.rule import Rule

_USE_THE_GPU_TOO = (
    "cupy", "cupy-cuda11x", "cupy-cuda12x", "cupy-cuda13x", "ctranslate2", "ffmpeg", "jax", "llama-cpp-python", "numba",
    "onnxruntime-gpu", "paddlepaddle-gpu", "tensorflow", "tensorrt", "vllm",
)  # fmt: skip
_SOURCES = ("https://pytorch.org/get-started/locally/",)


def check(facts: Facts, matrix: Matrix) -> Iterator[Finding]:
    needs_a_gpu_in_the_container(facts)
    packages = [item for item in torch_in_use(facts) if item.manager != "image"]
    if not packages:
        raise FactAbsent("torch comes with the image")
    cpu = [item for item in packages if builds.is_cpu_build(item, facts, matrix)]
    if not cpu:
        return
    meant = builds.is_meant_for_cpu(cpu[0])
    asked = _asked_for_torch(facts, matrix)
    if not facts.uses_stated and not facts.image.cuda.is_known and not asked and (meant or not facts.host.gpus.get()):
        raise FactAbsent("the CPU build of torch in an image without CUDA")
    platform = {"linux_aarch64": "arm64", "win_amd64": "Windows"}.get(builds.platform_of(facts), "x86_64")
    source = (
        ""
        if "+cpu" in (cpu[0].version or "")
        else (" from the …/whl/cpu index" if meant else f" from PyPI on {platform}")
    )
    why = f"{described(cpu[0])}{source} is a build without CUDA"
    pin = fitting.torch_pin(facts, matrix, (cpu[0].version or "").partition("+")[0])
    yield Finding(
        message=f"{why}: torch.cuda.is_available() is False, and what is meant for the GPU runs on the CPU.",
        severity=Severity.ERROR if facts.uses_stated else Severity.WARNING,
        remedy=(
            pin or _elsewhere(facts),
            "or, if the CPU is meant, state what does need the GPU: --uses LIST, without torch",
        ),
        verify='python -c "import torch; print(torch.version.cuda, torch.cuda.is_available())"',
        at=cpu[0].origin,
        evidence=(
            of_package(cpu[0]),
            of("launch.gpus", facts.launch.gpus) if asked else of("image.cuda", facts.image.cuda),
        ),
        sources=_SOURCES,
    )


def _asked_for_torch(facts: Facts, matrix: Matrix) -> bool:
    """Does the launch ask for a GPU that nothing else here can be meant to use? A reservation does not make a CPU build see it."""
    if not facts.launch.gpus.is_known or not (facts.uses.get() or frozenset()) <= {"torch"}:
        return False
    try:
        return not cuda_components(facts, matrix) and not _other_frameworks(facts)
    except FactUnknown:
        return False


def _other_frameworks(facts: Facts) -> bool:
    packages = facts.packages.get()
    return packages is None or bool(packages.gaps) or bool(packages.named(*_USE_THE_GPU_TOO))


def _elsewhere(facts: Facts) -> str:
    """PyTorch's own arm64 wheels are for servers; NVIDIA builds those for Jetson.
    Source: https://docs.nvidia.com/deeplearning/frameworks/install-pytorch-jetson-platform/index.html"""
    if is_jetson(facts.host):
        return (
            "install NVIDIA's PyTorch wheel for this JetPack release (https://docs.nvidia.com/deeplearning/frameworks/install-pytorch-jetson-platform/index.html),"
            " or start from an l4t image that holds it (nvcr.io/nvidia/l4t-pytorch, or nvcr.io/nvidia/pytorch with an -igpu tag)"
        )
    return "install a CUDA build of torch, from https://download.pytorch.org/whl/"


RULE = Rule(
    id="torch-cpu-wheel",
    kind=Kind.COMPATIBILITY,
    severity=Severity.ERROR,
    title="the CPU build of PyTorch is installed in a GPU image",
    seen=("AssertionError: Torch not compiled with CUDA enabled",),
    why="A +cpu version, or the …/whl/cpu index, is a build without CUDA; so is what PyPI serves for arm64 up to torch 2.10. It runs, on the CPU.",
    remedy=("install a CUDA build of the same version",),
    sources=_SOURCES,
    check=check,
)
