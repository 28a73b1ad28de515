"""torchvision or torchaudio of another torch release."""

from __future__ import annotations

from collections.abc import Iterator

from envdoctor.facts import FactAbsent, Facts, FactUnknown, Package
from envdoctor.findings import Finding, Kind, Severity
from envdoctor.judging import builds, nearest_known
from envdoctor.judging.each import each
from envdoctor.judging.evidence import described, of_package
from envdoctor.matrix import Matrix
from envdoctor.matrix.rows import CompanionRow
from envdoctor.rules.rule import Rule
from envdoctor.versions import leading, major

_SOURCES = ("https://github.com/pytorch/vision#installation", "https://pytorch.org/get-started/previous-versions/")
_COMPANIONS = ("torchvision", "torchaudio", "xformers")
_SOURCES_MIXED = ("https://github.com/pytorch/vision/issues/8985",)


def check(facts: Facts, matrix: Matrix) -> Iterator[Finding]:
    packages = facts.packages.need()
    torch = [item for item in packages.named("torch") if item.version and item.manager != "image"]
    named = [item for item in packages.named(*_COMPANIONS) if item.version and item.manager != "image"]
    companions = [item for item in named if item.name != "xformers" or _paired(item, matrix)]
    replaced = [(item.replaces, item) for item in packages.named("torch") if item.replaces is not None]
    for before, now in replaced:
        yield _replaced(before, now)
    mixed = _of_other_variants(facts, matrix)
    yield from mixed
    if torch and companions:
        yield from each(companions, lambda companion: _judge(companion, torch[0], matrix))
    elif not replaced and not mixed:
        raise FactAbsent("no exact versions of torch and of torchvision or torchaudio")


def _of_other_variants(facts: Facts, matrix: Matrix) -> list[Finding]:
    """torch from …/whl/cu118 and torchvision from …/whl/cu126, or from PyPI."""
    packages = facts.packages.need()
    torch = [item for item in packages.named("torch") if item.manager != "image"]
    if len(torch) != 1 or torch[0].replaces is not None:
        return []
    ours = _variant(torch[0], facts, matrix)
    companions = [item for item in packages.named("torchvision", "torchaudio") if item.manager != "image"]
    companions = [
        item for item in companions if _paired(item, matrix) in (None, (torch[0].version or "").partition("+")[0])
    ]
    theirs = [(item, _variant(item, facts, matrix)) for item in companions]
    return [_mixed(item, other, torch[0], ours) for item, other in theirs if ours and other and other != ours]


def _variant(package: Package, facts: Facts, matrix: Matrix) -> str | None:
    """The CUDA of the build, or "cpu". Of a pin from PyPI alone that of torch there, with which its companions are built."""
    stated = builds.variant(package)
    if stated is not None or package.installed or package.index or package.extra_indexes or not package.version:
        return stated
    if package.manager not in ("pip", "uv"):
        return None
    paired = package.version if package.name == "torch" else _paired(package, matrix)
    rows = [row for row in matrix.torch(builds.platform_of(facts)) if row.default and row.version == paired]
    return (rows[0].cuda or "cpu") if rows else None


def _paired(companion: Package, matrix: Matrix) -> str | None:
    """The torch that a release of torchvision requires exactly."""
    public = (companion.version or "").partition("+")[0]
    row = next((row for row in matrix.companions(companion.name) if row.version == public), None)
    torch = (row.torch.partition("+")[0] or row.pairs or "") if row else ""
    return torch[2:] if torch.startswith("==") else None


def _mixed(companion: Package, theirs: str, torch: Package, ours: str) -> Finding:
    """torchvision compares the CUDA majors of both when it is imported; up to 0.14 the minors too."""
    apart = "cpu" not in (ours, theirs) and major(ours) != major(theirs)
    effect = (
        f'import {companion.name} stops with "compiled with different CUDA major versions"'
        if apart
        else "its operators are not there for the GPU, or do not load"
        if "cpu" in (ours, theirs)
        else "its compiled part may not load, and its operators are missing then"
    )
    folder = "cpu" if ours == "cpu" else f"cu{ours.replace('.', '')}"
    return Finding(
        message=f"{companion.name} is the build for {_named(theirs)}, and torch the one for {_named(ours)}: {effect}.",
        severity=Severity.ERROR if apart else Severity.WARNING,
        remedy=(
            f"install both in one command from one index: pip install torch {companion.name} --index-url https://download.pytorch.org/whl/{folder}",
        ),
        verify=f'python -c "import torch, {companion.name}; print(torch.__version__, {companion.name}.__version__)"',
        at=companion.origin,
        evidence=(of_package(companion), of_package(torch)),
        sources=("https://github.com/pytorch/vision/blob/main/torchvision/extension.py", *_SOURCES_MIXED),
    )


