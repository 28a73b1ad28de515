"""Expressions that are compiled late are right all the same."""

from __future__ import annotations

import importlib
import pkgutil
import re

import pytest

import envdoctor
from envdoctor.patterns import lazily


def test_it_does_what_the_compiled_one_does() -> None:
    pattern = lazily(r"([0-9]+)\.x", re.IGNORECASE)
    assert pattern.fullmatch("12.X") is not None
    assert pattern.search("cuda 11.x and 12.x").group(1) == "11"
    assert pattern.sub("?", "1.x 2.X") == "? ?"
    assert pattern.findall("1.x 2.x") == ["1", "2"]
    assert [found.group() for found in pattern.finditer("1.x 2.x")] == ["1.x", "2.x"]
    assert pattern.split("a1.xb") == ["a", "1", "b"]
    assert (pattern.pattern, pattern.groups) == (r"([0-9]+)\.x", 1)


def test_an_error_shows_at_the_first_use() -> None:
    with pytest.raises(re.error):
        lazily("(").match("")


def test_every_expression_of_every_module_compiles() -> None:
    found = 0
    for module in pkgutil.walk_packages(envdoctor.__path__, "envdoctor."):
        if module.name.endswith("__main__"):
            continue
        for value in vars(importlib.import_module(module.name)).values():
            if type(value).__name__ == "_Later":
                assert value.pattern
                found += 1
    assert found > 150
