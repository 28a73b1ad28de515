"""`[tool.uv]` of a pyproject.toml: indexes, and the sources that tie a package to one of them.

Sources: https://docs.astral.sh/uv/concepts/indexes/ , https://docs.astral.sh/uv/concepts/projects/dependencies/ ,
https://docs.astral.sh/uv/guides/integration/pytorch/
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import NamedTuple

from envdoctor.readers.indexes import Indexes, redacted
from envdoctor.readers.markers import MarkerError, holds
from envdoctor.readers.requirement import normalized


class Source(NamedTuple):
    """Where one package comes from. `index` is an address; `address` a file's. Neither: a repository, a folder, or what
    cannot be told from the file."""

    index: str | None = None  # type: ignore[assignment]  # the field's word, not tuple.index
    address: str | None = None


class UvSettings(NamedTuple):
    indexes: Indexes = Indexes()
    named: Mapping[str, str] = {}
    sources: Mapping[str, object] = {}
    best_match: bool = False

    def source(self, name: str, extras: Collection[str], groups: Collection[str]) -> Source | None:
        """The source of `name` with those extras and groups chosen; None where it is looked for as any other."""
        given = self.sources.get(name)
        found: list[Source] = []
        for each in given if isinstance(given, list) else [given]:
            if not isinstance(each, dict) or not _chosen(each, extras, groups):
                continue
            answer = _holds(each.get("marker"))
            if answer is not False:
                found.append(self.placed(each) if answer else Source())
        return found[0] if len(set(found)) == 1 else (Source() if found else None)

    def placed(self, given: Mapping[str, object]) -> Source:
        index, url = given.get("index"), given.get("url")
        if isinstance(index, str):
            return Source(index=self.named.get(index))
        return Source(address=redacted(url)) if isinstance(url, str) else Source()


def _chosen(source: Mapping[str, object], extras: Collection[str], groups: Collection[str]) -> bool:
    extra, group = source.get("extra"), source.get("group")
    if isinstance(extra, str) and normalized(extra) not in extras:
        return False
    return not (isinstance(group, str) and normalized(group) not in groups)


def _holds(marker: object) -> bool | None:
    if not isinstance(marker, str):
        return True
    try:
        return holds(marker)
    except MarkerError:
        return None


def read_uv_settings(table: Mapping[str, object]) -> UvSettings:
    """`table` is [tool.uv]. What has another form than expected is left out: uv itself refuses the file."""
    named: dict[str, str] = {}
    extra: list[str] = []
    default: str | None = None
    for index in _tables(table.get("index")):
        url = index.get("url")
        if not isinstance(url, str):
            continue
        url = redacted(url)
        if isinstance(index.get("name"), str):
            named[str(index["name"])] = url
        if index.get("default") is True:
            default = url
        elif index.get("explicit") is not True:
            extra.append(url)
    pip = table.get("pip")
    for place in (table, pip if isinstance(pip, dict) else {}):
        default = _text(place.get("index-url")) or default
        extra += _texts(place.get("extra-index-url"))
    pages = _texts(table.get("find-links"))
    sources = table.get("sources")
    return UvSettings(
        Indexes.of(default, list(dict.fromkeys(extra)), pages, no_index=table.get("no-index") is True),
        named,
        {normalized(name): given for name, given in sources.items()} if isinstance(sources, dict) else {},
        table.get("index-strategy") == "unsafe-best-match",
    )


def _tables(value: object) -> list[Mapping[str, object]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _text(value: object) -> str | None:
    return redacted(value) if isinstance(value, str) else None


def _texts(value: object) -> list[str]:
    return [redacted(each) for each in value if isinstance(each, str)] if isinstance(value, list) else []
