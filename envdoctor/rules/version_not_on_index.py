"""The pinned version is not on PyPI: it was removed, or never released under this number."""

from __future__ import annotations

from collections.abc import Iterator

from envdoctor.facts import FactAbsent, Facts, FactUnknown, Package
from envdoctor.findings import Finding, Kind, Severity
from envdoctor.judging import builds, fitting
from envdoctor.judging.code import Coverage
from envdoctor.judging.each import each
from envdoctor.judging.evidence import described, of_package
from envdoctor.matrix import Matrix
from envdoctor.matrix.rows import OrtRow, TorchRow
from envdoctor.rules.rule import Rule
from envdoctor.versions import VersionError, release

_SOURCES = (
    "https://github.com/microsoft/onnxruntime/issues/22747",
    "https://github.com/microsoft/onnxruntime/issues/20737",
)
PYTORCH_INDEX = "https://download.pytorch.org/whl/"
_ALL_BUILDS_KNOWN = (2, 13)


def check(facts: Facts, matrix: Matrix) -> Iterator[Finding]:
    declared = facts.packages.need().named("onnxruntime-gpu", "torch")
    pinned = [item for item in declared if not item.installed and item.manager in ("pip", "uv") and item.version]
    alone = [item for item in pinned if not item.index and not item.extra_indexes]
    variants = [item for item in pinned if item not in alone and _is_of_a_variant(item)]
    if not alone and not variants:
        raise FactAbsent(
            "no exact version of torch or onnxruntime-gpu is installed from PyPI or a CUDA index of PyTorch"
        )
    yield from each(alone, lambda package: _judge(package, facts, matrix))
    for package in variants:
        yield from _judge_variant(package, facts, matrix)


def _is_of_a_variant(package: Package) -> bool:
    """torch from …/whl/cu128 alone, or with +cu128: of no other build can be meant."""
    own = "download.pytorch.org/whl/cu" in (package.index or "") and "/nightly" not in (package.index or "")
    return package.name == "torch" and (own or "+cu" in (package.version or ""))


def _judge_variant(package: Package, facts: Facts, matrix: Matrix) -> Iterator[Finding]:
    """PyTorch builds a release with two to four CUDA releases, and one that it has dropped does not come back. Of the newest
    releases the matrix may not know every build."""
    cuda, platform = builds.variant(package), builds.platform_of(facts)
    rows = builds.torch_of_version(package._replace(cuda=None), facts, matrix)
    with_cuda = [row for row in rows if row.cuda is not None]
    releases = [release(row.version) for row in matrix.torch(platform) if row.cuda == cuda]
    if (
        cuda in (None, "cpu")
        or platform != "linux_x86_64"
        or not releases
        or not with_cuda
        or any(row.cuda == cuda for row in with_cuda)
    ):
        return
    wanted = release(with_cuda[0].version)
    if not (wanted < min(releases) or max(releases) < wanted <= _ALL_BUILDS_KNOWN):
        return
    known_cudas = ", ".join(reversed([row.cuda or "" for row in with_cuda]))
    folder = f"cu{(cuda or '').replace('.', '')}"
    pin = fitting.torch_pin(facts, matrix, with_cuda[0].version)
    yield Finding(
        message=(
            f"torch {with_cuda[0].version} was not built for CUDA {cuda} (it was for {known_cudas}), so that {PYTORCH_INDEX}{folder} does not hold it:"
            f" {builds.not_found(package)}."
        ),
        severity=Severity.ERROR,
        remedy=(
            *((pin,) if pin else ()),
            f"take a folder that holds it, {PYTORCH_INDEX}cu{(with_cuda[0].cuda or '').replace('.', '')}",
            f"or a release that was built for CUDA {cuda}: {_text(min(releases))} to {_text(max(releases))}",
        ),
        verify=f"python3 -m pip download --no-deps torch=={with_cuda[0].version} --index-url {PYTORCH_INDEX}{folder}",
        at=package.origin,
        evidence=(of_package(package),),
        sources=("https://pytorch.org/get-started/previous-versions/", *with_cuda[0].source)[:3],
    )


def _text(numbers: tuple[int, ...]) -> str:
    return ".".join(str(number) for number in (*numbers, *(0,) * (3 - len(numbers))))


