"""The FROM line: a variable in it stays, and its default changes, so that --build-arg goes on deciding."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.suggest.ask import INFERENCE
from tests.suggest.patching import patched

_REST = "RUN apt-get update && apt-get install -y python3-pip\nRUN pip install onnxruntime-gpu==1.16.3\n"


def _changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, head: str) -> tuple[list[str], list[str]]:
    after = patched(tmp_path, monkeypatch, head + _REST, INFERENCE)
    return [line for line in after.changed if "onnxruntime" not in line], after.notices


@pytest.mark.parametrize("front", ["", "docker.io/", "nvcr.io/"])
def test_the_registry_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, front: str) -> None:
    (line,), notices = _changed(
        tmp_path, monkeypatch, f"FROM {front}nvidia/cuda:11.8.0-cudnn8-runtime-ubuntu22.04 AS a\n"
    )
    assert line.startswith(f"FROM {front}nvidia/cuda:1")
    assert line.endswith(" AS a")
    assert notices == []


def test_the_default_of_the_tag_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    head = "ARG TAG=11.8.0-cudnn8-runtime-ubuntu22.04\nFROM nvidia/cuda:${TAG} AS base\nFROM base AS run\n"
    (line,), _ = _changed(tmp_path, monkeypatch, head)
    assert line.startswith("ARG TAG=12.")
    assert line.endswith("-cudnn-runtime-ubuntu22.04")


def test_a_default_that_is_made_of_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    head = 'ARG CUDA=12.4.1\nARG BASE="nvidia/cuda:${CUDA}-cudnn-runtime-ubuntu22.04"\nFROM $BASE\n'
    (line,), _ = _changed(tmp_path, monkeypatch, head)
    assert line.startswith("ARG CUDA=12.")


def test_the_registry_in_a_variable_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    head = "ARG REG=docker.io\nARG BASE=nvidia/cuda:11.8.0-cudnn8-runtime-ubuntu22.04\nFROM --platform=linux/amd64 ${REG}/${BASE} AS a\n"
    (line,), _ = _changed(tmp_path, monkeypatch, head)
    assert line.startswith("ARG BASE=nvidia/cuda:12.")


def test_what_stands_between_variables_changes_around_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    head = "ARG CUDA=11.8.0\nARG OS=ubuntu22.04\nFROM nvidia/cuda:${CUDA}-cudnn8-runtime-${OS}\n"
    (argument, line), notices = _changed(tmp_path, monkeypatch, head)
    assert argument.startswith("ARG CUDA=12.")
    assert line == "FROM nvidia/cuda:${CUDA}-cudnn-runtime-${OS}"
    assert notices == []


def test_the_fallback_of_a_variable_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    head = "ARG TAG=\nFROM nvidia/cuda:${TAG:-11.8.0-cudnn8-runtime-ubuntu22.04}\n"
    lines, _ = _changed(tmp_path, monkeypatch, head)
    assert any("12." in line for line in lines)


def test_a_variable_that_decides_no_longer_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    head = "ARG KIND=cudnn8-runtime\nFROM nvidia/cuda:11.8.0-${KIND}-ubuntu22.04\n"
    (line,), notices = _changed(tmp_path, monkeypatch, head)
    assert line.startswith("FROM nvidia/cuda:12.")
    assert notices == ["Dockerfile:2: the image is written out; KIND no longer decides about it"]


def test_a_digest_goes_with_the_old_image(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    head = f"FROM nvidia/cuda:11.8.0-cudnn8-runtime-ubuntu22.04@sha256:{'a' * 64}\n"
    (line,), notices = _changed(tmp_path, monkeypatch, head)
    assert "@" not in line
    assert any("digest" in notice for notice in notices)
