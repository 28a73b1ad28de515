"""Which wheel builds a package can mean: all that fit what is stated, or the one that pip would choose.

A declaration (Dockerfile, requirements) is resolved as pip does today: the newest version over all indexes that has a
wheel for this Python; a local version (+cu118) beats the same version without one. uv takes the first index that has
the package. An installed package of an environment document is not resolved: every build that fits what the document
states is possible, and a rule decides only where all of them agree.
Source: https://docs.astral.sh/uv/concepts/indexes/ , https://peps.python.org/pep-0440/#local-version-identifiers
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import TypeVar

from envdoctor.facts import NOWHERE, Facts, FactUnknown, Package
from envdoctor.judging.evidence import described
from envdoctor.matrix import Matrix
from envdoctor.matrix.rows import OrtRow, TorchRow
from envdoctor.versions import VersionError, leading, matches, release

Row = TypeVar("Row", bound=TorchRow | OrtRow)
_ORT_FEEDS = ("cuda-11", "cuda-12", "cuda-13")  # as `OrtRow.index` names them


def platform_of(facts: Facts) -> str:
    """The wheel platform: linux_x86_64 unless an arm64 image or host is stated, win_amd64 for Windows without a container.
    Of an image for both the host takes its own."""
    arches = facts.image.arch.get()
    on_arm = arches == ("arm64",) if arches and len(arches) == 1 else facts.host.arch.get() == "aarch64"
    if facts.host.os_id.get() == "windows" and not facts.host.wsl.get() and not facts.image.reference.is_known:
        return "win_amd64"
    return "linux_aarch64" if on_arm else "linux_x86_64"


def python_of(facts: Facts) -> str | None:
    """ "3.10" of the image's Python "3.10.12", None if unknown."""
    value = facts.image.python.get()
    return ".".join(value.split(".")[:2]) if value else None


def torch_builds(package: Package, facts: Facts, matrix: Matrix) -> tuple[TorchRow, ...]:
    """The CUDA builds of PyTorch that `package` can mean. Empty: the matrix knows none (a nightly, a release newer
    than it, a source build, NVIDIA's own build in an NGC image, whatever number it has: 23.05 says "2.0.0"). Raises
    FactUnknown only where the indexes cannot be read."""
    if package.manager == "image":
        return ()
    return tuple(row for row in _torch_rows(package, facts, matrix) if row.cuda is not None)


def torch_of_version(package: Package, facts: Facts, matrix: Matrix) -> tuple[TorchRow, ...]:
    """Every build of a pinned version on this platform, of whatever CUDA and for whatever Python."""
    return _of_version(matrix.torch(platform_of(facts)), package)


def is_cpu_build(package: Package, facts: Facts, matrix: Matrix) -> bool:
    """Is this PyTorch without CUDA? So are +cpu, the …/whl/cpu index, and what PyPI serves for arm64 (up to 2.10) and Windows."""
    if variant(package) == "cpu":
        return True
    if package.manager == "image":
        return False
    rows = _torch_rows(package, facts, matrix)
    return bool(rows) and all(row.cuda is None for row in rows)


def is_meant_for_cpu(package: Package) -> bool:
    """Does the pin, or an index or page that is named for it, ask for a build without CUDA?"""
    return variant(package) == "cpu" or any(_cuda_of_local(_last_part(url)) == "cpu" for url in package.extra_indexes)


def _torch_rows(package: Package, facts: Facts, matrix: Matrix) -> tuple[TorchRow, ...]:
    """With the CPU builds."""
    return _torch_rows_for(package._replace(origin=NOWHERE), platform_of(facts), python_of(facts), matrix)


@lru_cache(maxsize=1024)
def _torch_rows_for(package: Package, platform: str, python: str | None, matrix: Matrix) -> tuple[TorchRow, ...]:
    """Remembered: several rules ask of the same package, and a directory of workloads asks again and again."""
    if _may_be_nightly(package):
        return ()
    if package.manager == "conda":  # of channels no table is kept: any build of that version, as of what is installed
        package = package._replace(installed=True)
    every = matrix.torch(platform)
    rows = tuple(row for row in _of_version(every, package) if python is None or python in row.python)
    wanted = variant(package)
    if wanted is not None:
        rows = tuple(row for row in rows if row.cuda is not None and _same_cuda(row.cuda, wanted))
        return rows if package.installed else _newest(rows)
    if package.installed:
        return _listed_as(rows, package)
    if package.manager == "uv":
        return _first_that_has_it(every, rows, package, lambda row: row.default, _torch_index_has)
    return _resolved(rows, package, lambda row: row.default, _torch_index_has, _local_of)


