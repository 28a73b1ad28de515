"""numpy 2 beside a package whose binaries were compiled for numpy 1."""

from __future__ import annotations

from collections.abc import Iterator

from envdoctor.facts import FactAbsent, Facts, Package
from envdoctor.findings import Finding, Kind, Severity
from envdoctor.judging import builds
from envdoctor.judging.evidence import described, of, of_package
from envdoctor.judging.pip_commands import commands_of
from envdoctor.matrix import Matrix
from envdoctor.rules.rule import Rule
from envdoctor.versions import leading, numbers

_SOURCES = (
    "https://numpy.org/doc/stable/release/2.0.0-notes.html",
    "https://numpy.org/doc/stable/user/troubleshooting-importerror.html",
)
_OPENCV = tuple(f"opencv-{name}" for name in ("python", "python-headless", "contrib-python", "contrib-python-headless"))
_FIRST_PYTHON = (3, 9)  # of numpy 2.0
_SOME_1 = (
    "1.19.5",
    "1.21.6",
    "1.23.5",
    "1.24.4",
    "1.26.4",
)  # releases that requirements name, to tell what a range allows
_SOME_2 = ("2.0.2", "2.1.3", "2.2.6", "2.3.5")


def check(facts: Facts, matrix: Matrix) -> Iterator[Finding]:
    packages = facts.packages.need()
    numpy = packages.named("numpy")
    opencv = [
        item for item in packages.named(*_OPENCV) if item.version and item.manager in (None, "pip", "uv", "conda")
    ]
    broken = [item for item in opencv if numpy and _is_2(numpy[-1]) and _is_of_numpy_1(item, facts, matrix)]
    if broken:  # whatever the image and the host: cv2 is not imported
        yield from (_meets(item, numpy[-1]) for item in broken)
        return
    pinned = (item for item in packages.named("torch", "onnxruntime-gpu", *_OPENCV) if item.version)
    wheels = [item for item in pinned if item.manager in (None, "pip", "uv", "conda")]
    of_numpy_1 = [item for item in wheels if _is_of_numpy_1(item, facts, matrix)]
    if not of_numpy_1:
        raise FactAbsent("nothing that is pinned is known to be compiled for numpy 1")
    for item in of_numpy_1:
        if numpy and _is_2(numpy[-1]):
            yield _meets(item, numpy[-1])
        elif _is_left_open(numpy, item, facts):
            yield _may_meet(item, numpy, facts)


def _is_of_numpy_1(item: Package, facts: Facts, matrix: Matrix) -> bool:
    """False where it is not known."""
    known: set[bool | None]
    if item.name == "torch":
        known = {row.numpy2 for row in builds.torch_builds(item, facts, matrix)}
    elif item.name == "onnxruntime-gpu":
        known = {row.numpy2 for row in builds.onnxruntime_builds(item, facts, matrix)}
    else:
        known = {row.numpy2 for row in matrix.opencv(item.name, item.version) if row.manager == "pip"}
    return known == {False}


def _is_2(numpy: Package) -> bool:
    """Pinned to 2 or later, or asked for in a range that leaves 1 out."""
    if numpy.version is not None:
        return numbers(leading(numpy.version) or "")[:1] >= (2,)
    return _allows(numpy, _SOME_2) and not _allows(numpy, _SOME_1)


def _allows(numpy: Package, versions: tuple[str, ...]) -> bool:
    if not numpy.specifier:
        return True
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    try:
        wanted = SpecifierSet(numpy.specifier)
    except InvalidSpecifier:
        return False
    return any(map(wanted.contains, versions))


def _is_left_open(numpy: tuple[Package, ...], item: Package, facts: Facts) -> bool:
    """pip takes the newest numpy for what requires it without an upper bound. torch up to 2.2 does not require it."""
    python = numbers(builds.python_of(facts) or "")
    if item.installed or python < _FIRST_PYTHON or (not numpy and item.name == "torch") or _is_constrained(item, facts):
        return False
    return not numpy or (not numpy[-1].version and not numpy[-1].installed and _allows(numpy[-1], _SOME_2))


def _is_constrained(item: Package, facts: Facts) -> bool:
    """`pip install -c constraints.txt` and PIP_CONSTRAINT can hold numpy too; the file is not read."""
    there = commands_of(item, facts.build.get())
    env = facts.image.env.get() or {}
    return bool(env.get("PIP_CONSTRAINT")) or any(
        each.has("-c", "--constraint", "--constraints") or each.settings.get("PIP_CONSTRAINT", "") != ""
        for each in there
    )


def _effect(item: Package) -> str:
    if item.name == "torch":
        return 'torch warns at import ("A module that was compiled using NumPy 1.x cannot be run in NumPy 2"), and tensor.numpy() and torch.from_numpy fail with "Numpy is not available"'
    name = "cv2" if item.name in _OPENCV else "onnxruntime"
    return f'import {name} fails ("numpy.core.multiarray failed to import", "_ARRAY_API not found")'


def _meets(item: Package, numpy: Package) -> Finding:
    return Finding(
        message=f"{described(item)} was compiled for numpy 1, and {described(numpy)} is installed: {_effect(item)}.",
        severity=Severity.WARNING if item.name == "torch" else Severity.ERROR,
        remedy=('pip install "numpy<2"', f"or a newer {item.name}"),
        verify='python -c "import numpy; print(numpy.__version__)"',
        at=numpy.origin,
        evidence=(of_package(item), of_package(numpy)),
        sources=_SOURCES,
    )


def _may_meet(item: Package, numpy: tuple[Package, ...], facts: Facts) -> Finding:
    return Finding(
        message=(
            f"{described(item)} was compiled for numpy 1, and nothing here holds numpy below 2: unless another requirement does, pip takes numpy 2, and {_effect(item)}."
        ),
        severity=Severity.NOTE,
        remedy=('add "numpy<2" to the same command', f"or pin a newer {item.name}"),
        verify='python -c "import numpy; print(numpy.__version__)"',
        at=item.origin,
        evidence=(of_package(item), *map(of_package, numpy), of("image.python", facts.image.python)),
        sources=_SOURCES,
    )


RULE = Rule(
    id="numpy-abi-mismatch",
    kind=Kind.COMPATIBILITY,
    severity=Severity.ERROR,
    title="numpy 2 is installed beside a package that was compiled for numpy 1",
    seen=(
        "A module that was compiled using NumPy 1.x cannot be run in NumPy 2.x as it may crash.",
        "ImportError: numpy.core.multiarray failed to import",
        "RuntimeError: Numpy is not available",
    ),
    why=(
        "Binaries that were compiled for numpy 1 do not load with numpy 2: PyTorch up to 2.2, onnxruntime up to 1.18, opencv-python up to 4.10.0.82. Most of them ask for numpy without an upper bound, so a"
        " rebuild today takes numpy 2."
    ),
    remedy=('install "numpy<2"', "or releases that were built for numpy 2"),
    sources=_SOURCES,
    check=check,
)
