"""CUDA is in the image already, and the build installs another one beside it."""

from __future__ import annotations

from collections.abc import Iterator

from envdoctor.facts import FactAbsent, Facts, Package
from envdoctor.findings import Finding, Kind, Severity
from envdoctor.judging.evidence import of, of_package
from envdoctor.matrix import Matrix
from envdoctor.patterns import lazily
from envdoctor.rules.rule import Rule

_SOURCES = (
    "https://docs.nvidia.com/cuda/cuda-installation-guide-linux/#meta-packages",
    "https://hub.docker.com/r/nvidia/cuda",
)
_CONDA_SOURCES = ("https://docs.nvidia.com/cuda/cuda-installation-guide-linux/#conda-installation", _SOURCES[1])
_APT = lazily(
    r"cuda(-toolkit|-nvcc|-compiler|-libraries|-libraries-dev|-runtime|-cudart|-cudart-dev|-minimal-build)?-(\d{1,2})-(\d)"
)
_WHOLE = ("", "-toolkit", "-nvcc", "-compiler", "-minimal-build")
_CONDA = ("cudatoolkit", "cuda-toolkit", "cuda", "cuda-runtime", "pytorch-cuda", "cuda-nvcc")


def check(facts: Facts, matrix: Matrix) -> Iterator[Finding]:
    cuda, packages = facts.image.cuda, facts.packages.get()
    if (
        packages is None
        or not cuda.is_known
        or facts.image.family.get() not in ("nvidia/cuda", "pytorch", "ngc/pytorch")
    ):
        raise FactAbsent("the base image is not known to hold CUDA")
    own = ".".join(cuda.need().split(".")[:2])
    others = [(release, item) for item in packages.items for release in _release(item, facts, matrix) if release != own]
    if others:
        yield _beside(others, own, facts)
    conda = [item for item in packages.items if item.manager == "conda" and item.name in _CONDA]
    if conda and facts.image.flavor.get() in ("runtime", "devel"):
        yield _of_conda(conda, own, facts)


def _release(item: Package, facts: Facts, matrix: Matrix) -> Iterator[str]:
    """The CUDA release that an apt or yum package brings as a toolkit, "12.1"."""
    if item.manager not in ("apt", "yum") or item.installed:
        return
    match = _APT.fullmatch(item.name)
    if match is not None:
        yield f"{match.group(2)}.{match.group(3)}"
    elif item.name == "nvidia-cuda-toolkit":
        row = matrix.distribution(facts.image.os_id.get() or "", facts.image.os_version.get() or "")
        if row is not None and row.cuda is not None:
            yield row.cuda


def _beside(others: list[tuple[str, Package]], own: str, facts: Facts) -> Finding:
    release, first = others[0]
    match = _APT.fullmatch(first.name)
    distribution = match is None
    is_whole = distribution or any(
        found is None or (found.group(1) or "") in _WHOLE for found in (_APT.fullmatch(item.name) for _, item in others)
    )
    effect = (
        f"its nvcc is /usr/bin/nvcc, and programs are compiled with {release} or {own}, as PATH says"
        if distribution
        else "/usr/local/cuda points to one of them, and PATH and LD_LIBRARY_PATH decide which is compiled with and loaded"
        if is_whole
        else f"programs that look for CUDA {release} find it, at the cost of a second set of libraries"
    )
    return Finding(
        message=f"The image has CUDA {own}, and {first.name} installs CUDA {release} beside it: {effect}.",
        severity=Severity.WARNING if is_whole else Severity.NOTE,
        remedy=(
            f"install what is missing in the image's own release: cuda-toolkit-{own.replace('.', '-')} (or cuda-nvcc-, cuda-libraries-)",
            f"or start from an image with CUDA {release}",
        ),
        verify="docker run --rm IMAGE sh -c 'ls -d /usr/local/cuda*; command -v nvcc && nvcc --version'",
        at=first.origin,
        evidence=(*(of_package(item) for _, item in others[:4]), of("image.cuda", facts.image.cuda)),
        sources=_SOURCES,
    )


def _of_conda(conda: list[Package], own: str, facts: Facts) -> Finding:
    first = conda[0]
    wheel = next((item for item in facts.packages.need().named("torch") if item.manager in ("pip", "uv")), None)
    third = ", and the wheel of torch a third" if wheel is not None else ""
    return Finding(
        message=f"{first.name} brings a CUDA into the conda environment{third}: that of the image ({own}) is not used by what is in the environment, and is some gigabytes to pull for nothing.",
        severity=Severity.NOTE,
        remedy=(
            "start from the -base tag, or from an image of conda alone: what conda installs brings the libraries it needs",
            *(
                ("leave cudatoolkit out of the environment: the wheel of torch brings its own",)
                if wheel is not None
                else ()
            ),
        ),
        verify="docker run --rm IMAGE du -sh /usr/local/cuda/",
        at=first.origin,
        evidence=(
            *(of_package(item) for item in conda[:3]),
            *((of_package(wheel),) if wheel is not None else ()),
            of("image.cuda", facts.image.cuda),
        ),
        sources=_CONDA_SOURCES,
    )


RULE = Rule(
    id="cuda-installed-twice",
    kind=Kind.HYGIENE,
    severity=Severity.WARNING,
    title="the build installs a second CUDA beside the image's own",
    seen=(
        "RuntimeError: The detected CUDA version (11.5) mismatches the version that was used to compile PyTorch (12.4).",
    ),
    why=(
        "Every nvidia/cuda image holds the CUDA libraries, and -devel the compiler. A second toolkit of another release from apt, or Ubuntu's own nvidia-cuda-toolkit, puts a second nvcc on the path: extensions are compiled with one"
        " release and run with the other. CUDA packages of conda come with all that they need, so that the image's own are carried for nothing; wheels of torch are the ordinary case and are not told."
    ),
    remedy=("install from the release that the image has", "or start from a smaller tag, -base"),
    sources=(*_SOURCES, _CONDA_SOURCES[0]),
    check=check,
)
