"""The tables of Python packages against package indexes: PyTorch, its companions, ONNX Runtime, OpenCV.

File names say versions, platforms and Pythons; wheels' metadata, where an index offers it apart from the wheel,
says which CUDA, cuDNN and torch they ask for. Only final releases are compared, from the oldest that the table has.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any, NamedTuple

from envdoctor.online import wheel_facts
from envdoctor.online.asking import Asking
from envdoctor.online.package_index import Metadata, PackageIndex, Project, Wheel
from envdoctor.online.transport import AskError
from envdoctor.online.wheel_facts import Build
from envdoctor.readers.indexes import is_pypi, variant_of_index

_MOST_BY_RANGES = 10  # wheels per package that are read by ranges, where the index offers no metadata apart


class Compared(NamedTuple):
    """One package of one table. `row_of` is the build that a row states, `new` a row for a build that none has,
    `facts` the columns that metadata shows for a platform. `settled`: does the row say that its files are on the
    index? `telling`: columns that say something where they are left out (torch without `cuda` is the CPU build),
    which a proposal must not do unobserved."""

    table: str
    package: str
    build_of: Callable[[Wheel, Project], Build]
    row_of: Callable[[Mapping[str, Any]], Build]
    new: Callable[[Build], dict[str, Any]]
    facts: Callable[[Metadata, str], dict[str, Any]]
    settled: Callable[[Mapping[str, Any]], bool] = lambda row: True
    platforms: tuple[str, ...] = ("linux_x86_64", "linux_aarch64", "win_amd64")
    telling: tuple[str, ...] = ()


async def torch(asking: Asking, indexes: list[PackageIndex]) -> None:
    rows = asking.rows("torch")
    compared = Compared(
        "torch",
        "torch",
        wheel_facts.torch_build,
        wheel_facts.torch_row,
        wheel_facts.new_torch,
        wheel_facts.torch_needs,
        telling=("cuda",),
    )
    await _compare(asking, indexes, compared, rows)


async def onnxruntime(asking: Asking, indexes: list[PackageIndex]) -> None:
    compared = Compared(
        "onnxruntime",
        "onnxruntime-gpu",
        wheel_facts.onnxruntime_build,
        lambda row: Build(row["version"], row["index"], row["platform"]),
        lambda build: {"version": build.version, "index": build.variant, "platform": build.platform},
        lambda metadata, platform: {"extras": sorted(metadata.extras)},
        lambda row: bool(row["python"]),  # without: a wheel that nobody read, most of them gone from PyPI
    )
    await _compare(asking, indexes, compared, asking.rows("onnxruntime"))


async def companions(asking: Asking, indexes: list[PackageIndex]) -> None:
    rows = asking.rows("companions")
    for name in dict.fromkeys(row["name"] for row in rows):
        compared = Compared(
            "companions",
            name,
            lambda wheel, project: Build(wheel.version, "", "linux_x86_64"),
            lambda row: Build(row["version"], "", "linux_x86_64"),
            lambda build, name=name: {"name": name, "version": build.version},  # type: ignore[misc]
            wheel_facts.companion_needs,
            platforms=("linux_x86_64",),
        )
        await _compare(asking, indexes, compared, [row for row in rows if row["name"] == name])


async def _compare(asking: Asking, indexes: list[PackageIndex], this: Compared, rows: list[dict[str, Any]]) -> None:
    projects = await projects_of(asking, indexes, this.table, this.package)
    if not projects:
        return
    found: dict[Build, list[tuple[Wheel, Project, PackageIndex]]] = {}
    for index, project in projects:
        for wheel in project.wheels:
            if wheel_facts.is_final(wheel.version) and not (set(wheel.platforms).isdisjoint(this.platforms)):
                for platform in wheel.platforms:
                    build = this.build_of(wheel, project)._replace(platform=platform)
                    found.setdefault(build.canonical(), []).append((wheel, project, index))
    ours = {this.row_of(row).canonical(): row for row in rows}
    oldest = min((build.order() for build in ours), default=())
    new = [build for build in found if build not in ours and build.order() >= oldest and _any_left(found[build])]
    for build, row in ours.items():
        _known_build(asking, this, row, found.get(build))
    for build in new:
        _new_build(asking, this, build, found[build])
    _gone(asking, this, {build: row for build, row in ours.items() if build not in found}, projects)
    await _metadata(asking, this, ours, {build: found[build] for build in _in_turn(new, ours, found)})


async def projects_of(
    asking: Asking, indexes: list[PackageIndex], table: str, package: str
) -> list[tuple[PackageIndex, Project]]:
    """What each index that has the package says of it; that one of several does not have it is nothing to tell."""

    async def of(index: PackageIndex) -> Project | None:
        try:
            return await index.project(package)
        except AskError as error:
            if error.kind == "not-found" and len(indexes) > 1:
                return None
            raise

    questions = ((f"{package} on {index.shown}", partial(of, index)) for index in indexes)
    answers = await asking.every(table, questions)
    projects = [(index, project) for index, project in zip(indexes, answers, strict=True) if project is not None]
    if not projects and len(indexes) != 1:
        asking.fail(table, package, "not-found", "no configured index has it")
    return projects


def _known_build(
    asking: Asking, this: Compared, row: dict[str, Any], files: list[tuple[Wheel, Project, PackageIndex]] | None
) -> None:
    """Yanked releases, and Python versions by the files' names."""
    if not files:
        return
    source = files[0][1].address
    if not _any_left(files):
        note = row.get("note") or ""
        if "yanked" not in note:
            asking.drift(this.table, row, "version", "yanked", source)
            yanked = f"yanked from {'PyPI' if is_pypi(source) else source}"
            told = f"{note}; {yanked}" if note else yanked
            asking.propose(this.table, {"note": told}, _cited(this, files), before=row)
        return
    python = _pythons(files)
    stated = row.get("python")
    if stated is None or not python or set(python) == set(stated):
        return
    if stated:  # an empty list is a wheel that was not read
        asking.drift(this.table, row, "python", python, source)
    asking.propose(this.table, {"python": python}, _cited(this, files), before=row)


