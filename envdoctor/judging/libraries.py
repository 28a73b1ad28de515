"""Who provides the CUDA and cuDNN libraries that a package loads from the system: the image, wheels, conda, torch.

"system" libraries are found by the loader. NVIDIA's pip wheels and torch's are not on the loader's path: they serve
another package only if the program loads them first (`import torch`, `onnxruntime.preload_dlls()`, LD_LIBRARY_PATH).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from enum import Enum
from typing import NamedTuple

from envdoctor.facts import Fact, Facts, FactUnknown, Package
from envdoctor.judging import builds
from envdoctor.matrix import Matrix
from envdoctor.matrix.rows import OrtRow
from envdoctor.versions import at_least, leading, major

_CUBLAS_APT = ("libcublas-", "cuda-libraries-", "cuda-toolkit-", "cuda-runtime-", "cuda-12-", "cuda-11-", "cuda-13-")


class Supply(str, Enum):
    THERE = "there"  # the loader finds it
    IF_LOADED = "if loaded first"  # only in wheels: depends on the program
    MISSING = "missing"
    UNKNOWN = "unknown"


class Answer(NamedTuple):
    """`found` says what is there instead or in which way, for the message."""

    supply: Supply
    found: str


class Need(NamedTuple):
    """A major that a package needs, and who supplies it."""

    number: int
    supply: Supply
    found: str


def settled(name: str, needed: Iterable[int], who: str, ask: Callable[[int], Answer], nearest: str = "") -> Need:
    """The one answer for all majors of library `name` that `who` may need. Raises FactUnknown where none is known, they
    differ, or the supply is not known. `nearest` follows the reason where none is known."""
    numbers = sorted(set(needed))
    if not numbers:
        raise FactUnknown(f"which {name} {who} needs is not known{nearest}")
    answers = [ask(number) for number in numbers]
    if len({answer.supply for answer in answers}) > 1 or answers[-1].supply is Supply.UNKNOWN:
        choices = " or ".join(map(str, numbers))
        raise FactUnknown(f"whether {name} {choices} is there for {who} is not known: {answers[-1].found}")
    return Need(numbers[-1], answers[-1].supply, answers[-1].found)


def cuda(facts: Facts, matrix: Matrix, wanted: int) -> Answer:
    """Are cuBLAS and the runtime of CUDA `wanted` (a major) there for a package that links to the system's?"""
    system = facts.image.cuda
    in_image = _major(system)
    if in_image == wanted and _has_cublas(facts):
        return Answer(Supply.THERE, f"CUDA {system.get()} of the image")
    if _library(facts, f"libcublasLt.so.{wanted}") or _library(facts, f"libcublas.so.{wanted}"):
        return Answer(Supply.THERE, "the image's own libraries")
    wheels = [how for number, how in _cuda_wheels(facts, matrix) if number == wanted]
    if wheels:
        return Answer(Supply.IF_LOADED, wheels[0])
    if in_image == wanted:
        return _lacking(facts, f"the image's flavor is base: CUDA {system.get()} without cuBLAS")
    return _lacking(facts, _what_is_there("CUDA", system), system)


def cudnn(facts: Facts, matrix: Matrix, wanted: int) -> Answer:
    """Is cuDNN `wanted` (a major) there?"""
    system = facts.image.cudnn
    if _major(system) == wanted or _library(facts, f"libcudnn.so.{wanted}"):
        return Answer(Supply.THERE, f"cuDNN {system.get()} of the image")
    wheels = [how for number, how in _cudnn_wheels(facts, matrix) if number == wanted]
    if wheels:
        return Answer(Supply.IF_LOADED, wheels[0])
    return _lacking(facts, _what_is_there("cuDNN", system), system)


