"""torchvision or torchaudio of another torch release."""

from __future__ import annotations

from collections.abc import Iterator

from envdoctor.facts import FactAbsent, Facts, FactUnknown, Package
from envdoctor.findings import Finding, Kind, Severity
from envdoctor.judging import nearest_known
from envdoctor.judging.each import each
from envdoctor.judging.evidence import described, of_package
from envdoctor.matrix import Matrix
from envdoctor.rules.rule import Rule
from envdoctor.versions import leading

_SOURCES = ("https://github.com/pytorch/vision#installation", "https://pytorch.org/get-started/previous-versions/")


def check(facts: Facts, matrix: Matrix) -> Iterator[Finding]:
    packages = facts.packages.need()
    torch = [item for item in packages.named("torch") if item.version and item.manager != "image"]
    companions = [
        item for item in packages.named("torchvision", "torchaudio") if item.version and item.manager != "image"
    ]
    replaced = [(item.replaces, item) for item in packages.named("torch") if item.replaces is not None]
    for before, now in replaced:
        yield _replaced(before, now)
    if torch and companions:
        yield from each(companions, lambda companion: _judge(companion, torch[0], matrix))
    elif not replaced:
        raise FactAbsent("no exact versions of torch and of torchvision or torchaudio")


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
    from packaging.specifiers import SpecifierSet

    public = (companion.version or "").partition("+")[0]
    ours = leading((torch.version or "").partition("+")[0]) or ""
    row = next((row for row in matrix.companions(companion.name) if row.version == public), None)
    if row is None:
        known = (row.version for row in matrix.companions(companion.name))
        near = nearest_known.release(public, known, companion.name)
        raise FactUnknown(f"which torch {described(companion)} pairs with is not in the matrix{near}")
    wanted = row.torch.replace("torch", "").strip(" ()").partition("+")[0]
    if not wanted or SpecifierSet(wanted).contains(ours, prereleases=True):
        return
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


RULE = Rule(
    id="torch-companion-mismatch",
    kind=Kind.COMPATIBILITY,
    severity=Severity.ERROR,
    title="torchvision or torchaudio does not pair with the installed torch",
    seen=(
        "RuntimeError: operator torchvision::nms does not exist",
        "ERROR: Cannot install torch==2.4.0 and torchvision==0.18.0 because these package versions have conflicting dependencies.",
    ),
    why="torchvision and torchaudio are compiled against one torch release and pin it in their metadata (up to torchvision 0.29.0 and torchaudio 2.10.0).",
    remedy=("install the pair that belongs together",),
    sources=_SOURCES,
    check=check,
)
