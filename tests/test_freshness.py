"""The age of the matrix, and what is newer than it: undecided with the nearest known row named, never a failure."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from envdoctor.cli import main
from envdoctor.doctor import diagnose
from envdoctor.facts import Facts
from envdoctor.findings import Outcome
from envdoctor.freshness import notice, today
from envdoctor.matrix import Matrix
from envdoctor.rules import RULES
from tests.rules.vocabulary import CUDNN_12_4, document, installed, on, silent, undecided, workload

CHECK = ("check", "nvidia/cuda:12.4.1-base-ubuntu22.04", "--driver", "580.65.06", "--gpu", "T4")
T4 = on("580.65.06", ["T4"], mode="legacy")


def _at(day: str, monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = int(datetime.fromisoformat(day).replace(tzinfo=timezone.utc).timestamp())
    monkeypatch.setenv("SOURCE_DATE_EPOCH", str(seconds))


@pytest.mark.parametrize(
    ("date", "day", "old"),
    [
        ("2026-11-21", "2026-11-21", False),
        ("2026-11-21", "2027-05-21", False),
        ("2026-11-21", "2027-05-22", True),
        ("2026-08-31", "2027-02-28", False),  # a month without that day
        ("2026-08-31", "2027-03-01", True),
        ("2026-06-30", "2026-12-30", False),
        ("2026-06-30", "2026-12-31", True),
        ("2026-11-21", "2026-01-01", False),  # a clock that is behind
        ("", "2026-01-01", False),
    ],
)
def test_a_matrix_is_old_after_six_months(date: str, day: str, old: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    _at(day, monkeypatch)
    told = notice(date)
    assert (told is not None) is old
    assert told is None or (date in told and "pip install -U envdoctor-gpu" in told)


@pytest.mark.parametrize("stated", ["", "soon", "-5", "9" * 40, "\u0661"])
def test_a_clock_that_is_not_stated_in_seconds_is_the_systems(stated: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", stated)
    assert "2024-01-01" < today() < "2100-01-01"


def test_check_tells_an_old_matrix_once_as_a_notice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main([*CHECK, "--no-config"]) == 0
    assert "more than six months" not in capsys.readouterr().err
    _at("2099-01-01", monkeypatch)
    assert main([*CHECK, CHECK[1], "--no-config"]) == 0
    told = capsys.readouterr()
    assert told.err.count("more than six months") == 1
    assert "more than six months" not in told.out
    assert main([*CHECK, "--no-config", "--quiet"]) == 0
    assert capsys.readouterr().err == ""


def test_the_report_has_it_among_its_notices_and_not_as_a_finding(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    _at("2099-01-01", monkeypatch)
    assert main([*CHECK, "--no-config", "--format", "json", "--fail-on", "warning"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert len([text for text in report["notices"] if Matrix.load().date in text]) == 1
    assert report["verdict"] == "compatible"


# newer than the matrix


def _cuda_14() -> Facts:
    return document(
        host={"driver": {"version": "580.65.06"}, "gpus": [{"index": 0, "name": "Tesla T4"}]},
        image={"cuda": "14.1", "cudnn": "12.1.0"},
        packages=[installed("onnxruntime-gpu", "1.20.0")],
    )


def _cudnn_9_99() -> Facts:
    return document(
        host={"driver": {"version": "580.65.06"}, "gpus": [{"index": 0, "name": "Tesla T4"}]},
        image={"cuda": "12.8", "cudnn": "9.99.0"},
        packages=[installed("onnxruntime-gpu", "1.20.0")],
    )


def _driver_700() -> Facts:
    return workload(CUDNN_12_4, host=on("700.10.01", ["T4"], mode="legacy"))


def _gpu(**more: object) -> Facts:
    return document(
        host={"driver": {"version": "580.65.06"}, "gpus": [{"index": 0, "name": "NVIDIA GeForce RTX 9090", **more}]},
        image={"reference": CUDNN_12_4},
        packages=[installed("torch", "2.4.0"), installed("onnxruntime-gpu", "1.20.0")],
    )


def _jetson() -> Facts:
    return document(
        host={"l4t": "45.1", "gpus": [{"index": 0, "name": "Jetson Orin Nano"}]}, image={"cuda": "12.6"}, packages=[]
    )


def _image(reference: str) -> Facts:
    return workload(reference, host=T4)


def _pip(requirement: str) -> Facts:
    return workload(
        CUDNN_12_4, host=T4, pip=["torch==2.4.0", requirement] if "vision" in requirement else [requirement]
    )


NEWER: list[tuple[str, Facts, str]] = [
    ("image-tag-removed", _image("nvidia/cuda:14.1.0-base-ubuntu24.04"), "newest nvidia/cuda release is 13."),
    ("image-end-of-life", _image("nvidia/cuda:14.1.0-base-ubuntu24.04"), "nearest known: nvidia/cuda 13."),
    ("image-end-of-life", _image("nvidia/cuda:13.99.0-base-ubuntu24.04"), "nearest known: nvidia/cuda:13."),
    ("driver-too-old", _image("nvidia/cuda:14.1.0-base-ubuntu24.04"), "nearest known: CUDA 13"),
    ("needs-forward-compat", _image("nvidia/cuda:14.1.0-base-ubuntu24.04"), "nearest known: CUDA 13"),
    ("gpu-not-in-cuda", _image("nvidia/cuda:14.1.0-base-ubuntu24.04"), "nearest known: CUDA 13."),
    ("gpu-not-in-cuda", _image("nvidia/cuda:13.99.0-base-ubuntu24.04"), "nearest known: CUDA 13."),
    ("image-tag-removed", _image("nvcr.io/nvidia/pytorch:29.01-py3"), "nearest known: 26."),
    ("driver-too-old", _image("nvcr.io/nvidia/pytorch:29.01-py3"), "nearest known: 26."),
    ("driver-older-than-image", _image("nvcr.io/nvidia/pytorch:29.01-py3"), "nearest known: 26."),
    ("gpu-not-in-torch", _image("pytorch/pytorch:2.99.0-cuda14.1-cudnn12-runtime"), "nearest known: torch 2."),
    ("driver-too-old", _image("pytorch/pytorch:2.99.0-cuda14.1-cudnn12-runtime"), "nearest known: CUDA 13"),
    ("driver-too-old", _pip("torch==2.99.0"), "nearest known: torch 2."),
    ("gpu-not-in-torch", _pip("torch==2.99.0"), "nearest known: torch 2."),
    ("gpu-not-in-torch", _pip("torch>=2.99"), "nearest known: torch 2."),
    ("version-not-on-index", _pip("torch==2.99.0"), "outside what the matrix knows of PyPI"),
    ("no-wheel-for-python", _pip("torch==2.99.0"), "nearest known: torch 2."),
    ("driver-too-old", _pip("torch==2.99.0+cu141"), "nearest known: CUDA 13"),
    ("torch-companion-mismatch", _pip("torchvision==0.99.0"), "nearest known: torchvision 0."),
    ("driver-too-old", _pip("onnxruntime-gpu==1.99.0"), "nearest known: onnxruntime-gpu 1."),
    ("gpu-not-in-onnxruntime", _pip("onnxruntime-gpu==1.99.0"), "nearest known: onnxruntime-gpu 1."),
    ("onnxruntime-cuda-mismatch", _pip("onnxruntime-gpu==1.99.0"), "nearest known: onnxruntime-gpu 1."),
    ("onnxruntime-cudnn-mismatch", _pip("onnxruntime-gpu==1.99.0"), "nearest known: onnxruntime-gpu 1."),
    ("version-not-on-index", _pip("onnxruntime-gpu==1.99.0"), "outside what the matrix knows of PyPI"),
    ("no-wheel-for-python", _pip("onnxruntime-gpu==1.99.0"), "nearest known: onnxruntime-gpu 1."),
    ("gpu-not-in-cuda", _cuda_14(), "nearest known: CUDA 13."),
    ("gpu-not-in-cudnn", _cuda_14(), "nearest known: cuDNN 9."),
    ("gpu-not-in-cudnn", _cudnn_9_99(), "nearest known: cuDNN 9."),
    ("gpu-not-in-driver", _driver_700(), "nearest known: R6"),
    ("driver-end-of-life", _driver_700(), "nearest known: R6"),
    ("start-gate-refuses", _driver_700(), "nearest known: R6"),
    ("forward-compat-mismatch", _driver_700(), "nearest known: R6"),
    ("gpu-not-in-driver", _gpu(), "nearest: GeForce RTX 5090"),
    ("gpu-not-in-torch", _gpu(), "nearest: GeForce RTX 5090"),
    ("gpu-not-in-cuda", _gpu(), "nearest: GeForce RTX 5090"),
    ("gpu-not-in-cudnn", _gpu(), "nearest: GeForce RTX 5090"),
    ("gpu-not-in-driver", _gpu(compute_capability="15.0"), "nearest known: 12."),
    ("jetson-release-too-old", _jetson(), "nearest known: L4T 39"),
]


@pytest.mark.parametrize(
    ("rule", "facts", "said"), NEWER, ids=[f"{number}-{case[0]}" for number, case in enumerate(NEWER)]
)
def test_newer_than_the_matrix_is_undecided_and_names_the_nearest(rule: str, facts: Facts, said: str) -> None:
    assert said in undecided(rule, facts)


@pytest.mark.parametrize(
    "facts",
    [
        _image("nvidia/cuda:14.1.0-cudnn-runtime-ubuntu24.04"),
        _image("nvidia/cuda:13.99.0-runtime-ubuntu24.04"),
        _image("nvcr.io/nvidia/pytorch:29.01-py3"),
        _image("nvcr.io/nvidia/tritonserver:29.01-py3"),
        _image("pytorch/pytorch:2.99.0-cuda14.1-cudnn12-runtime"),
        _image("pytorch/pytorch:2.99.0-cuda14.1-cudnn12-devel"),
        _pip("torch==2.99.0"),
        _pip("onnxruntime-gpu==1.99.0"),
        _pip("torchvision==0.99.0"),
        _cudnn_9_99(),
        _driver_700(),
        _gpu(),
        _jetson(),
    ],
)
def test_no_rule_faults_what_is_newer_than_the_matrix(facts: Facts) -> None:
    results: Any = diagnose(facts, Matrix.load(), RULES).results
    bad = [(each.rule, each.reason, each.findings) for each in results if each.outcome in (Outcome.FAIL, Outcome.ERROR)]
    assert bad == []


def test_what_the_matrix_knows_of_an_older_release_still_serves_a_partial_one() -> None:
    """cuDNN 9 is every 9.x that has a row, not one newer than the matrix."""
    facts = document(
        host={"driver": {"version": "580.65.06"}, "gpus": [{"index": 0, "name": "Tesla T4"}]},
        image={"cuda": "12.8", "cudnn": "9"},
        packages=[installed("onnxruntime-gpu", "1.20.0")],
    )
    silent("gpu-not-in-cudnn", facts)
