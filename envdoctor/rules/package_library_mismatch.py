"""A package other than torch and ONNX Runtime needs CUDA or cuDNN libraries that the image does not hold."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from envdoctor.facts import FactAbsent, Facts, FactUnknown, Package
from envdoctor.findings import Finding, Kind, Severity
from envdoctor.judging import libraries
from envdoctor.judging.each import each
from envdoctor.judging.evidence import described, of, of_package
from envdoctor.judging.libraries import Answer, Supply
from envdoctor.matrix import Matrix
from envdoctor.matrix.rows import NeedRow
from envdoctor.rules.rule import Rule
from envdoctor.versions import leading

if TYPE_CHECKING:
    from packaging.specifiers import SpecifierSet

_SOURCES = (
    "https://github.com/OpenNMT/CTranslate2/blob/master/CHANGELOG.md",
    "https://opennmt.net/CTranslate2/installation.html",
)

_TENSORFLOW = frozenset({"tensorflow", "tensorflow-gpu"})


def check(facts: Facts, matrix: Matrix) -> Iterator[Finding]:
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
    fitting = [row for row in rows if _fits(row.specifier, package)]
    if not fitting:
        raise FactUnknown(f"what {described(package)} needs is not in the matrix")
    problems = [_problems(row, facts, matrix) for row in fitting]
    if not any(problems):
        return
    fits = [row for row in rows if not _problems(row, facts, matrix)]
    certain = all(any(problem.answer.supply is Supply.MISSING for problem in of_row) for of_row in problems)
    newest = next(of_row for of_row in reversed(problems) if of_row)
    for problem in newest:
        yield _finding(package, problem, certain, (fitting, fits), facts)
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
    """faster-whisper needs what the CTranslate2 beside it needs; its own version says nothing."""
    via = next((row.via for row in rows if row.via), None)
    if via is None:
        return package, rows
    beside = (facts.packages.need()).named(via)
    if beside:
        raise FactAbsent(f"{via} is judged itself")
    return Package(via, installed=True, manager=package.manager, origin=package.origin), matrix.needs(via)


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
    package: Package, problem: _Problem, certain: bool, of_version: tuple[list[NeedRow], list[NeedRow]], facts: Facts
) -> Finding:
    """`of_version`: the rows of the package's version, and those of versions for which all is there."""
    rows, fits = of_version
    what, number, answer = problem
    lib = f"libcublas.so.{number}" if what == "CUDA" else f"libcudnn.so.{number}"
    cpu = " It goes on with the CPU and one line in the log." if package.name in _TENSORFLOW else ""
    flavor = "cudnn8-runtime" if (what, number) == ("cuDNN", 8) else "cudnn-runtime"
    return Finding(
        message=f"{described(package)} {'needs' if certain else 'may need'} {what} {number} ({lib}){_told(answer)}.{cpu}",
        severity=_severity(package, certain and answer.supply is Supply.MISSING),
        remedy=(
            f"use a base image with {what} {number} (a {flavor} flavor)",
            *_pins(package, fits),
            "or install the nvidia wheels and put their lib folders on LD_LIBRARY_PATH",
        ),
        verify=f'python -c "import {package.name.replace("-", "_")}"',
        at=package.origin,
        evidence=(
            of_package(package),
            of(f"image.{what.lower()}", facts.image.cuda if what == "CUDA" else facts.image.cudnn),
            of("image.flavor", facts.image.flavor),
        ),
        sources=(*rows[-1].source, *_SOURCES)[:3],
    )


def _severity(package: Package, missing: bool) -> Severity:
    """TensorFlow goes on with the CPU; the others stop."""
    if not missing:
        return Severity.NOTE
    return Severity.WARNING if package.name in _TENSORFLOW else Severity.ERROR


def _pins(package: Package, fits: list[NeedRow]) -> tuple[str, ...]:
    return (f'or pip install "{package.name}{fits[-1].specifier}"',) if fits else ()


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