def _lacking(facts: Facts, found: str, system: Fact[str] | None = None) -> Answer:
    """Missing for certain only if the system's side is known and nothing else can be installed."""
    packages = facts.packages.get()
    if system is not None and system.is_unknown:
        return Answer(Supply.UNKNOWN, system.reason)
    if packages is None:
        return Answer(Supply.UNKNOWN, facts.packages.reason)
    if packages.gaps:
        return Answer(Supply.UNKNOWN, f"{found}; {packages.gaps[0]}")
    return Answer(Supply.MISSING, found)


def _what_is_there(name: str, fact: Fact[str]) -> str:
    return f"the image holds {name} {fact.get()}" if fact.is_known else f"there is no {name}: {fact.reason}"


def _major(fact: Fact[str]) -> int | None:
    number = leading(fact.get() or "")
    return major(number) if number else None


def _has_cublas(facts: Facts) -> bool:
    """Every flavor but base holds it; base does once apt installed it. An unknown flavor is taken to hold it, since
    images that state a CUDA version without being nvidia/cuda's base are builds on a larger flavor."""
    if facts.image.flavor.get() != "base":
        return True
    packages = facts.packages.get()
    return any(
        item.name.startswith(_CUBLAS_APT)
        for item in (packages.items if packages else ())
        if item.manager in ("apt", "yum")
    )


def _library(facts: Facts, soname: str) -> bool:
    """What lies in a Python package is not found by its name."""
    found = (library for library in facts.libraries.get() or () if library.soname == soname)
    return any(library.origin in (None, "system", "LD_LIBRARY_PATH") for library in found)


def _items(facts: Facts) -> tuple[Package, ...]:
    packages = facts.packages.get()
    return packages.items if packages else ()


def _cuda_wheels(facts: Facts, matrix: Matrix) -> Iterator[tuple[int, str]]:
    for item in _items(facts):
        number = _cuda_suffix(item.name)
        if number and item.name.startswith(("nvidia-cublas", "nvidia-cudnn")):
            yield number, f"{item.name}, a wheel that the loader does not search"
        if item.name == "nvidia-cublas" and item.version:
            yield int(item.version.split(".")[0]), "nvidia-cublas, a wheel that the loader does not search"
        if item.name == "onnxruntime-gpu" and "cudnn" in item.extras:
            for row in _with_extras(item, facts, matrix):
                yield major(row.cuda), "the [cuda,cudnn] extras, wheels that the loader does not search"
        if item.name == "torch" and item.manager != "image":
            for build in builds.torch_builds(item, facts, matrix):
                yield major(build.cuda or "0"), "torch's own wheels, which count only once torch is imported"


def _cudnn_wheels(facts: Facts, matrix: Matrix) -> Iterator[tuple[int, str]]:
    for item in _items(facts):
        if item.name.startswith("nvidia-cudnn-cu"):
            number = leading(item.version or "9")
            yield major(number or "9"), f"{item.name}, a wheel that the loader does not search"
        if item.name == "onnxruntime-gpu" and "cudnn" in item.extras:
            for row in _with_extras(item, facts, matrix):
                yield row.cudnn, "the [cudnn] extra, a wheel that the loader does not search"
        if item.name == "torch" and item.manager != "image":
            for build in builds.torch_builds(item, facts, matrix):
                yield major(build.cudnn or "0"), "torch's own wheels, which count only once torch is imported"


def _with_extras(item: Package, facts: Facts, matrix: Matrix) -> Iterator[OrtRow]:
    """The builds whose [cuda,cudnn] extras bring wheels: from 1.21 on, for CUDA 12 and later; pip ignores an extra that
    a build does not have. Source: https://github.com/microsoft/onnxruntime/pull/23659"""
    for row in builds.onnxruntime_builds(item, facts, matrix):
        if at_least(row.version, "1.21") and major(row.cuda) >= 12:
            yield row


def _cuda_suffix(name: str) -> int | None:
    """nvidia-cublas-cu12 -> 12."""
    tail = name.rpartition("-cu")[2]
    return int(tail) if tail.isdigit() and len(tail) == 2 else None
