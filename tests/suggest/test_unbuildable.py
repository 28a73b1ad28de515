"""A diff after which the build would fail is refused; one after which it works is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.suggest.ask import INFERENCE, TRAINING
from tests.suggest.patching import patched, refused

_JAMMY = (
    "FROM nvidia/cuda:11.8.0-runtime-ubuntu22.04\nRUN apt-get update && apt-get install -y python3-pip python3-venv\n"
)
_NOBLE = {"os": "ubuntu24.04"}


@pytest.mark.parametrize(
    "lines",
    [
        "RUN python3 -m venv /opt/venv\nENV PATH=/opt/venv/bin:$PATH\nRUN pip install torch==2.2.0\n",
        "RUN pip3 install --break-system-packages torch==2.2.0\n",
        "ENV PIP_BREAK_SYSTEM_PACKAGES=1\nRUN pip3 install torch==2.2.0\n",
        "RUN rm /usr/lib/python3*/EXTERNALLY-MANAGED && pip3 install torch==2.2.0\n",
    ],
)  # fmt: skip
def test_a_file_that_keeps_apart_from_the_systems_python_may_move_to_noble(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lines: str
) -> None:
    after = patched(tmp_path, monkeypatch, _JAMMY + lines, TRAINING, **_NOBLE)
    assert "-ubuntu24.04\n" in after.text()


def test_plain_pip_in_another_stage_does_not_matter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    build = "FROM python:3.12-slim AS build\nRUN pip install build\n"
    own = "RUN python3 -m pip install --break-system-packages torch==2.2.0\nCOPY --from=build /wheels /wheels\n"
    after = patched(tmp_path, monkeypatch, build + _JAMMY + own, TRAINING, **_NOBLE)
    assert "-ubuntu24.04\n" in after.text()


def test_plain_pip_may_not_move_to_noble(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = refused(tmp_path, monkeypatch, f"{_JAMMY}RUN pip3 install torch==2.2.0\n", TRAINING, **_NOBLE)
    assert said.startswith("Dockerfile:3 installs with pip3 outside a virtual environment")
    assert "PEP 668" in said
    assert "--format dockerfile" in said


def test_a_file_that_installs_its_python_may_leave_the_python_image(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "FROM ubuntu:22.04\nRUN apt-get update && apt-get install -y python3-pip\nRUN pip3 install torch==2.2.0\n"
    after = patched(tmp_path, monkeypatch, text, TRAINING, families=("cuda",), os="ubuntu22.04", python=None)
    assert after.changed[0].startswith("FROM nvidia/cuda:")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("FROM python:3.10-slim\nRUN pip install torch==2.2.0\n", "Dockerfile:2 runs pip, which nvidia/cuda:"),
        ("FROM python:3.10-slim\nCOPY . .\nCMD [\"python\", \"x.py\"]\n", "Dockerfile:3 starts python, which nvidia/cuda:"),
        ("FROM continuumio/miniconda3:24.1.2-0\nRUN conda install -y pytorch=2.2.0\n", "Dockerfile:2 runs conda, which nvidia/cuda:"),
        ("FROM python:3.10-alpine\nRUN apk add curl\n", "Dockerfile:2 runs apk, and nvidia/cuda:"),
    ],
)  # fmt: skip
def test_commands_that_the_new_image_does_not_have(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, said: str
) -> None:
    assert refused(tmp_path, monkeypatch, text, TRAINING, families=("cuda",), python=None).startswith(said)


def test_an_image_with_a_compiler_is_not_replaced_by_one_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "FROM nvidia/cuda:11.8.0-devel-ubuntu22.04\nRUN nvcc --version\n"
    said = refused(tmp_path, monkeypatch, text, TRAINING, flavor=None)
    assert said.startswith("Dockerfile:1 rests on a devel image, and nvidia/cuda:")


def test_a_smaller_image_may_become_a_larger_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = f"{_JAMMY.replace('runtime', 'base')}RUN pip3 install onnxruntime-gpu==1.16.3\n"
    assert "-cudnn-runtime-ubuntu22.04\n" in patched(tmp_path, monkeypatch, text, INFERENCE).text()