def _judge(package: Package, facts: Facts, matrix: Matrix) -> Iterator[Finding]:
    served = _served(package, builds.platform_of(facts), matrix)
    public = (package.version or "").partition("+")[0]
    try:
        wanted = release(public)
    except VersionError:
        raise FactUnknown(f"whether PyPI serves {described(package)} is not in the matrix") from None
    if "+" in (package.version or ""):
        yield _finding(
            package, "PyPI serves no versions with a local part: they are on PyTorch's own indexes", _index_of(package)
        )
        return
    known_numbers = {release(version) for version in served}
    if wanted in known_numbers:
        return
    elsewhere = _elsewhere(package, wanted, facts, matrix)
    if elsewhere and known_numbers:
        yield _no_wheel_here(package, wanted, elsewhere, facts, matrix)
        return
    if not known_numbers or wanted > max(known_numbers) or (package.name == "torch" and wanted < min(known_numbers)):
        raise FactUnknown(
            f"{described(package)} is outside what the matrix knows of PyPI ({served[-1] if served else 'nothing'} to {served[0] if served else 'nothing'})"
        )
    near = _near(package, wanted, facts, matrix)
    yield _finding(
        package,
        "PyPI does not serve it: the number was skipped, or the release was removed",
        tuple(f"pin {package.name}=={version}" for version in near) or _none_near(package, facts),
    )


def _elsewhere(package: Package, wanted: tuple[int, ...], facts: Facts, matrix: Matrix) -> str | None:
    """The other platforms for which PyPI does serve the version, in words."""
    ours = builds.platform_of(facts)
    others = [name for name in _PLATFORMS if name != ours and wanted in map(release, _served(package, name, matrix))]
    return " and ".join(_PLATFORMS[name] for name in others) or None


def _near(package: Package, wanted: tuple[int, ...], facts: Facts, matrix: Matrix) -> list[str]:
    """The next served version above and the next below that this image's Python, the driver and the GPUs take."""
    good = [row for row in _rows(package, builds.platform_of(facts), matrix) if _fits(row, facts, matrix)]
    above = [row.version for row in good if release(row.version) > wanted]
    below = [row.version for row in good if release(row.version) < wanted]
    return above[-1:] + below[:1]


def _fits(row: TorchRow | OrtRow, facts: Facts, matrix: Matrix) -> bool:
    python = builds.python_of(facts)
    if python is not None and row.python and python not in row.python:
        return False
    if row.cuda is None:  # the CPU build, which is all that PyPI serves of this version for this platform
        return not facts.host.gpus.get()
    codes = fitting.covers(facts, row.sm, row.ptx) in (Coverage.NATIVE, Coverage.JIT) if row.sm is not None else True
    return codes and fitting.driver_runs(facts, row.cuda, matrix)


def _none_near(package: Package, facts: Facts) -> tuple[str, ...]:
    where = f" on {_PLATFORMS[builds.platform_of(facts)]}"
    return (
        f"use an index that serves {package.name} {package.version}{where}, or a host that a served version runs on",
    )


def _no_wheel_here(package: Package, wanted: tuple[int, ...], elsewhere: str, facts: Facts, matrix: Matrix) -> Finding:
    why = f"PyPI serves it for {elsewhere}, and has no {_PLATFORMS[builds.platform_of(facts)]} wheel of it"
    pins = tuple(f"pin {package.name}=={version}" for version in _near(package, wanted, facts, matrix))
    return _finding(package, why, pins or _none_near(package, facts))


_PLATFORMS = {"linux_x86_64": "Linux x86_64", "linux_aarch64": "Linux aarch64", "win_amd64": "Windows"}


def _rows(package: Package, platform: str, matrix: Matrix) -> list[TorchRow | OrtRow]:
    """What PyPI serves, newest first."""
    if package.name == "torch":
        return [row for row in matrix.torch(platform) if row.default]
    return [row for row in matrix.onnxruntime(platform) if row.index == "pypi" and row.python]


def _served(package: Package, platform: str, matrix: Matrix) -> list[str]:
    return list(dict.fromkeys(row.version for row in _rows(package, platform, matrix)))


def _index_of(package: Package) -> tuple[str, ...]:
    local = (package.version or "").partition("+")[2]
    return (f"pip install {package.name}=={package.version} --index-url https://download.pytorch.org/whl/{local}",)


def _finding(package: Package, why: str, remedy: tuple[str, ...]) -> Finding:
    return Finding(
        message=f"{described(package)} cannot be installed from the default index: {why}. {builds.not_found(package)}.",
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
