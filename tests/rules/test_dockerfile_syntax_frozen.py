"""`# syntax=` lines."""

from __future__ import annotations

import pytest

from envdoctor.findings import Severity
from tests.rules.builds import built
from tests.rules.vocabulary import document, does_not_apply, fires, silent, workload

RULE = "dockerfile-syntax-frozen"


@pytest.mark.parametrize(
    "syntax",
    [
        "docker/dockerfile:1",
        "docker/dockerfile:1.10",
        "docker/dockerfile:1-labs",
        "docker/dockerfile",
        "docker/dockerfile:1.7-labs",
        "ghcr.io/we/dockerfile:experimental",
    ],
)
def test_syntaxes_that_are_kept(syntax: str) -> None:
    silent(RULE, built(f"# syntax={syntax}\nFROM python:3.11\n"))


@pytest.mark.parametrize(
    "syntax",
    [
        "docker/dockerfile:experimental",
        "docker/dockerfile:1.0-experimental",
        "docker/dockerfile:1.1.7-experimental",
        "docker.io/docker/dockerfile:experimental",
    ],
)
def test_the_channel_that_is_gone(syntax: str) -> None:
    finding = fires(RULE, built(f"# syntax = {syntax}\nFROM python:3.11\nRUN --mount=type=cache,target=/x true\n"))
    assert finding.severity is Severity.NOTE
    assert finding.at is not None
    assert finding.at.line == 1
    assert "# syntax=docker/dockerfile:1" in finding.remedy[0]


def test_no_syntax_is_named() -> None:
    does_not_apply(RULE, built("FROM python:3.11\n"))
    does_not_apply(RULE, workload("python:3.11"))
    does_not_apply(RULE, document(image={"reference": "python:3.11"}))
