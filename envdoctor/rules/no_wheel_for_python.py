"""No wheel of the wanted version exists for the image's Python: pip fails, or takes another version."""

from __future__ import annotations

import re
from collections.abc import Iterator

from envdoctor.facts import FactAbsent, Facts, FactUnknown, Package, unknown
from envdoctor.findings import Finding, Kind, Severity
from envdoctor.judging import builds, nearest_known
from envdoctor.judging.each import each
from envdoctor.judging.evidence import described, of, of_package
from envdoctor.judging.pip_commands import another_python, commands_of
from envdoctor.matrix import Matrix
from envdoctor.matrix.rows import OrtRow, TorchRow
from envdoctor.patterns import lazily
from envdoctor.rules.rule import Rule

_RELEASE = lazily(r"3\.\d{1,2}", re.ASCII)
_FROM_APT = lazily(r"python(3\.\d{1,2})(?:-|$)", re.ASCII)
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


def _pythons(package: Package, facts: Facts, matrix: Matrix) -> set[str]:
    """The one that the command names (`python3.11 -m pip`), the image's, or all that pip can be of where apt brings one beside
    the distribution's."""
    named = {command.python or "" for command in commands_of(package, facts.build.get())}
    if len(named) == 1 and all(_RELEASE.fullmatch(release) for release in named):
        return named
    own = builds.python_of(facts)
    build, packages = facts.build.get(), facts.packages.need().items
    if own is not None or build is None or another_python(build.statements):
        return {own or facts.image.python.need()}
    apt = {match.group(1) for item in packages if item.manager == "apt" and (match := _FROM_APT.match(item.name))}
    system = matrix.system_python(facts.image.os_id.get() or "", facts.image.os_version.get() or "")
    others = any(item.manager == "conda" or item.name in ("uv", "pyenv", "virtualenv") for item in packages)
    return {facts.image.python.need()} if others or not apt or system is None else {system, *apt}


def _judge(package: Package, facts: Facts, matrix: Matrix) -> Iterator[Finding]:
    possible = _pythons(package, facts, matrix)
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
    if possible.issubset(pythons):
        return
    python = next(iter(possible)) if len(possible) == 1 else builds.python_of(facts) or facts.image.python.need()
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
