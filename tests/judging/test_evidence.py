"""Evidence says what is known, what is known not to be there, and what is not known, each in its own word."""

from __future__ import annotations

from typing import Any

import pytest

from envdoctor.facts import Fact, Gpu, Origin, absent, known, unknown
from envdoctor.judging.evidence import of

HERE = Origin("edge.json")


@pytest.mark.parametrize(
    ("fact", "value"),
    [
        (known("535.104.05", HERE), "535.104.05"),
        (known(("amd64", "arm64"), HERE), "amd64, arm64"),
        (known((Gpu(0, name=known("T4", HERE)), Gpu(1)), HERE), "T4, GPU 1"),
        (known((), HERE), "none"),
        (absent("the host has no driver", HERE), "none"),
        (unknown("not stated"), "unknown"),
    ],
)
def test_each_state_has_its_word(fact: Fact[Any], value: str) -> None:
    assert of("x", fact).value == value
