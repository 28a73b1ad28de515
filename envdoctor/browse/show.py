"""Finds out what a text means and gathers everything known of it. A text that can mean two things is shown as both."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from typing import Any, NamedTuple

from envdoctor.browse import hardware, images, packages, releases
from envdoctor.browse.tables import fits
from envdoctor.browse.things import Row, Rows, Thing, groups
from envdoctor.judging.nearest_known import around
from envdoctor.matrix import Matrix
from envdoctor.nearest import nearest
from envdoctor.upkeep.order import identifying
from envdoctor.versions import numbers

LONGEST = 300  # characters of what is asked
Recogniser = Callable[[str, Matrix], "Thing | None"]

# "driver 535": the first word says what the rest is.
_WORDS: dict[str, Recogniser] = {
    "image": images.image,
    "package": packages.package,
    "gpu": hardware.gpu,
    "sm": hardware.capability,
    "capability": hardware.capability,
    "driver": hardware.driver,
    "l4t": hardware.l4t,
    "jetson": hardware.l4t,
    "jetpack": hardware.jetpack,
    "architecture": hardware.architecture,
    "cuda": releases.cuda,
    "cudnn": releases.cudnn,
    "python": releases.python,
}
_BY_NAME = ("image", "package", "gpu", "architecture")  # what is asked by a name, in which an r or v may start anything
# "driver 535", "driver=535", "cuda12.4", "cudnn8", "L4T r36.4"
_WORDED = re.compile(r"(l4t|[a-z]+)(?:[\s=]+|[-_]?(?=[rv]?\d))(\S.*)", re.ASCII | re.IGNORECASE)
_BRANCH = re.compile(r"r(\d{3}(?:\.\d+)*)", re.ASCII | re.IGNORECASE)  # R535
_L4T = re.compile(r"r(\d{2}(?:\.\d+)*)", re.ASCII | re.IGNORECASE)  # r36.4
_IMAGE = re.compile(r"\S*[:/@]\S*")
_OLDEST_DRIVER = 300  # no CUDA, cuDNN or package release of that number


class Shown(NamedTuple):
    """`things` are known; where there is none, `missing` says what was looked for, with what is nearest to it."""

    things: tuple[Thing, ...]
    missing: tuple[Thing, ...]


def show(text: str, matrix: Matrix) -> Shown:
    asked = " ".join(text[:LONGEST].split())
    found = tuple(_things(asked, matrix))
    listed = tuple(thing for thing in found if thing.is_known)
    return Shown(listed, () if listed else found or (_nothing(asked, matrix),))


def _things(asked: str, matrix: Matrix) -> Iterator[Thing]:
    thing = _by_word(asked, matrix)
    if thing is not None:
        yield thing
        return
    table, _, rest = asked.partition(" ")
    if table in matrix.tables and packages.package(asked, matrix) is None:  # torch is a table and a package
        yield _of_table(table, rest, matrix)
        return
    things = tuple(_by_form(asked, matrix))
    yield from things
    shown = {row for each in things for group in each.groups for row in group.rows}
    yield from _by_key(asked, matrix, shown)


def _by_word(asked: str, matrix: Matrix) -> Thing | None:
    """What the first word says it is; None where there is no such word, and for a Jetson's name."""
    match = _WORDED.fullmatch(asked)
    word = match.group(1).lower() if match else ""
    if match and word in _WORDS:
        rest = match.group(2).lstrip("= ")
        rest = rest if word in _BY_NAME else re.sub(r"^[rv](?=\d)", "", rest, flags=re.IGNORECASE)
        thing = _WORDS[word](rest, matrix)
        return thing if thing is not None and (thing.is_known or word != "jetson") else None
    for pattern, recognise in ((_BRANCH, hardware.driver), (_L4T, hardware.l4t)):
        number = pattern.fullmatch(asked)
        if number:
            return recognise(number.group(1), matrix)
    return None


def _by_form(asked: str, matrix: Matrix) -> Iterator[Thing]:
    if _IMAGE.fullmatch(asked) and "==" not in asked:
        yield images.image(asked, matrix)
        return
    thing = packages.package(asked, matrix)
    if thing is not None:
        yield thing
        return
    if re.fullmatch(r"v?\d[\d.]*", asked):
        yield from _number(asked.lstrip("v"), matrix)
        return
    by_number = hardware.capability(asked, matrix)
    thing = by_number or hardware.architecture(asked, matrix) or hardware.gpu(asked, matrix)
    yield from (each for each in (thing,) if each.is_known or by_number)
    yield from images.tagged(asked, matrix)


def _number(asked: str, matrix: Matrix) -> Iterator[Thing]:
    """A bare number: a driver, a compute capability, a CUDA release, or all that it can be."""
    if int(asked.split(".")[0][:9]) >= _OLDEST_DRIVER:
        recognisers: tuple[Recogniser, ...] = (hardware.driver, *(() if "." in asked else (hardware.gpu,)))
    else:
        recognisers = (hardware.capability, releases.cuda, hardware.gpu)
    for recognise in recognisers:
        thing = recognise(asked, matrix)
        if thing is not None:
            yield thing


def _by_key(asked: str, matrix: Matrix, shown: Collection[Row]) -> Iterator[Thing]:
    """The rows of any table whose identifying columns are what was asked, and that are not shown already."""
    found: list[Rows] = []
    for name in matrix.tables:
        rows: Any = matrix.tables[name].rows()
        called = tuple(row for row in rows if _is_keyed(name, row, asked) and row not in shown)
        if called and name not in ("gpus", "architectures", "toolkits", "windows"):
            found.append(Rows(name, called))
    if found:
        yield Thing(f"rows called {asked}", tuple(found))


def _of_table(table: str, asked: str, matrix: Matrix) -> Thing:
    """Of a table that was named: the rows that were, or all."""
    rows: Any = matrix.tables[table].rows()
    if not asked:
        return Thing(f"table {table}", groups((table, rows)))
    found = tuple(row for row in rows if _is_named(table, row, asked))
    keys = tuple(dict.fromkeys(_key(table, row)[0] for row in rows))
    near = around(asked, keys) if numbers(asked) else nearest(asked.lower(), keys)
    return Thing(f"row of {table} called {asked}", groups((table, found)), nearest=near)


def _is_keyed(table: str, row: Any, asked: str) -> bool:
    key = _key(table, row)
    return asked.lower() in (key[0], " ".join(key), str(row[0]).lower())


def _is_named(table: str, row: Any, asked: str) -> bool:
    """By any column that identifies the row, of a version the releases within it too, or by one of its tags."""
    columns = (*identifying(table, row._asdict()), *(name for name in row._fields if name == "tags"))
    return _is_keyed(table, row, asked) or any(fits(getattr(row, column), asked) for column in columns)


def _key(table: str, row: Any) -> list[str]:
    return [str(getattr(row, column)).lower() for column in identifying(table, row._asdict())]


def _nothing(asked: str, matrix: Matrix) -> Thing:
    """What has a number is more likely a GPU, what has none the name of something."""
    known = (*packages.names(matrix), *images.repositories(matrix), *matrix.tables)
    names = tuple(dict.fromkeys(nearest(asked.lower(), dict.fromkeys(known))))
    products = matrix.nearest_gpus(asked)
    near = (*products, *names) if any(letter.isdigit() for letter in asked) else (*names, *products)
    return Thing(asked, nearest=near[:3])
