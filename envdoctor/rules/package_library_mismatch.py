"""A package other than torch and ONNX Runtime needs CUDA or cuDNN libraries that the image does not hold."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from envdoctor.facts import FactAbsent, Facts, FactUnknown, Package
from envdoctor.findings import Finding, Kind, Severity
from envdoctor.judging import libraries
from envdoctor.judging.each import each
from envdoctor.judging.evidence import described, of, of_package
from envdoctor.judging.libraries import Answer, Supply
from envdoctor.matrix import Matrix
from envdoctor.matrix.rows import NeedRow
from envdoctor.rules.rule import Rule

_SOURCES = ("https://github.com/OpenNMT/CTranslate2/blob/master/CHANGELOG.md", "https://opennmt.net/CTranslate2/installation.html")


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
    package, rows = _through(package, rows, facts, matrix)
    fitting = [row for row in rows if _fits(row.specifier, package)]
    if not fitting:
        raise FactUnknown(f"what {described(package)} needs is not in the matrix")
    problems = [_problems(row, facts, matrix) for row in fitting]
    if not any(problems):
        return
    certain = all(any(problem.answer.supply is Supply.MISSING for problem in of_row) for of_row in problems)
    newest = next(of_row for of_row in reversed(problems) if of_row)
    for problem in newest:
        yield _finding(package, problem, certain, fitting, facts)
    if not certain:
        raise FactUnknown(f"whether {described(package)} finds the libraries it needs is not known: {newest[0].answer.found}")


class _Problem(NamedTuple):
    what: str  # CUDA or cuDNN
    number: int
    answer: Answer


def _problems(row: NeedRow, facts: Facts, matrix: Matrix) -> list[_Problem]:
    """What of one version's needs is not plainly there."""
    asked = (("CUDA", row.cuda_major, libraries.cuda), ("cuDNN", row.cudnn, libraries.cudnn))
    found = [_Problem(what, number, supply(facts, matrix, number)) for what, number, supply in asked if number is not None]
    return [problem for problem in found if problem.answer.supply is not Supply.THERE]


def _through(package: Package, rows: tuple[NeedRow, ...], facts: Facts, matrix: Matrix) -> tuple[Package, tuple[NeedRow, ...]]:
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

    if package.version is None:
        return True
    try:
        return SpecifierSet(specifier).contains(package.version, prereleases=True)
    except ValueError:
        return True


def _finding(package: Package, problem: _Problem, certain: bool, rows: list[NeedRow], facts: Facts) -> Finding:
    what, number, answer = problem
    lib = f"libcublas.so.{number}" if what == "CUDA" else f"libcudnn.so.{number}"
    flavor = "cudnn8-runtime" if (what, number) == ("cuDNN", 8) else "cudnn-runtime"
    return Finding(
        message=f"{described(package)} {'needs' if certain else 'may need'} {what} {number} ({lib}){_told(answer)}.",
        severity=Severity.ERROR if certain and answer.supply is Supply.MISSING else Severity.NOTE,
        remedy=(
            f"use a base image with {what} {number} (a {flavor} flavor)",
            f"or pin the {package.name} version that needs what is there",
            "or install the nvidia wheels and put their lib folders on LD_LIBRARY_PATH",
        ),
        verify=f'python -c "import {package.name.replace("-", "_")}"',
        at=package.origin,
        evidence=(of_package(package), of(f"image.{what.lower()}", facts.image.cuda if what == "CUDA" else facts.image.cudnn), of("image.flavor", facts.image.flavor)),
        sources=(*rows[-1].source, *_SOURCES)[:3],
    )


def _told(answer: Answer) -> str:
    if answer.supply is Supply.IF_LOADED:
        return f", which is only in {answer.found}: it is found through LD_LIBRARY_PATH, or if the program loads it first"
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
