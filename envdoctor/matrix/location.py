"""Finds the matrix that ships with the package: in a wheel, in a checkout, or inside a zip file (.pyz).

A wheel holds it as envdoctor/data, a checkout beside the package. importlib.resources would do the same, but its
import alone costs several milliseconds of every run.
"""

from __future__ import annotations

import os
from collections.abc import Callable

_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
_PLACES = (os.path.join(_PACKAGE, "data"), os.path.join(os.path.dirname(_PACKAGE), "data"))


def shipped() -> Callable[[str], bytes]:
    """A function that reads a file of the shipped matrix by its name; it raises OSError for one that is missing."""
    for place in _PLACES:
        if os.path.isfile(os.path.join(place, "toolkits.json")):
            return folder(place)
    return _from_archive


def folder(root: str | os.PathLike[str]) -> Callable[[str], bytes]:
    """A function that reads a file of the matrix in that directory."""

    def read(name: str) -> bytes:
        with open(os.path.join(root, name), "rb") as file:
            return file.read()

    return read


def _from_archive(name: str) -> bytes:
    get_data = getattr(globals().get("__loader__"), "get_data", None)
    for place in _PLACES:
        if get_data is None:
            break
        try:
            return bytes(get_data(os.path.join(place, name)))
        except OSError:
            continue
    raise FileNotFoundError(2, "the matrix was not shipped with this envdoctor: install it again", name)
