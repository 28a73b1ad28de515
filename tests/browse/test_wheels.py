"""Which wheels are said to serve a GPU: what `check` says of a pin of each of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import pytest

from envdoctor.browse.wheels import wheels_for
from envdoctor.facts import Origin, Package
from envdoctor.findings import Outcome, Severity
from envdoctor.matrix import Matrix
from envdoctor.matrix.rows import OrtRow, TorchRow
from envdoctor.versions import numbers
from tests.rules.vocabulary import asked, on, workload

MATRIX = Matrix.load()
CAPABILITIES = ["3.7", "5.2", "6.1", "7.0", "7.5", "8.0", "8.6", "8.9", "9.0", "10.0", "10.3", "12.0", "12.1"]
NATIVE, BY_PTX = "has machine code", "through PTX"


def told(capability: str, *words: str) -> list[str]:
    return [each.text for each in wheels_for(capability, MATRIX) if all(word in each.text for word in words)]


def within(text: str, listed: list[str]) -> Iterator[str]:
    """The listed versions in the spans "1.19.0 to 1.22.0, 1.23.2" of a sentence."""
    for span in re.findall(r"\d+\.\d+\.\d+(?: to \d+\.\d+\.\d+)?", text.partition(" from PyPI")[0]):
        first, _, last = span.partition(" to ")
        yield from (each for each in listed if numbers(first) <= numbers(each) <= numbers(last or first))


def on_x86(rows: Iterable[TorchRow] | Iterable[OrtRow]) -> list[str]:
    """The versions with a wheel whose code is known."""
    found = {row.version for row in rows if row.platform == "linux_x86_64" and row.sm is not None and row.python}
    return sorted(found, key=numbers)


TORCH = on_x86(row for row in MATRIX.torch() if row.default)
ONNXRUNTIME = on_x86(row for row in MATRIX.onnxruntime() if row.index == "pypi")


def outcome(rule: str, name: str, version: str, capability: str) -> Severity | None:
    """The worst that `check` finds of a pin; None for nothing."""
    pin = Package(name, version, origin=Origin("Dockerfile:3", "Dockerfile", 3))
    facts = workload(None, pip=[pin], host=on("580.95.05", [capability], os="ubuntu"))
    result = asked(rule, facts)
    assert result.outcome is not Outcome.OPEN, (version, result.reason)
    return result.findings[0].severity if result.findings else None


@pytest.mark.parametrize("capability", CAPABILITIES)
def test_every_torch_in_a_span_is_silent_and_every_other_one_is_not(capability: str) -> None:
    claimed = {version for text in told(capability, "x86_64", "torch", "PyPI") for version in within(text, TORCH)}
    judged = {each for each in TORCH if outcome("gpu-not-in-torch", "torch", each, capability) is None}
    assert claimed == judged


@pytest.mark.parametrize("capability", CAPABILITIES)
def test_what_is_said_of_onnxruntime_is_never_more_than_check_says(capability: str) -> None:
    rule = "gpu-not-in-onnxruntime"
    for text in told(capability, "x86_64", "onnxruntime-gpu", NATIVE):
        assert [each for each in within(text, ONNXRUNTIME) if outcome(rule, "onnxruntime-gpu", each, capability)] == []
    for text in told(capability, "x86_64", "onnxruntime-gpu", BY_PTX):
        severities = {outcome(rule, "onnxruntime-gpu", each, capability) for each in within(text, ONNXRUNTIME)}
        assert severities == {Severity.WARNING}


def test_no_span_reaches_over_a_release_that_fails() -> None:
    """1.23.0 holds PTX for 9.0a alone; releases with cuDNN 8 fail on Blackwell."""
    (text,) = told("12.0", "x86_64", "onnxruntime-gpu", BY_PTX, "9.7 or newer")
    assert "onnxruntime-gpu 1.19.0 to 1.22.0, 1.23.2 to 1.26.0 from PyPI" in text


def test_variants_are_named() -> None:
    """PyPI's 1.8.0 is of CUDA 10.2 and knows no Ampere; cu111 does."""
    (by_pip,) = told("8.9", "x86_64", "torch", "PyPI")
    assert "torch 1.13.0 to " in by_pip
    (others,) = told("8.9", "x86_64", "other indexes")
    assert "cu111 1.8.0 to 1.10.2" in others


@pytest.mark.parametrize("capability", ["8.7", "11.0"])
def test_a_jetson_is_told_of_wheels_for_arm_alone(capability: str) -> None:
    assert told(capability, "x86_64") == []
    assert told(capability, BY_PTX) == []
    assert told(capability, "NVIDIA made for Jetson")


def test_a_cudnn_that_dropped_the_gpu_is_named() -> None:
    assert told("7.0", "x86_64", "onnxruntime-gpu 1.19.0 to 1.26.0", "with cuDNN 9.10 or older")
