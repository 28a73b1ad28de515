"""Poetry's own tables: `torch = "^2.1"`, `torch = {version = "2.3.1", source = "pytorch-cu121"}`, groups and sources.

Sources: https://python-poetry.org/docs/dependency-specification/ , https://python-poetry.org/docs/repositories/
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from envdoctor.patterns import lazily
from envdoctor.readers.indexes import Indexes

_CLAUSE = lazily(r"\s*(\^|~(?!=)|={1,3}|!=|~=|<=|>=|<|>)?\s*v?([0-9][0-9A-Za-z.+!*-]*|\*)\s*")
_PYTHON_ONLY = "python"


class Wish(NamedTuple):
    """One dependency as a requirement of pip. `text` is None where the version can be several things (`^1 || ^2`), or where
    a repository or a folder decides it. `source` is the name of the only source that is asked."""

    name: str
    text: str | None
    source: str | None = None
    optional: bool = False
    marker: str = ""


def wishes(table: Mapping[str, object]) -> Iterator[Wish]:
    """The dependencies of `[tool.poetry.dependencies]` or of a group; python itself is none."""
    for name, given in table.items():
        if name.lower() == _PYTHON_ONLY:
            continue
        for each in given if isinstance(given, list) else [given]:
            if isinstance(each, str):
                yield _wish(name, {"version": each})
            elif isinstance(each, dict):
                yield _wish(name, each)


def _wish(name: str, given: Mapping[str, object]) -> Wish:
    source, optional = given.get("source"), given.get("optional") is True
    marker = _marker(given)
    found = Wish(name, None, source if isinstance(source, str) else None, optional, marker)
    extras = given.get("extras")
    listed = f"[{','.join(map(str, extras[:20]))}]" if isinstance(extras, list) and extras else ""
    markers = f" ; {marker}" if marker else ""
    if isinstance(given.get("url"), str):
        return found._replace(text=f"{name}{listed} @ {given['url']}{markers}")
    version = given.get("version")
    if any(key in given for key in ("git", "path")) or not isinstance(version, str):
        return found
    specifier = specifier_of(version)
    return found._replace(text=None if specifier is None else f"{name}{listed}{specifier}{markers}")


def _marker(given: Mapping[str, object]) -> str:
    """`markers`, and `platform`, a value of sys_platform."""
    marker, platform = given.get("markers"), given.get("platform")
    found = [marker.strip()] if isinstance(marker, str) and marker.strip() else []
    if isinstance(platform, str) and platform.isalnum():
        found.append(f'sys_platform == "{platform}"')
    return found[0] if len(found) == 1 else " and ".join(f"({each})" for each in found)


def specifier_of(constraint: str) -> str | None:
    """Poetry's constraint in pip's words: "^2.1" -> ">=2.1,<3", "2.1.0" -> "==2.1.0". None for alternatives."""
    clauses: list[str] = []
    for part in re.split(r"[,\s]+(?=[\^~=!<>])|,", constraint[:200].strip()):
        match = _CLAUSE.fullmatch(part)
        if match is None:
            return None
        operator, version = match.groups()
        if version == "*":
            continue
        if operator == "^":
            clauses += [f">={version}", f"<{_next(version, caret=True)}"]
        elif operator == "~":
            clauses += [f">={version}", f"<{_next(version, caret=False)}"]
        else:
            clauses.append(f"{'==' if operator in (None, '=') else operator}{version}")
    return ",".join(clauses)


def _next(version: str, *, caret: bool) -> str:
    """The first version that is too new: the first number that is not 0 goes up for ^, the second (or only) one for ~."""
    numbers = [int(part) for part in re.findall(r"\d{1,9}", version.partition("+")[0].partition("-")[0])[:4]] or [0]
    place = min(1, len(numbers) - 1)
    if caret:
        place = next((index for index, number in enumerate(numbers) if number), len(numbers) - 1)
    return ".".join(map(str, (*numbers[:place], numbers[place] + 1)))


def indexes_of(sources: object) -> tuple[Indexes, dict[str, str]]:
    """The indexes that every package is looked for on, and the addresses of all sources by name. A primary source takes
    the place of PyPI; a supplemental one is asked for what the others have not, an explicit one only by name."""
    named: dict[str, str] = {"pypi": "https://pypi.org/simple"}
    primary: list[str] = []
    for source in sources if isinstance(sources, list) else ():
        if not isinstance(source, dict) or not isinstance(source.get("name"), str):
            continue
        name = source["name"].lower()
        url = source.get("url")
        if isinstance(url, str):
            named[name] = url
        priority = source.get("priority") or ("supplemental" if source.get("secondary") else "primary")
        if name in named and priority in ("primary", "default"):
            primary.append(named[name])
    return Indexes.of(primary[0] if primary else None, primary[1:], ()), named