def _may_be_nightly(package: Package) -> bool:
    """…/whl/nightly/cu128 serves development builds alone, of which no table is kept. Beside the default index they are
    taken with --pre, which is not kept either: then only a pinned release is certain."""
    if _is_nightly(package.index or ""):
        return True
    return package.version is None and any(map(_is_nightly, package.extra_indexes))


def _is_nightly(url: str) -> bool:
    return "/nightly/" in f"{url}/"


def _listed_as(rows: tuple[TorchRow, ...], package: Package) -> tuple[TorchRow, ...]:
    """An installed version without a local part is the default index's build: pip lists the others as 2.4.0+cu118.
    Where that is the CPU build of Linux on Arm it may as well be a Jetson's own, of which no table is kept: a row says where
    none has that number."""
    default = tuple(row for row in rows if row.default)
    if package.version and default and package.manager in (None, "pip", "uv"):
        return tuple(
            row for row in default if row.cuda is not None or row.platform != "linux_aarch64" or row.jetson is False
        )
    return tuple(row for row in rows if row.cuda is not None)


def onnxruntime_builds(package: Package, facts: Facts, matrix: Matrix) -> tuple[OrtRow, ...]:
    """The builds of onnxruntime-gpu that `package` can mean, as `torch_builds`."""
    return _onnxruntime_builds_for(package._replace(origin=NOWHERE), platform_of(facts), python_of(facts), matrix)


@lru_cache(maxsize=1024)
def _onnxruntime_builds_for(package: Package, platform: str, python: str | None, matrix: Matrix) -> tuple[OrtRow, ...]:
    every = matrix.onnxruntime(platform)
    rows = tuple(row for row in _of_version(every, package) if _may_fit(row, python, package))
    if package.cuda:
        return tuple(row for row in rows if _same_cuda(row.cuda, package.cuda))
    feed = ort_feed(package.index or "")
    if feed is not None:
        return tuple(row for row in rows if row.index == feed)
    if package.installed:  # without a row for PyPI's build of that version the feed's alone would mislead
        return rows if any(row.index == "pypi" for row in rows) else ()
    if package.manager == "uv":
        return _first_that_has_it(every, rows, package, lambda row: row.index == "pypi", _ort_index_has)
    return _resolved(rows, package, lambda row: row.index == "pypi", _ort_index_has, lambda row: "")


def _may_fit(row: OrtRow, python: str | None, package: Package) -> bool:
    """Has the build a wheel for this Python? For the feeds that is not known, nor for what was removed from PyPI,
    which may still be installed and can no longer be."""
    if row.python:
        return python is None or python in row.python
    return package.installed or row.index != "pypi"


def label(package: Package, rows: tuple[TorchRow, ...] | tuple[OrtRow, ...]) -> str:
    """As `described`; for a declaration without an exact version with the one that is installed today."""
    if package.installed or package.version is not None or not rows:
        return described(package)
    if package.specifier:
        return f"{described(package)} (today {rows[0].version})"
    return f"{package.name} (not pinned; today {rows[0].version})"


def ort_feed(url: str) -> str | None:
    """Microsoft's feeds by their names in the address; None for an index that is not one of them."""
    return next((feed for feed in _ORT_FEEDS if f"onnxruntime-{feed}" in url), None)


def variant(package: Package) -> str | None:
    """The CUDA release of the wheel variant, where the pin or its own index states it: "12.1" or "cpu"."""
    if package.cuda:
        return package.cuda
    local = (package.version or "").partition("+")[2]
    return _cuda_of_local(local) or _cuda_of_local(_last_part(package.index or ""))


def not_found(package: Package) -> str:
    """What the installer says of a version that no index holds."""
    if package.manager == "uv":
        return 'uv stops with "No solution found when resolving dependencies"'
    return 'pip stops with "Could not find a version that satisfies the requirement"'


