"""The image that runs rests on a -devel base, with compilers and headers that nothing in the build uses."""

from __future__ import annotations

import re
from collections.abc import Iterator

from envdoctor.facts import Build, FactAbsent, Facts, Package, Statement
from envdoctor.findings import Finding, Kind, Severity
from envdoctor.judging.evidence import of
from envdoctor.judging.images import split
from envdoctor.judging.shell_words import program
from envdoctor.matrix import Matrix
from envdoctor.patterns import lazily
from envdoctor.rules.rule import Rule

_SOURCES = (
    "https://hub.docker.com/r/nvidia/cuda",
    "https://docs.docker.com/build/building/multi-stage/",
)
_FAMILIES = ("nvidia/cuda", "pytorch")
_COMPILERS = frozenset(
    "nvcc gcc g++ cc c++ clang clang++ make cmake ninja meson cargo go rustc bazel scons ninja-build nvc nvc++".split()
)
_COMPILE = lazily(
    r"git\+|\.git$|\.tar\.gz$|\.zip$|\.cu$|setup\.py|^\.{1,2}(?:/|\[|$)|^-e$|^--editable|^--no-binary|^--no-build-isolation|\.sh$"
)
_SETTINGS = (
    "TORCH_CUDA_ARCH_LIST",
    "FORCE_CUDA",
    "CUDACXX",
    "MAX_JOBS",
    "CMAKE_ARGS",
    "CUDA_HOME",
    "CMAKE_CUDA_ARCHITECTURES",
    "FLASH_ATTENTION_FORCE_BUILD",
)
# They compile, as a part of the build or in the container, or are used by who does
_TOOLS = frozenset(
    "cmake ninja ninja-build pybind11 nvidia-cuda-toolkit bazel meson nsight-systems cuda-gdb gdb openssh-server code-server".split()
)
# A distribution of conda holds no CUDA
_CONDA_INSTALLER = lazily(r"(?:Anaconda|Miniconda|Miniforge|Mambaforge)[\w.-]{0,80}\.sh")


def check(facts: Facts, matrix: Matrix) -> Iterator[Finding]:
    build, image = facts.build.need(), facts.image
    if image.flavor.get() != "devel" or image.family.get() not in _FAMILIES:
        raise FactAbsent("the image that is built rests on no -devel tag that has a -runtime one")
    packages = facts.packages.get()
    gaps = [gap for gap in packages.gaps if _CONDA_INSTALLER.search(gap) is None] if packages is not None else []
    if packages is None or gaps or any(_is_for_building(item, matrix) for item in packages.items):
        return
    if not packages.items or _compiles(build) or any(name in (image.env.get() or {}) for name in _SETTINGS):
        return
    yield _finding(facts, matrix)


def _is_for_building(item: Package, matrix: Matrix) -> bool:
    return item.name in _TOOLS or matrix.toolkit_user(item.name) is not None


def _compiles(build: Build) -> bool:
    arguments = {each.name for each in build.variables}
    return not arguments.isdisjoint(_SETTINGS) or any(_may_compile(each) for each in build.statements)


def _may_compile(statement: Statement) -> bool:
    """What is not known may."""
    name = program(statement)
    if not name or name in _COMPILERS or (statement.words[0] or "").endswith(".sh"):
        return True
    words = statement.words[1:]
    if name in ("git",):
        return "clone" in words
    if re.fullmatch(r"pip[0-9.]*|python[0-9.]*|uv|poetry|pdm", name):
        return None in words or any(word and _COMPILE.search(word) for word in words)
    return name in ("source", ".") and len(words) > 0 and (words[0] or "").endswith(".sh")


def _finding(facts: Facts, matrix: Matrix) -> Finding:
    reference = facts.image.reference.get() or "the image"
    other = _runtime_tag(facts, matrix)
    first = f"FROM {other}" if other else "start from the -runtime tag of a release that is published"
    return Finding(
        message=f"{reference} is for building: it holds nvcc, headers and static libraries, some gigabytes of them, and nothing in this build or what it installs compiles.",
        severity=Severity.NOTE,
        remedy=(
            first,
            "or, if something is to be compiled: build in a stage FROM the -devel tag, and COPY --from= it into one FROM the -runtime tag",
        ),
        verify="docker run --rm IMAGE du -sh /usr/local/cuda/",
        at=facts.image.reference.origin,
        evidence=(of("image.reference", facts.image.reference), of("image.flavor", facts.image.flavor)),
        sources=_SOURCES,
    )


def _runtime_tag(facts: Facts, matrix: Matrix) -> str | None:
    """The same tag as -runtime, where the matrix knows that it can be pulled."""
    reference = facts.image.reference.get() or ""
    repository, tag, _ = split(reference)
    other = tag.replace("-devel", "-runtime")
    if facts.image.family.get() == "pytorch":
        return f"{repository}:{other}" if facts.image.status.get() == "published" else None
    row = matrix.cuda_tag(other)
    return f"{repository}:{other}" if row is not None and row.status == "published" else None


RULE = Rule(
    id="devel-image-shipped",
    kind=Kind.HYGIENE,
    severity=Severity.NOTE,
    title="the image that runs rests on a -devel base, and nothing in it compiles",
    seen=(),
    why=(
        "-devel tags of nvidia/cuda and pytorch/pytorch add nvcc, headers, static libraries and profilers to the -runtime ones; the wheels of PyTorch, ONNX Runtime and the like need none of them. They are pulled by every host,"
        " and count in every scan. Packages that compile when they run keep this rule silent."
    ),
    remedy=("start from the -runtime tag", "or compile in a stage of its own"),
    sources=_SOURCES,
    check=check,
)
