"""One of NVIDIA's wheels is pinned in another version than torch requires."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from envdoctor.facts import FactAbsent, Facts, Package
from envdoctor.findings import Evidence, Finding, Kind, Severity
from envdoctor.judging import builds
from envdoctor.judging.evidence import described, of_package
from envdoctor.judging.pip_commands import commands_of
from envdoctor.matrix import Matrix
from envdoctor.matrix.rows import TorchRequiresRow
from envdoctor.rules.rule import Rule

_OVERRIDES = ("--no-deps", "--no-dependencies", "--override", "--overrides")
_SOURCES = (
    "https://pip.pypa.io/en/stable/topics/dependency-resolution/",
    "https://github.com/sgl-project/sglang/pull/35696",
)


def check(facts: Facts, matrix: Matrix) -> Iterator[Finding]:
    packages = facts.packages.need()
    torch = [item for item in packages.named("torch") if item.manager in (None, "pip", "uv")]
    pinned = {item.name: item for item in packages.items if item.name.startswith("nvidia-") or item.name == "triton"}
    row = _requirements(torch[0], facts, matrix) if len(torch) == 1 and pinned else None
    if row is None:
        raise FactAbsent("no NVIDIA wheel is pinned beside a torch whose requirements are known")
    for name, wanted in _exact(row).items():
        item = pinned.get(name)
        if item is not None and _differs(item, wanted):
            yield _finding(item, torch[0], row, wanted, facts)


def _requirements(torch: Package, facts: Facts, matrix: Matrix) -> TorchRequiresRow | None:
    found = {(row.version, row.cuda) for row in builds.torch_builds(torch, facts, matrix) if row.cuda}
    if len(found) != 1 or builds.platform_of(facts) != "linux_x86_64":
        return None
    version, cuda = found.pop()
    return matrix.torch_requires(version, cuda or "")


def _exact(row: TorchRequiresRow) -> Mapping[str, str]:
    pairs = (text.partition("==") for text in row.requires)
    return {name: version for name, _, version in pairs}


def _differs(item: Package, wanted: str) -> bool:
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    if item.version is None and not item.specifier:
        return False
    try:
        return not SpecifierSet(f"=={item.version}" if item.version else item.specifier).contains(wanted)
    except InvalidSpecifier:
        return False


def _finding(item: Package, torch: Package, row: TorchRequiresRow, wanted: str, facts: Facts) -> Finding:
    together = _in_one_command(item, torch, facts)
    effect = (
        'pip resolves both at once and stops with "ResolutionImpossible"'
        if together
        else "whichever pip installs last stands, and torch runs with a library that it was not tested with"
    )
    return Finding(
        message=f"{described(torch)} requires {item.name}=={wanted}, and {item.name} {item.version or item.specifier} is asked for: {effect}.",
        severity=Severity.ERROR if together else Severity.NOTE,
        remedy=(
            f"pin {item.name}=={wanted}, or leave it out: torch brings it",
            "or install the other version afterwards with pip install --no-deps",
        ),
        verify=f"python -c \"import importlib.metadata as m; print(m.requires('torch'), m.version('{item.name}'))\"",
        at=item.origin,
        evidence=(
            of_package(item),
            of_package(torch),
            Evidence(f"requires[{item.name}]", wanted, f"matrix row torch_requires {row.version}"),
        ),
        sources=_SOURCES,
    )


def _in_one_command(item: Package, torch: Package, facts: Facts) -> bool:
    """Of a document a requirement, rather than a version that is there. Of a build one command that names both, or one file."""
    if item.installed:
        return item.version is None
    build = facts.build.get()
    if build is not None and item.origin.path == torch.origin.path:
        torchs = [each.place for each in commands_of(torch, build)]
        both = [
            each for each in commands_of(item, build) if each.place in torchs and {item.name, "torch"} <= each.names()
        ]
        if both:
            return not any(each.has(*_OVERRIDES) for each in both)
    a_file = item.origin.path == torch.origin.path and (build is None or item.origin.path != build.path)
    return a_file and item.manager != "uv"  # a project of uv may override what torch requires


RULE = Rule(
    id="nvidia-wheel-mismatch",
    kind=Kind.COMPATIBILITY,
    severity=Severity.ERROR,
    title="one of NVIDIA's wheels is pinned in another version than torch requires",
    seen=(
        "ERROR: ResolutionImpossible",
        "torch 2.13.0 depends on nvidia-nccl-cu13==2.29.7 … The user requested nvidia-nccl-cu13==2.30.7",
    ),
    why="PyTorch's Linux wheels require NVIDIA's wheels (cuDNN, NCCL, cuBLAS …) and Triton in one exact version each. A pin or a constraint of another version cannot be met beside them.",
    remedy=("pin what torch requires, or leave it to torch",),
    sources=_SOURCES,
    check=check,
)
