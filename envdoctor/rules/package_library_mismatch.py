"""A package other than torch and ONNX Runtime needs CUDA or cuDNN libraries that the image does not hold."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from envdoctor.facts import FactAbsent, Facts, FactUnknown, Package
from envdoctor.findings import Finding, Kind, Severity
from envdoctor.judging import fitting, libraries
from envdoctor.judging.builds import onnxruntime_builds
from envdoctor.judging.each import each
from envdoctor.judging.evidence import described, of, of_package
from envdoctor.judging.launching import needs_a_gpu_in_the_container
from envdoctor.judging.libraries import Answer, Supply
from envdoctor.matrix import Matrix
from envdoctor.matrix.rows import NeedRow
from envdoctor.rules.rule import Rule
from envdoctor.versions import leading, major, parse

if TYPE_CHECKING:
    from packaging.specifiers import SpecifierSet

_SOURCES = (
    "https://github.com/OpenNMT/CTranslate2/blob/master/CHANGELOG.md",
    "https://opennmt.net/CTranslate2/installation.html",
)

_TENSORFLOW = frozenset({"tensorflow", "tensorflow-gpu"})


def check(facts: Facts, matrix: Matrix) -> Iterator[Finding]:
    needs_a_gpu_in_the_container(facts)
    packages = facts.packages.need()
    judged = {"torch", "onnxruntime-gpu"}
    direct = [(item, matrix.needs(item.name)) for item in packages.items if item.name not in judged]
    needing = [(item, rows) for item, rows in direct if rows]
    if not needing:
        if packages.gaps and not facts.uses_stated:
            raise FactUnknown(f"whether other packages load CUDA libraries is not known: {packages.gaps[0]}")
        raise FactAbsent("no other package that loads CUDA libraries is known to be installed")
    yield from each(needing, lambda pair: _judge(pair[0], pair[1], facts, matrix))


def _judge(package: Package, rows: tuple[NeedRow, ...], facts: Facts, matrix: Matrix) -> Iterator[Finding]:
    _cpu_is_meant(package, facts)
    package, rows = _through(package, rows, facts, matrix)
    possible = _possible(package, rows, facts)
    if not possible:
        raise FactUnknown(f"what {described(package)} needs is not in the matrix")
    problems = [_problems(row, facts, matrix) for row in possible]
    if not any(problems):
        return
    certain = all(any(problem.answer.supply is Supply.MISSING for problem in of_row) for of_row in problems)
    row, newest = next(pair for pair in reversed(list(zip(possible, problems, strict=True))) if pair[1])
    remedies = _remedies(package, row, rows, facts, matrix)
    for problem in newest:
        yield _finding(package, problem, certain, (row, remedies), facts)
    if not certain:
        raise FactUnknown(
            f"whether {described(package)} finds the libraries it needs is not known: {newest[0].answer.found}"
        )


class _Problem(NamedTuple):
    what: str  # CUDA or cuDNN
    number: int
    answer: Answer


def _problems(row: NeedRow, facts: Facts, matrix: Matrix) -> list[_Problem]:
    """What of one version's needs is not plainly there."""
    asked = (("CUDA", row.cuda_major, libraries.cuda), ("cuDNN", row.cudnn, libraries.cudnn))
    found = [
        _Problem(what, number, supply(facts, matrix, number)) for what, number, supply in asked if number is not None
    ]
    enough = (Supply.THERE, Supply.IF_LOADED) if row.name in _TENSORFLOW else (Supply.THERE,)
    return [problem for problem in found if problem.answer.supply not in enough]


def _cpu_is_meant(package: Package, facts: Facts) -> None:
    """TensorFlow's one package is for the CPU too, where no CUDA is around; its [and-cuda] extra brings the libraries, and it
    finds NVIDIA's wheels by itself. Source: https://www.tensorflow.org/install/pip"""
    if package.name in _TENSORFLOW and "and-cuda" in package.extras:
        raise FactAbsent("tensorflow's [and-cuda] extra brings CUDA and cuDNN")
    if package.name in _TENSORFLOW and facts.image.cuda.is_absent:
        raise FactAbsent("tensorflow in an image without CUDA runs on the CPU")


