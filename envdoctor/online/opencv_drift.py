"""The table of packages that provide cv2 against package indexes: releases that no range holds, and the Pythons of
those it does.

A range says which libraries its releases need, which only the binaries show: a release that is new is told, and no
row proposed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from envdoctor.online.asking import Asking
from envdoctor.online.package_drift import is_whole, projects_of
from envdoctor.online.package_index import PackageIndex, Project, Wheel
from envdoctor.online.wheel_facts import is_final

_TABLE = "opencv"


async def opencv(asking: Asking, indexes: list[PackageIndex]) -> None:
    rows = [row for row in asking.rows(_TABLE) if row["manager"] == "pip"]
    for name in dict.fromkeys(row["name"] for row in rows):
        projects = await projects_of(asking, indexes, _TABLE, name)
        if projects:
            _compare(asking, [row for row in rows if row["name"] == name], [project for _, project in projects])


def _compare(asking: Asking, rows: list[dict[str, Any]], projects: list[Project]) -> None:
    from packaging.version import Version

    wheels: dict[str, list[Wheel]] = {}
    for project in projects:
        for wheel in project.wheels:
            if is_final(wheel.version) and "linux_x86_64" in wheel.platforms:
                wheels.setdefault(wheel.version, []).append(wheel)
    held: dict[int, list[Wheel]] = {}
    source = projects[0].address
    for version in sorted(wheels, key=Version):
        place = next((at for at, row in enumerate(rows) if _holds(row, version)), None)
        if place is not None:
            held.setdefault(place, []).extend(wheels[version])
        elif _is_later(rows[0], version) and not all(wheel.yanked for wheel in wheels[version]):
            new = {"name": rows[0]["name"], "manager": "pip", "first": version}
            asking.unlisted(_TABLE, new, "first", source)
    for at, row in enumerate(rows):
        _pythons(asking, row, held.get(at, []), source)
        _ends(asking, row, frozenset(wheels), projects)


def _holds(row: Mapping[str, Any], version: str) -> bool:
    from packaging.version import Version

    first, last = row.get("first"), row.get("last")
    return (first is None or Version(first) <= Version(version)) and (last is None or Version(version) <= Version(last))


def _is_later(row: Mapping[str, Any], version: str) -> bool:
    """Than the oldest release that the table has."""
    from packaging.version import Version

    return row.get("first") is None or Version(version) > Version(row["first"])


def _pythons(asking: Asking, row: Mapping[str, Any], wheels: list[Wheel], source: str) -> None:
    """The oldest and newest Python of the files of its releases, each release by itself."""
    releases: dict[str, set[tuple[int, ...]]] = {}
    for wheel in wheels:
        releases.setdefault(wheel.version, set()).update(tuple(map(int, each.split("."))) for each in wheel.python)
    found = [pythons for pythons in releases.values() if pythons]
    abi3 = {wheel.abi3 for wheel in wheels}
    stated = {"python_oldest": {min(pythons) for pythons in found}}
    if abi3 == {False}:
        stated["python_newest"] = {max(pythons) for pythons in found}
    for column, theirs in stated.items():
        told = [".".join(map(str, python)) for python in sorted(theirs)]
        if row.get(column) is not None and told and told != [row[column]]:
            asking.drift(_TABLE, row, column, told, source)
    if row.get("abi3") is not None and abi3 and abi3 != {row["abi3"]}:
        asking.drift(_TABLE, row, "abi3", "some" if len(abi3) == 2 else str(not row["abi3"]), source)


def _ends(asking: Asking, row: Mapping[str, Any], there: frozenset[str], projects: list[Project]) -> None:
    """The releases that a range names, gone from an index that holds everything."""
    from packaging.version import Version

    whole = [project for project in projects if is_whole(asking, project)]
    versions = {Version(each) for each in there}
    for column in ("first", "last"):
        if row.get(column) is not None and Version(row[column]) not in versions and whole:
            asking.drift(_TABLE, row, column, None, whole[0].address)