def _cuda_of_local(local: str) -> str | None:
    if local.startswith("cpu"):
        return "cpu"
    digits = local[2:].split(".")[0] if local.startswith("cu") else ""
    return f"{digits[:-1]}.{digits[-1]}" if digits.isdigit() and len(digits) in (2, 3) else None


def _same_cuda(row: str, wanted: str) -> bool:
    try:
        return matches(row, wanted) is not False
    except VersionError:
        return False


def _of_version(rows: Iterable[Row], package: Package) -> tuple[Row, ...]:
    if package.version is not None:
        return tuple(row for row in rows if _is_version(row.version, package))
    if package.specifier:
        return _within(rows, package.specifier)
    return tuple(rows)


def _is_version(row: str, package: Package) -> bool:
    """A pin names one release ("2.7" is 2.7.0); an installed "2.7" may be any 2.7.x."""
    public = (package.version or "").partition("+")[0]
    if leading(public) != public:
        return False  # a pre-release, a nightly or a source build: in no table
    if package.installed:
        return matches(row, public) is not False and (matches(row, public) or row.startswith(public))
    return release(row) == release(public)


def _within(rows: Iterable[Row], specifier: str) -> tuple[Row, ...]:
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    try:
        wanted = SpecifierSet(specifier)
    except InvalidSpecifier as error:
        raise FactUnknown(f"the version specifier {specifier[:60]!r} cannot be read") from error
    return tuple(row for row in rows if wanted.contains(row.version))


def _torch_index_has(row: TorchRow, url: str) -> bool:
    """…/whl/torch_stable.html lists the wheels of every variant, …/whl/cu111/torch_stable.html those of one."""
    if url.endswith("/whl/torch_stable.html"):
        return True
    return not _is_nightly(url) and _cuda_of_local(_last_part(url)) == (row.cuda or "cpu")


def _last_part(url: str) -> str:
    """ ".../whl/cu121/" -> "cu121", and so is that of a --find-links page in it."""
    folder, _, last = url.rstrip("/").rpartition("/")
    return folder.rpartition("/")[2] if last.endswith(".html") else last


def _ort_index_has(row: OrtRow, url: str) -> bool:
    return row.index == ort_feed(url)


def _local_of(row: TorchRow) -> str:
    """ "cu121" of 2.4.0+cu121, which PEP 440 compares letter by letter: cu92 is above cu118."""
    return "cu" + row.cuda.replace(".", "") if row.cuda else "cpu"


def _resolved(
    rows: tuple[Row, ...],
    package: Package,
    on_default: Callable[[Row], bool],
    on_index: Callable[[Row, str], bool],
    local_of: Callable[[Row], str],
) -> tuple[Row, ...]:
    """What pip takes from the default index and the extra ones: the highest version, local part included; on a tie the
    last index. An index that is neither PyTorch's nor one of Microsoft's feeds is taken for a mirror of the default one."""
    default = tuple(row for row in rows if on_default(row))
    extras = [_on(rows, on_index, url) for url in package.extra_indexes]
    best = _newest([row for found in (*extras, default) for row in found])
    preferred = [row for found in reversed(extras) for row in found if row in best]
    return (max(preferred, key=local_of),) if preferred else best


def _first_that_has_it(
    every: Iterable[Row],
    rows: tuple[Row, ...],
    package: Package,
    on_default: Callable[[Row], bool],
    on_index: Callable[[Row, str], bool],
) -> tuple[Row, ...]:
    """What uv takes: the newest of `rows` on the first index that has the package, in whatever version (`every`). None where
    that index has it in others alone: uv then says that there is no solution, and asks no further index."""
    listed = tuple(every)
    for url in package.extra_indexes:
        if any(on_index(row, url) for row in listed):
            return _newest(_on(rows, on_index, url))
    return _newest(row for row in rows if on_default(row))


def _on(rows: Iterable[Row], on_index: Callable[[Row, str], bool], url: str) -> tuple[Row, ...]:
    return tuple(row for row in rows if on_index(row, url))


def _newest(rows: Iterable[Row]) -> tuple[Row, ...]:
    listed = list(rows)
    if not listed:
        return ()
    top = max(release(row.version) for row in listed)
    return tuple(row for row in listed if release(row.version) == top)
