"""`show` for a Python package: its builds, what it asks of others, and what follows for drivers and GPUs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from envdoctor.browse.conclusions import code_for, cudas_by_floor, driver_floor, install, variant
from envdoctor.browse.things import Conclusion, Row, Rows, Thing, groups
from envdoctor.judging.nearest_known import around
from envdoctor.matrix import Matrix
from envdoctor.matrix.rows import CompanionRow, OrtRow, TorchRow
from envdoctor.versions import numbers, parse

_ASKED = re.compile(
    r"([A-Za-z0-9][A-Za-z0-9._-]{0,80})(?:\[[^\]]{0,80}\])?(?:\s*(?:==|=|@|\s)\s*v?(\d[\w.]{0,40}))?(?:\+(\w{1,20}))?"
    r"(?:\s*((?:[<>]=?|~=|!=)[\d\s.,*<>=!~]{1,80}))?"
)
# Tables of one package; a table with a column name and a column version or specifier holds several.
ONE_PACKAGE = {"torch": "torch", "onnxruntime": "onnxruntime-gpu"}
_ALSO = {"pytorch": "torch", "onnxruntime": "onnxruntime-gpu", "ort": "onnxruntime-gpu"}


class Asked(NamedTuple):
    """ "torch==2.4.0+cu121": `local` is the part behind the plus. "torch>=2.4": `specifier` is all behind the name."""

    name: str
    version: str | None
    local: str | None
    specifier: str = ""


def package(text: str, matrix: Matrix) -> Thing | None:
    """None if no table holds a package of that name."""
    match = _ASKED.fullmatch(text.strip())
    if match is None:
        return None
    name = re.sub(r"[-_.]+", "-", match.group(1)).lower()
    known = names(matrix)
    version, local, specifier = match.group(2, 3, 4)
    asked = Asked(name if name in known else _ALSO.get(name, name), version, local, specifier or "")
    if asked.name not in known or not _is_readable(asked):
        return None
    listed = groups(*((table, _rows(table, asked, matrix)) for table in matrix.tables))
    title = f"package {asked.name}" + (
        f" {asked.version or asked.specifier}" if asked.version or asked.specifier else ""
    )
    if not listed:
        return Thing(title, nearest=_nearest(asked, matrix))
    return Thing(
        title + (f" ({asked.local})" if asked.local else ""), listed, tuple(_conclusions(asked, listed, matrix))
    )


def _is_readable(asked: Asked) -> bool:
    """A specifier as pip reads it, and none behind a version."""
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    try:
        SpecifierSet(asked.specifier)
    except InvalidSpecifier:
        return False
    return not (asked.specifier and asked.version)


def names(matrix: Matrix) -> tuple[str, ...]:
    """Every package that some table has rows for."""
    found = [*ONE_PACKAGE.values()]
    for table in matrix.tables.values():
        rows: Any = table.rows()
        if rows and _holds_packages(rows[0]):
            found += [row.name for row in rows]
    return tuple(dict.fromkeys(found))


def _holds_packages(row: Any) -> bool:
    """A distribution of an operating system has a name and a version too."""
    fields = set(row._fields)
    return "name" in fields and bool({"version", "specifier", "first"} & fields) and "codename" not in fields


def _rows(table: str, asked: Asked, matrix: Matrix) -> tuple[Row, ...]:
    rows: tuple[Any, ...] = matrix.tables[table].rows()
    if table in ONE_PACKAGE:
        ours = rows if ONE_PACKAGE[table] == asked.name else ()
    else:
        ours = tuple(row for row in rows if row.name == asked.name) if rows and _holds_packages(rows[0]) else ()
    return tuple(row for row in ours if _is_version(row, asked, table))


def _is_version(row: Any, asked: Asked, table: str) -> bool:
    """The releases within a version that was asked; rows about every release (`specifier`, `brings`) where they apply."""
    if asked.local and isinstance(row, TorchRow) and variant(row) != asked.local:
        return False
    if asked.specifier:
        return "version" not in row._fields or _within(asked.specifier, row.version)
    if asked.version is None or table == "brings":
        return True
    if "specifier" in row._fields:
        return _within(row.specifier, asked.version)
    wanted = numbers(asked.version)
    if "first" in row._fields:
        return _between(row.first, row.last, wanted)
    return bool(wanted) and numbers(row.version)[: len(wanted)] == wanted


def _between(first: str | None, last: str | None, wanted: tuple[int, ...]) -> bool:
    """Can a release that was asked ("4.10") be within the span? An open end is every release on that side."""
    above = first is None or numbers(first)[: len(wanted)] <= wanted
    return above and (last is None or wanted <= numbers(last)[: len(wanted)])


def _within(specifier: str, version: str) -> bool:
    from packaging.specifiers import SpecifierSet
    from packaging.version import InvalidVersion

    try:
        return SpecifierSet(specifier).contains(version, prereleases=True)
    except InvalidVersion:
        return False


def _nearest(asked: Asked, matrix: Matrix) -> tuple[str, ...]:
    """The releases on either side of what was asked, or the variants there are."""
    if asked.local:
        without = asked._replace(local=None)
        builds = [row for row in _rows("torch", without, matrix) if isinstance(row, TorchRow)]
        if builds:
            return tuple(dict.fromkeys(f"torch=={row.version}+{variant(row)}" for row in builds))[:6]
    every = Asked(asked.name, None, None)
    rows: list[Any] = [row for table in matrix.tables for row in _rows(table, every, matrix)]
    found = {row.version for row in rows if _has_version(row)}
    near = around(asked.version, found) if asked.version else sorted(found, key=numbers)[-1:]
    return tuple(f"{asked.name} {version}" for version in near)


def _has_version(row: Any) -> bool:
    return "version" in row._fields and bool(numbers(row.version))


def _conclusions(asked: Asked, listed: tuple[Rows, ...], matrix: Matrix) -> Iterator[Conclusion]:
    rows: list[Any] = [row for group in listed for row in group.rows]
    torch = [row for row in rows if isinstance(row, TorchRow)]
    ort = [row for row in rows if isinstance(row, OrtRow)]
    if asked.version and (torch or ort):
        yield from _builds(torch, ort, matrix)
        yield from _companions(sorted({row.version for row in torch}, key=parse), matrix)


def _builds(torch: list[TorchRow], ort: list[OrtRow], matrix: Matrix) -> Iterator[Conclusion]:
    """Each floor once, and the GPUs of each Linux build (one sentence where builds are alike)."""
    for cuda in cudas_by_floor((*(row.cuda for row in torch), *(row.cuda for row in ort)), matrix):
        yield from driver_floor(cuda, matrix)
    told: dict[tuple[Any, Any], list[str]] = {}
    builds: list[TorchRow | OrtRow] = [*torch, *ort]
    for row in builds:
        if row.platform == "linux_x86_64" and row.cuda:
            told.setdefault((row.sm, row.ptx), []).append(_build_name(row))
    for (sass, ptx), names_of in told.items():
        yield from code_for(", ".join(names_of), sass, ptx, matrix)
    if len(torch) == 1:
        yield install(torch[0])


def _build_name(row: TorchRow | OrtRow) -> str:
    return f"{row.version}+{variant(row)}" if isinstance(row, TorchRow) else f"{row.version} ({row.index})"


def _companions(versions: list[str], matrix: Matrix) -> Iterator[Conclusion]:
    """torchvision and torchaudio that ask for exactly this torch."""
    for version in versions[:3]:
        pairs: list[str] = []
        for name in ("torchvision", "torchaudio"):
            fitting: list[CompanionRow] = [row for row in matrix.companions(name) if row.torch == f"=={version}"]
            pairs += [f"{name} {row.version}" for row in fitting]
        if pairs:
            yield Conclusion(f"built for torch {version}: {', '.join(pairs)}")
