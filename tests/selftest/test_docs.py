"""The HEALTHCHECK and Kubernetes lines of docs/selftest.md run as they stand."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest

from envdoctor.selftest.deep import PARTS
from envdoctor.selftest.needs import NEEDS
from tests.selftest.conftest import Run

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs Linux: not on this system")
PAGE = (Path(__file__).parents[2] / "docs" / "selftest.md").read_text(encoding="utf-8")
COMMANDS = [json.loads(text) for text in re.findall(r'\["envdoctor"[^]]*\]', PAGE)]


def test_there_are_some() -> None:
    assert len(COMMANDS) == 3


@pytest.mark.parametrize("command", COMMANDS)
def test_the_commands_run(with_driver: Run, command: list[str]) -> None:
    assert command[:2] == ["envdoctor", "selftest"]
    assert with_driver(*command[2:], ENVDOCTOR_EXPECT="cuda").returncode == 0
    assert with_driver(*command[2:], ENVDOCTOR_EXPECT="cuda", STAND_IN_CUINIT="803").returncode == 1


def test_every_need_is_told() -> None:
    assert [need for need in NEEDS if f"`{need}`" not in PAGE] == []


@pytest.mark.parametrize("need", PARTS)
def test_every_deep_part_is_told_with_the_memory_that_it_asks_for(need: str) -> None:
    _, _, section = PAGE.partition("## What `--deep` adds")
    (row,) = [line for line in section.splitlines() if line.startswith("|") and f"`{need}`" in line.split("|")[1]]
    part = PARTS[need]
    assert f"{part.memory_mib} MiB" in row
    assert not part.gpu_mib or f"{part.memory_mib} MiB, {part.gpu_mib} MiB" in row
