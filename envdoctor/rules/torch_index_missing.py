"""An index of PyTorch that does not exist: …/whl/cu131, …/whl/cu12.1."""

from __future__ import annotations

import re
from collections.abc import Iterator

from envdoctor.facts import FactAbsent, Facts, FactUnknown, Package
from envdoctor.findings import Finding, Kind, Severity
from envdoctor.judging import builds, fitting
from envdoctor.judging.each import each
from envdoctor.judging.evidence import of, of_package
from envdoctor.matrix import Matrix
from envdoctor.patterns import lazily
from envdoctor.rules.rule import Rule
from envdoctor.versions import numbers

_SOURCES = (
    "https://pytorch.org/get-started/previous-versions/",
    "https://github.com/pytorch/pytorch/blob/main/.github/scripts/generate_binary_build_matrix.py",
)
_NAMES = ("torch", "torchvision", "torchaudio", "torchtext", "torchdata")
_FOLDER = lazily(r"https?://download(?:-r2)?\.pytorch\.org/whl/((?:cu|cuda)-?[0-9._]{1,8})/?", re.ASCII)


def check(facts: Facts, matrix: Matrix) -> Iterator[Finding]:
    found = [item for item in facts.packages.need().named(*_NAMES) if _folders(item)]
    if not found:
        raise FactAbsent("no package comes from a CUDA index of PyTorch")
    told: set[str] = set()
    yield from each(found, lambda item: _judge(item, facts, matrix, told))


def _folders(package: Package) -> list[tuple[str, bool]]:
    """The last parts of the addresses, and whether that is the only index."""
    only = [(package.index, True)] if package.index else []
    addresses = [*only, *((address, False) for address in package.extra_indexes)]
    matches = [(_FOLDER.fullmatch(address), alone) for address, alone in addresses if address]
    return [(match.group(1), alone) for match, alone in matches if match]


def _judge(package: Package, facts: Facts, matrix: Matrix, told: set[str]) -> Iterator[Finding]:
    """One finding for each address: torch, torchvision and torchaudio come in one line."""
    published = {row.index for row in matrix.torch_indexes()}
    for folder, alone in _folders(package):
        if folder in published or folder in told:
            continue
        cuda = _cuda(folder)
        if re.fullmatch(r"cu\d{2,3}", folder) and numbers(cuda) > numbers(matrix.newest_cuda_tag_release())[:2]:
            raise FactUnknown(
                f"whether PyTorch has an index {folder} is not known: CUDA {cuda} is newer than the matrix"
            )
        told.add(folder)
        yield _finding(package, folder, alone and not package.extra_indexes, facts, matrix)


def _cuda(folder: str) -> str:
    """ "cu131" is 13.1; "cu12.1", "cuda-121" and "cu117.1" as they were meant."""
    digits = re.sub(r"[^0-9]", "", folder)[:3]
    return f"{digits[:-1]}.{digits[-1]}" if len(digits) > 1 else digits


def _finding(package: Package, folder: str, alone: bool, facts: Facts, matrix: Matrix) -> Finding:
    pinned = "+" in (package.version or "")
    stops = alone or pinned
    effect = (
        builds.not_found(package)
        if stops
        else f"{package.manager} passes over it and takes {package.name} from the default index, with the CUDA of that build"
    )
    pin = fitting.torch_pin(facts, matrix, (package.version or "").partition("+")[0] or None)
    return Finding(
        message=f"PyTorch publishes no index {folder} (there are {_near(folder, matrix)}): {effect}.",
        severity=Severity.ERROR if stops else Severity.WARNING,
        remedy=(
            *_remedies(folder, matrix),
            *((f"or, for this host and Python: {pin}",) if pin and package.name == "torch" else ()),
            "do not derive the index from CUDA_VERSION: PyTorch builds for some CUDA releases only",
        ),
        verify=f"python3 -m pip download --no-deps {package.name} --index-url https://download.pytorch.org/whl/{folder}",
        at=package.origin,
        evidence=(of_package(package), of("image.cuda", facts.image.cuda)),
        sources=_SOURCES,
    )


def _near(folder: str, matrix: Matrix) -> str:
    """Those of the same CUDA major, else the newest."""
    names = [row.index for row in matrix.torch_indexes() if numbers(row.cuda)[:1] == numbers(_cuda(folder))[:1]]
    return ", ".join(names or [row.index for row in matrix.torch_indexes()][-4:])


def _remedies(folder: str, matrix: Matrix) -> tuple[str, ...]:
    """A CUDA older than asked within the major runs on the same driver."""
    asked = numbers(_cuda(folder))
    same = [row.index for row in matrix.torch_indexes() if numbers(row.cuda)[:1] == asked[:1]]
    below = [row.index for row in matrix.torch_indexes() if row.index in same and numbers(row.cuda) <= asked]
    best = (below or same)[-1:]
    return tuple(f"use https://download.pytorch.org/whl/{name}" for name in best)


RULE = Rule(
    id="torch-index-missing",
    kind=Kind.COMPATIBILITY,
    severity=Severity.ERROR,
    title="PyTorch is to come from an index that does not exist",
    seen=("ERROR: Could not find a version that satisfies the requirement torch==2.10.0 (from versions: none)",),
    why=(
        "https://download.pytorch.org/whl has a folder for each CUDA release that PyTorch is built with, written without a dot: cu126, cu130. Each release of PyTorch is built with two or three of"
        " them. There is none for every toolkit (no cu122, cu125, cu131, cu134)."
    ),
    remedy=("take the folder of the nearest older CUDA release of the same major: its wheels bring their own CUDA",),
    sources=_SOURCES,
    check=check,
)
