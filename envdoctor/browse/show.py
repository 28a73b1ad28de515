"""Finds out what a text means and gathers everything known of it. A text that can mean two things is shown as both."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from envdoctor.browse import hardware, images, packages, releases
from envdoctor.browse.things import Rows, Thing
from envdoctor.matrix import Matrix
from envdoctor.nearest import nearest
from envdoctor.upkeep.order import identifying

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
    "cuda": releases.cuda,
    "cudnn": releases.cudnn,
    "python": releases.python,
}
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
    word, _, rest = asked.partition(" ")
    recognise = _WORDS.get(word.lower())
    if recognise is not None and rest:
        thing = recognise(re.sub(r"^[= ]*v?(?=\d)", "", rest), matrix)
        if thing is not None and (thing.is_known or word.lower() != "jetson"):
            yield thing
            return
    if word in matrix.tables and packages.package(asked, matrix) is None:  # torch is a table and a package
        yield from _by_key(rest, matrix, (word,))
        return
    yield from _by_form(asked, matrix)


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
    else:
        by_number = hardware.capability(asked, matrix)
        product = by_number or hardware.gpu(asked, matrix)
        yield from (each for each in (product,) if each.is_known or by_number)
    yield from _by_key(asked, matrix, tuple(matrix.tables))


def _number(asked: str, matrix: Matrix) -> Iterator[Thing]:
    """A bare number: a driver, a compute capability, a CUDA release, or all that it can be."""
    if int(asked.split(".")[0][:9]) >= _OLDEST_DRIVER:
        recognisers: tuple[Recogniser, ...] = (hardware.driver,)
    else:
        recognisers = (hardware.capability, releases.cuda, hardware.gpu)
    for recognise in recognisers:
        thing = recognise(asked, matrix)
        if thing is not None:
            yield thing


def _by_key(asked: str, matrix: Matrix, tables: tuple[str, ...]) -> Iterator[Thing]:
    """The rows whose identifying columns are what was asked, of any table; what was shown otherwise is passed over."""
    found: list[Rows] = []
    for name in tables:
        rows = tuple(row for row in matrix.tables[name].rows() if _is_keyed(name, row, asked))
        if rows and name not in ("gpus", "architectures", "toolkits", "windows"):
            found.append(Rows(name, rows))
    if found:
        yield Thing(f"rows called {asked}", tuple(found))


def _is_keyed(table: str, row: Any, asked: str) -> bool:
    columns = identifying(table, row._asdict())
    key = [str(getattr(row, column)).lower() for column in columns]
    return asked.lower() in (key[0], " ".join(key), str(row[0]).lower())


def _nothing(asked: str, matrix: Matrix) -> Thing:
    """What has a number is more likely a GPU, what has none the name of something."""
    known = (*packages.names(matrix), *images.repositories(matrix), *matrix.tables)
    names = tuple(dict.fromkeys(nearest(asked.lower(), dict.fromkeys(known))))
    products = matrix.nearest_gpus(asked)
    near = (*products, *names) if any(letter.isdigit() for letter in asked) else (*names, *products)
    return Thing(asked, nearest=near[:3])
