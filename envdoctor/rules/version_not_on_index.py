"""The pinned version is not on PyPI: it was removed, or never released under this number."""

from __future__ import annotations

from collections.abc import Iterator

from envdoctor.facts import FactAbsent, Facts, FactUnknown, Package
from envdoctor.findings import Finding, Kind, Severity
from envdoctor.judging import builds
from envdoctor.judging.each import each
from envdoctor.judging.evidence import described, of_package
from envdoctor.matrix import Matrix
from envdoctor.rules.rule import Rule
from envdoctor.versions import VersionError, parse

_SOURCES = (
    "https://github.com/microsoft/onnxruntime/issues/22747",
    "https://github.com/microsoft/onnxruntime/issues/20737",
)


def check(facts: Facts, matrix: Matrix) -> Iterator[Finding]:
    pinned = [
        item
        for item in facts.packages.need().named("onnxruntime-gpu", "torch")
        if not item.installed
        and item.manager in ("pip", "uv")
        and item.version
        and not item.index
        and not item.extra_indexes
    ]
    if not pinned:
        raise FactAbsent("no exact version of torch or onnxruntime-gpu is installed from PyPI alone")
    yield from each(pinned, lambda package: _judge(package, facts, matrix))


def _judge(package: Package, facts: Facts, matrix: Matrix) -> Iterator[Finding]:
    served = _served(package, facts, matrix)
    public = (package.version or "").partition("+")[0]
    try:
        wanted = _key(public)
    except VersionError:
        raise FactUnknown(f"whether PyPI serves {described(package)} is not in the matrix") from None
    if "+" in (package.version or ""):
        yield _finding(
            package, "PyPI serves no versions with a local part: they are on PyTorch's own indexes", _index_of(package)
        )
        return
    known_numbers = {_key(version) for version in served}
    if wanted in known_numbers:
        return
    if not known_numbers or wanted > max(known_numbers) or (package.name == "torch" and wanted < min(known_numbers)):
        raise FactUnknown(
            f"{described(package)} is outside what the matrix knows of PyPI ({served[-1] if served else 'nothing'} to {served[0] if served else 'nothing'})"
        )
    below = [version for version in served if _key(version) < wanted]
    above = [version for version in served if _key(version) > wanted]
    near = above[-1:] + below[:1]
    yield _finding(
        package,
        "PyPI does not serve it: the number was skipped, or the release was removed",
        tuple(f"pin {package.name}=={version}" for version in near),
    )


def _served(package: Package, facts: Facts, matrix: Matrix) -> list[str]:
    """Newest first."""
    platform = builds.platform_of(facts)
    if package.name == "torch":
        return list(dict.fromkeys(row.version for row in matrix.torch(platform) if row.default))
    return list(
        dict.fromkeys(row.version for row in matrix.onnxruntime(platform) if row.index == "pypi" and row.python)
    )


def _key(version: str) -> tuple[int, ...]:
    numbers = list(parse(version))
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)


def _index_of(package: Package) -> tuple[str, ...]:
    local = (package.version or "").partition("+")[2]
    return (f"pip install {package.name}=={package.version} --index-url https://download.pytorch.org/whl/{local}",)


def _finding(package: Package, why: str, remedy: tuple[str, ...]) -> Finding:
    return Finding(
        message=f'{described(package)} cannot be installed from the default index: {why}. pip stops with "Could not find a version that satisfies the requirement".',
        severity=Severity.ERROR,
        remedy=remedy,
        verify=f"python3 -m pip index versions {package.name}",
        at=package.origin,
        evidence=(of_package(package),),
        sources=_SOURCES,
    )


RULE = Rule(
    id="version-not-on-index",
    kind=Kind.COMPATIBILITY,
    severity=Severity.ERROR,
    title="the pinned torch or onnxruntime-gpu version is not on the default index",
    seen=(
        "ERROR: Could not find a version that satisfies the requirement onnxruntime-gpu==1.20.1 (from versions: 1.19.0, …)",
    ),
    why=(
        "onnxruntime-gpu and onnxruntime do not share one line of versions: several numbers exist only for the CPU package, and old releases of the GPU package were removed"
        " for space (nothing before 1.11.0 is left). torch versions with a local part (+cu121) are only on PyTorch's own indexes."
    ),
    remedy=(
        "pin a version that the index serves",
        "for torch+cuNNN: add --index-url https://download.pytorch.org/whl/cuNNN",
    ),
    sources=_SOURCES,
    check=check,
)