def _named(variant: str) -> str:
    return "the CPU" if variant == "cpu" else f"CUDA {variant}"


def _replaced(before: Package, now: Package) -> Finding:
    """`now` stands at the line that brings it; its origin names the package."""
    version = f"torch {now.version}" if now.version else "another torch"
    return Finding(
        message=(
            f"torch {before.version} does not stay: what a later command installs ({now.origin}) needs another one, and pip puts {version} in its place,"
            " with the CUDA and cuDNN of that build."
        ),
        severity=Severity.WARNING,
        remedy=("install torch and what requires it in one command, in versions that pair",),
        verify='python -c "import torch; print(torch.__version__, torch.version.cuda)"',
        at=now.origin,
        evidence=(of_package(before), of_package(now)),
        sources=("https://pip.pypa.io/en/stable/topics/dependency-resolution/", *_SOURCES),
    )


def _judge(companion: Package, torch: Package, matrix: Matrix) -> Iterator[Finding]:
    public = (companion.version or "").partition("+")[0]
    ours = leading((torch.version or "").partition("+")[0]) or ""
    rows = [row for row in matrix.companions(companion.name) if _is_or_begins(companion, public, row.version)]
    if not rows:
        known = (row.version for row in matrix.companions(companion.name))
        near = nearest_known.release(public, known, companion.name)
        raise FactUnknown(f"which torch {described(companion)} pairs with is not in the matrix{near}")
    if any(_pairs(_wanted(row), ours, torch) for row in rows):
        return
    row, wanted = rows[-1], _wanted(rows[-1])
    fitting = matrix.companion_for(companion.name, ours if ours.count(".") > 1 else f"{ours}.0")  # a pin "2.4" is 2.4.0
    pin = f"{companion.name}=={fitting}" if fitting else f"the {companion.name} that pairs with torch {ours}"
    yield Finding(
        message=(
            f"{described(companion)} requires torch{wanted}, and torch {ours} is installed: pip refuses the pair in one command, and where it is there all the"
            " same the import fails with undefined symbols or a missing operator."
        ),
        severity=Severity.ERROR,
        remedy=(f"install {pin}",),
        verify=f'python -c "import torch, {companion.name}; print(torch.__version__, {companion.name}.__version__)"',
        at=companion.origin,
        evidence=(of_package(companion), of_package(torch)),
        sources=row.source or _SOURCES,
    )


def _is_or_begins(package: Package, version: str, release: str) -> bool:
    """conda's `torchvision=0.17` is any release of 0.17, the one that fits the rest."""
    return release == version or (package.specifier == f"=={version}.*" and release.startswith(f"{version}."))


def _wanted(row: CompanionRow) -> str:
    return row.torch.replace("torch", "").strip(" ()").partition("+")[0]


def _pairs(wanted: str, ours: str, torch: Package) -> bool:
    from packaging.specifiers import SpecifierSet

    if not wanted or SpecifierSet(wanted).contains(ours, prereleases=True):
        return True
    return wanted.startswith("==") and _is_or_begins(torch, ours, wanted[2:])


RULE = Rule(
    id="torch-companion-mismatch",
    kind=Kind.COMPATIBILITY,
    severity=Severity.ERROR,
    title="torchvision or torchaudio does not pair with the installed torch",
    seen=(
        "RuntimeError: operator torchvision::nms does not exist",
        "RuntimeError: Detected that PyTorch and torchvision were compiled with different CUDA major versions.",
        "ERROR: Cannot install torch==2.4.0 and torchvision==0.18.0 because these package versions have conflicting dependencies.",
    ),
    why="torchvision and torchaudio are compiled against one torch release and pin it in their metadata (up to torchvision 0.29.0 and torchaudio 2.10.0).",
    remedy=("install the pair that belongs together",),
    sources=_SOURCES,
    check=check,
)
