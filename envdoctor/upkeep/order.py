"""What identifies a row of each table, and the canonical order of its rows: these columns, one after the other.

A version sorts as its numbers, oldest first, everything else as what it is. No two rows of a table share all of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from envdoctor.versions import numbers

_LONGEST = 200  # characters of a value in a message; the longest key that ships has 131


class Version(NamedTuple):
    """A column that sorts as dotted numbers; of a list the first. A column that is left out comes first."""

    column: str


class Plain(NamedTuple):
    """A column that sorts as the text, number or list it is; one that is left out comes first."""

    column: str


ORDER: dict[str, tuple[Version | Plain, ...]] = {
    "toolkits": (Version("cuda"),),
    "major_floors": (Plain("cuda_major"),),
    "windows": (Version("cuda"),),
    "branches": (Plain("branch"),),
    "architectures": (Version("capabilities"),),
    "gpus": (Plain("key"), Plain("name"), Version("capability")),
    "requirements": (Version("cuda"), Plain("arch"), Plain("os")),
    "compat": (Version("cuda"), Plain("branch"), Plain("basis")),
    "l4t": (Version("l4t"),),
    "cuda_tags": (Version("cuda"), Plain("tag")),
    "ngc_pytorch": (Version("release"),),
    "ngc_images": (Plain("repository"), Version("release"), Plain("image")),
    "l4t_images": (Plain("image"),),
    "service_images": (Plain("repository"),),
    "torch_images": (Version("torch"),),
    "onnxruntime": (Version("version"), Plain("platform"), Plain("index")),
    "torch": (Version("version"), Plain("platform"), Version("cuda")),
    "torch_indexes": (Version("cuda"),),
    "torch_requires": (Version("version"), Version("cuda"), Plain("platform")),
    "torch_abi": (Version("first"), Plain("platform"), Plain("cuda")),
    "companions": (Plain("name"), Version("version")),
    "cudnn": (Version("version"), Plain("cuda_major")),
    "needs": (Plain("name"), Plain("specifier")),
    "brings": (Plain("name"), Plain("requires")),
    "opencv": (Plain("name"), Plain("manager"), Plain("os"), Version("first")),
    "system_brings": (Plain("package"),),
    "video_engines": (Plain("key"),),
    "video_sdks": (Version("sdk"),),
    "video_packages": (Plain("name"),),
    "caches": (Plain("name"),),
    "toolkit_users": (Plain("name"),),
    "system_libraries": (Plain("soname"), Plain("os"), Version("os_versions")),
    "python_versions": (Version("python"),),
    "distributions": (Plain("os"), Version("version")),
    "engine_features": (Plain("engine"), Plain("feature")),
    "driver_packages": (Plain("name"),),
}


def sort_key(table: str, row: Mapping[str, Any]) -> tuple[Any, ...]:
    """Of a row as its line has it; a table without an entry above is sorted by its first column."""
    return tuple(_sorted_as(column, row.get(column.column)) for column in _columns(table, row))


def identity(table: str, row: Mapping[str, Any]) -> str:
    """ "cuda 12.4, branch 535, basis matrix", for messages."""
    found = ((column.column, row.get(column.column)) for column in _columns(table, row))
    return ", ".join(f"{name} {shown(value)}" for name, value in found if value not in (None, "", [], ()))


def identifying(table: str, row: Mapping[str, Any]) -> tuple[str, ...]:
    """The names of those columns."""
    return tuple(column.column for column in _columns(table, row))


def _columns(table: str, row: Mapping[str, Any]) -> tuple[Version | Plain, ...]:
    return ORDER.get(table) or tuple(Plain(name) for name in list(row)[:1])


def _sorted_as(column: Version | Plain, value: Any) -> Any:
    if isinstance(column, Plain):
        return "" if value is None else value
    first = value[0] if isinstance(value, (list, tuple)) and value else value
    base, _, post = str(first or "").partition(".post")  # 0.0.27.post2 of xformers comes after 0.0.27
    return (*numbers(base), *numbers(post))


def shown(value: object) -> str:
    """A cell for a message, shortened: a stranger's file may hold anything."""
    try:
        text = " ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)
    except RecursionError:
        return "(nested too deeply)"
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