def _new_build(asking: Asking, this: Compared, build: Build, files: list[tuple[Wheel, Project, PackageIndex]]) -> None:
    row = this.new(build._replace(version=files[0][0].version))
    python = _pythons(files)
    if python and this.table != "companions":
        row["python"] = python
    asking.unlisted(this.table, row, "version", files[0][1].address)
    missing = () if build.variant else this.telling
    asking.propose(this.table, row, _cited(this, files), missing=missing, about=(this.package, build))


def _gone(
    asking: Asking, this: Compared, rows: dict[Build, dict[str, Any]], projects: list[tuple[PackageIndex, Project]]
) -> None:
    """Rows that no asked index has a file for. Only PyPI and PyTorch's own indexes are taken to hold everything of
    theirs."""
    for build, row in rows.items():
        if not this.settled(row):
            continue
        holding = [project for _, project in projects if wheel_facts.would_hold(project.address, build.variant)]
        whole = [each for each in holding if is_whole(asking, each)]
        if whole:
            asking.drift(this.table, row, "version", None, whole[0].address)
        elif holding:
            reason = "a private index may hold only a part of what PyPI does, so nothing follows from what it lacks"
            asking.fail(this.table, f"{this.package} {row['version']}", "not-covered", reason)
        else:
            variant = wheel_facts.told_variant(this.package, build.variant)
            asking.fail(
                this.table, f"{this.package} for {variant}", "not-covered", "no asked index serves these builds"
            )


def is_whole(asking: Asking, project: Project) -> bool:
    """Does the index hold everything that was published, so that what it lacks is gone?"""
    return asking.config.complete or is_pypi(project.address) or variant_of_index(project.address) is not None


async def _metadata(
    asking: Asking,
    this: Compared,
    ours: dict[Build, dict[str, Any]],
    builds: dict[Build, list[tuple[Wheel, Project, PackageIndex]]],
) -> None:
    """What the wheels ask for, of as many builds as the limit allows."""
    apart = {
        build: next((each for each in files if each[0].metadata is not None), None) for build, files in builds.items()
    }
    wheels = {build: found or builds[build][0] for build, found in apart.items()}
    limit = asking.config.limit if any(apart.values()) else min(asking.config.limit, _MOST_BY_RANGES)
    chosen = [(build, (wheel, index)) for build, (wheel, _, index) in list(wheels.items())[:limit]]
    questions = ((wheel.filename, partial(index.metadata, wheel)) for _, (wheel, index) in chosen)
    for (build, (_, index)), metadata in zip(chosen, await asking.every(this.table, questions), strict=True):
        if metadata is None:
            continue
        row, observed = ours.get(build), this.facts(metadata, build.platform)
        if row is None:
            new = this.new(build._replace(version=builds[build][0][0].version))
            asking.propose(this.table, {**new, **observed}, _cited(this, builds[build]), about=(this.package, build))
            continue
        differing = {name: value for name, value in observed.items() if not wheel_facts.same(row.get(name), value)}
        for name in differing:
            if row.get(name) is not None:
                asking.drift(this.table, row, name, differing[name], index.shown)
        if differing:
            asking.propose(this.table, differing, _cited(this, builds[build]), before=row)


def _in_turn(new: Iterable[Build], ours: Iterable[Build], found: Mapping[Build, object]) -> list[Build]:
    """New builds first, then known ones, each newest first."""
    known = sorted((build for build in ours if build in found), key=Build.order, reverse=True)
    return [*sorted(new, key=Build.order, reverse=True), *known]


def _pythons(files: list[tuple[Wheel, Project, PackageIndex]]) -> list[str]:
    usable = (wheel for wheel, _, _ in files if not (wheel.yanked or wheel.free_threaded or wheel.abi3))
    found = {python for wheel in usable for python in wheel.python}
    return sorted(found, key=lambda python: tuple(map(int, python.split("."))))


def _any_left(files: list[tuple[Wheel, Project, PackageIndex]]) -> bool:
    return not all(wheel.yanked for wheel, _, _ in files)


def _cited(this: Compared, files: list[tuple[Wheel, Project, PackageIndex]]) -> str:
    index = files[0][1].address
    return f"PyPI: {this.package}" if is_pypi(index) else f"measured: files of {this.package} on {index}"
