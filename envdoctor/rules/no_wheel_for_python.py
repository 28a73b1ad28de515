"""No wheel of the wanted version exists for the image's Python: pip fails, or takes another version."""

from __future__ import annotations

from collections.abc import Iterator

from envdoctor.facts import FactAbsent, Facts, FactUnknown, Package, unknown
from envdoctor.findings import Finding, Kind, Severity
from envdoctor.judging import builds, nearest_known
from envdoctor.judging.each import each
from envdoctor.judging.evidence import described, of, of_package
from envdoctor.matrix import Matrix
from envdoctor.matrix.rows import OrtRow, TorchRow
from envdoctor.rules.rule import Rule

_SOURCES = ("https://onnxruntime.ai/docs/install/", "https://github.com/pytorch/pytorch/blob/main/RELEASE.md")


def check(facts: Facts, matrix: Matrix) -> Iterator[Finding]:
    declared = [
        item
        for item in facts.packages.need().named("onnxruntime-gpu", "torch")
        if item.manager in ("pip", "uv") and item.version and _is_a_published_wheel(item)
    ]
    if not declared:
        raise FactAbsent("no exact version of torch or onnxruntime-gpu is installed by pip from the default index")
    yield from each(declared, lambda package: _judge(package, facts, matrix))


def _is_a_published_wheel(package: Package) -> bool:
    """Of a declaration what PyPI or PyTorch's own indexes serve. What a document lists as installed may have been built there,
    unless its version names a CUDA variant, as PyTorch's own wheels do."""
    if package.installed:
        return package.name == "torch" and "+cu" in (package.version or "")
    return not package.index or ("download.pytorch.org/whl/" in package.index and "/nightly" not in package.index)


def _judge(package: Package, facts: Facts, matrix: Matrix) -> Iterator[Finding]:
    python = ".".join(facts.image.python.need().split(".")[:2])
    without = facts._replace(
        image=facts.image._replace(python=unknown("any Python: the question is which have wheels"))
    )
    rows: tuple[TorchRow | OrtRow, ...]
    if package.name == "torch":
        rows = builds.torch_of_version(package, without, matrix)
    else:
        rows = builds.onnxruntime_builds(package._replace(installed=True), without, matrix)
    if not rows:
        raise FactUnknown(
            f"the matrix does not know {described(package)}{nearest_known.package(package, facts, matrix)}"
        )
    pythons = sorted(
        {version for row in rows for version in row.python},
        key=lambda text: [int(part) for part in text.rstrip("t").split(".")],
    )
    if not pythons:
        raise FactUnknown(f"for which Python versions {described(package)} has wheels is not known")
    if python in pythons:
        return
    yield Finding(
        message=(
            f"{described(package)} has no wheel for the image's Python {python} (it has for {', '.join(pythons)}): pip stops with \"Could not find a version that satisfies"
            ' the requirement".'
        ),
        severity=Severity.ERROR,
        remedy=(
            f"use a base image with Python {pythons[-1]}",
            f"or a version of {package.name} that has wheels for Python {python}",
        ),
        verify=f"docker run --rm IMAGE python3 -m pip download --no-deps {package.name}=={package.version}",
        at=package.origin,
        evidence=(of_package(package), of("image.python", facts.image.python)),
        sources=rows[0].source or _SOURCES,
    )


RULE = Rule(
    id="no-wheel-for-python",
    kind=Kind.COMPATIBILITY,
    severity=Severity.ERROR,
    title="no wheel of the pinned torch or onnxruntime-gpu exists for the image's Python",
    seen=(
        "ERROR: Could not find a version that satisfies the requirement onnxruntime-gpu==1.18.1 (from versions: 1.19.0, …)",
    ),
    why="Binary wheels are built per Python version. Ubuntu 20.04 brings Python 3.8, 22.04 brings 3.10, 24.04 brings 3.12; old pins have no wheels for new Pythons, and new releases drop old ones.",
    remedy=("change the base image's Python", "or the pinned version"),
    sources=_SOURCES,
    check=check,
)