def _through(
    package: Package, rows: tuple[NeedRow, ...], facts: Facts, matrix: Matrix
) -> tuple[Package, tuple[NeedRow, ...]]:
    """faster-whisper needs what the CTranslate2 beside it needs. Without one named beside it pip brings a version that it asks
    for: the row's majors tell which those are. A row for every version (whisperx) tells that of the newest only, as pip
    takes it: what an older one asks for is not known."""
    asking = [row for row in rows if row.via and _fits(row.specifier, package)]
    via = next((row.via for row in rows if row.via), None)
    if via is None:
        return package, rows
    beside = (facts.packages.need()).named(via)
    if beside:
        raise FactAbsent(f"{via} is judged itself")
    newest = not package.version and not package.specifier
    settled = newest or all(row.specifier for row in asking)
    brought = Package(via, installed=package.installed or not settled, manager=package.manager, origin=package.origin)
    majors = {row.cuda_major for row in asking}
    return brought, tuple(row for row in matrix.needs(via) if None in majors or row.cuda_major in majors or not majors)


_NEEDS_PYTHON = {"ctranslate2": (3, 9)}  # from 4.6.0 on. Source: PyPI: ctranslate2 (Requires-Python)


def _possible(package: Package, rows: tuple[NeedRow, ...], facts: Facts) -> list[NeedRow]:
    """What the versions need that the package can mean: of a declaration the newest, which pip takes, unless the image's
    Python may be too old for it. Rows stand in the order of the versions, where they overlap with the specifier."""
    found = [row for row in rows if _fits(row.specifier, package)]
    python = leading(facts.image.python.get() or "")
    oldest = _NEEDS_PYTHON.get(package.name)
    too_old = python is not None and oldest is not None and tuple(parse(python)[:2]) < oldest
    if package.installed or package.version is not None or too_old or package.name not in _NEEDS_PYTHON:
        return found
    return found[-1:]


def _fits(specifier: str, package: Package) -> bool:
    from packaging.specifiers import SpecifierSet

    try:
        ours, wanted = SpecifierSet(package.specifier), SpecifierSet(specifier)
        if package.version is not None:
            return wanted.contains(package.version, prereleases=True)
        return any(ours.contains(version) and wanted.contains(version) for version in _around(ours, wanted))
    except ValueError:
        return True


def _around(*sets: SpecifierSet) -> Iterator[str]:
    """Versions at, just above and just below every bound: two ranges overlap where one of them lies in both."""
    for bound in {"1", *(part.version.removesuffix(".*") for each_set in sets for part in each_set)}:
        numbers = [int(number) for number in (leading(bound) or "0").split(".")]
        yield bound
        yield f"{bound}.1"
        while numbers and numbers[-1] == 0:
            numbers.pop()
        if numbers:
            yield ".".join(str(number) for number in [*numbers[:-1], numbers[-1] - 1, 9999])


def _finding(
    package: Package, problem: _Problem, certain: bool, of_row: tuple[NeedRow, tuple[str, ...]], facts: Facts
) -> Finding:
    """`of_row`: what the version needs, and what mends it."""
    row, remedies = of_row
    what, number, answer = problem
    lib = f"libcublas.so.{number}" if what == "CUDA" else f"libcudnn.so.{number}"
    cpu = " It goes on with the CPU and one line in the log." if package.name in _TENSORFLOW else ""
    return Finding(
        message=f"{described(package)} {'needs' if certain else 'may need'} {what} {number} ({lib}){_told(answer)}.{cpu}",
        severity=_severity(package, certain and answer.supply is Supply.MISSING),
        remedy=remedies,
        verify=f'python -c "import {package.name.replace("-", "_")}"',
        at=package.origin,
        evidence=(
            of_package(package),
            of(f"image.{what.lower()}", facts.image.cuda if what == "CUDA" else facts.image.cudnn),
            of("image.flavor", facts.image.flavor),
        ),
        sources=(*row.source, *_SOURCES)[:3],
    )


def _remedies(
    package: Package, row: NeedRow, rows: tuple[NeedRow, ...], facts: Facts, matrix: Matrix
) -> tuple[str, ...]:
    """The image that holds all the version needs, unless onnxruntime-gpu beside it needs other majors; a version that needs what
    is there (else what onnxruntime-gpu needs); the wheels."""
    beside = _onnxruntime_needs(facts, matrix)
    image = (_image(row, facts, matrix),) if not beside or any(_agrees(row, need) for need in beside) else ()
    fits = [other for other in rows if not _problems(other, facts, matrix)]
    fits = fits or [other for other in rows if any(_agrees(other, need) for need in beside)]
    pin = (f'pip install "{package.name}{fits[-1].specifier}"',) if fits and fits[-1] != row else ()
    found = (*image, *pin, "install the nvidia wheels and put their lib folders on LD_LIBRARY_PATH")
    return (found[0], *(f"or {remedy}" for remedy in found[1:]))


def _image(row: NeedRow, facts: Facts, matrix: Matrix) -> str:
    such_as = fitting.such_as(str(row.cuda_major), row.cudnn, facts, matrix) if row.cuda_major else ""
    wanted = " and ".join(
        f"{name} {number}" for name, number in (("CUDA", row.cuda_major), ("cuDNN", row.cudnn)) if number
    )
    flavor = "" if row.cudnn else " (a runtime or devel flavor)"
    return f"use a base image with {wanted}{flavor}{such_as}"


def _onnxruntime_needs(facts: Facts, matrix: Matrix) -> list[tuple[int, int]]:
    """The CUDA and cuDNN majors of the onnxruntime-gpu builds that the packages can mean."""
    packages = facts.packages.need().named("onnxruntime-gpu")
    return [(major(row.cuda), row.cudnn) for item in packages for row in onnxruntime_builds(item, facts, matrix)]


def _agrees(row: NeedRow, need: tuple[int, int]) -> bool:
    return row.cuda_major in (None, need[0]) and row.cudnn in (None, need[1])


def _severity(package: Package, missing: bool) -> Severity:
    """TensorFlow goes on with the CPU; the others stop."""
    if not missing:
        return Severity.NOTE
    return Severity.WARNING if package.name in _TENSORFLOW else Severity.ERROR


def _told(answer: Answer) -> str:
    if answer.supply is Supply.IF_LOADED:
        return (
            f", which is only in {answer.found}: it is found through LD_LIBRARY_PATH, or if the program loads it first"
        )
    return f", and {answer.found}"


RULE = Rule(
    id="package-library-mismatch",
    kind=Kind.COMPATIBILITY,
    severity=Severity.ERROR,
    title="a package needs CUDA or cuDNN libraries that the image does not hold",
    seen=(
        "Unable to load any of {libcudnn_ops.so.9.1.0, libcudnn_ops.so.9.1, libcudnn_ops.so.9, libcudnn_ops.so}",
        "RuntimeError: Library libcublas.so.12 is not found or cannot be loaded",
        "Could not load library libcudnn_ops_infer.so.8",
    ),
    why=(
        "CTranslate2 (faster-whisper, WhisperX) and others load cuBLAS and cuDNN of one major from the system. base and runtime flavors of nvidia/cuda have no cuDNN, base has"
        " no cuBLAS either, and NVIDIA's wheels are not on the loader's path."
    ),
    remedy=("use a cudnn flavor with the major that the package needs", "or pin the version of the package that fits"),
    sources=_SOURCES,
    check=check,
)
