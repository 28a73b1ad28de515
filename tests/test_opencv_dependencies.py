"""The packages of OpenCV that others require."""

from __future__ import annotations

import pytest

from envdoctor.facts import Facts
from tests.rules.vocabulary import PYTHON, dockerfile, document, installed, package, workload


def brought(facts: Facts) -> dict[str, str]:
    """The packages of OpenCV, and which version of each is wanted."""
    return {item.name: item.version or item.specifier for item in facts.packages.need().items if "opencv" in item.name}


@pytest.mark.parametrize(
    "line",
    [
        "numpy",
        "torch",
        "albumentations==1.4.0",
        "vllm==0.6.4",
        "insightface==0.7.3",
        "rapidocr==2.0.0",
        "ultralytics<8",
    ],
)
def test_who_requires_none_or_another_than_is_known(line: str) -> None:
    assert brought(workload(PYTHON, pip=[line])) == {}


def test_what_was_installed_without_dependencies_or_by_conda_or_is_stated_in_a_document() -> None:
    assert brought(dockerfile("pip install --no-deps ultralytics")) == {}
    assert brought(workload(PYTHON, pip=[package("albumentations", manager="conda")])) == {}
    assert brought(document(packages=[installed("albumentations", "2.0.8")])) == {}


def test_an_uninstall_that_follows() -> None:
    assert brought(dockerfile("pip install ultralytics && pip uninstall -y opencv-python")) == {}


def test_what_is_there_already_stays() -> None:
    assert brought(workload(PYTHON, pip=["ultralytics", "opencv-python==4.8.0.74"])) == {"opencv-python": "4.8.0.74"}


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("ultralytics", "opencv-python"),
        ("ultralytics==8.2.0", "opencv-python"),
        ("albumentations==2.0.8", "opencv-python-headless"),
        ("easyocr", "opencv-python-headless"),
        ("mediapipe", "opencv-contrib-python"),
        ("vllm==0.10.1", "opencv-python-headless"),
        ("sahi>=0.11", "opencv-python"),
    ],
)
def test_what_they_bring(line: str, name: str) -> None:
    facts = workload(PYTHON, pip=[line])
    assert set(brought(facts)) == {name}
    assert "opencv" in facts.uses.need()


def test_the_origin_tells_who() -> None:
    facts = dockerfile("pip install albumentations==2.0.8")
    item = facts.packages.need().named("opencv-python-headless")[0]
    assert str(item.origin) == "Dockerfile:2, required by albumentations 2.0.8"
    assert item.origin.line == 2
    assert not item.installed


def test_one_that_brings_two() -> None:
    assert set(brought(workload(PYTHON, pip=["inference"]))) == {"opencv-python", "opencv-contrib-python"}
    assert set(brought(workload(PYTHON, pip=["inference==0.9.15"]))) == {"opencv-python"}


def test_a_python_that_is_too_old_for_the_release_that_was_read() -> None:
    assert brought(workload("python:3.7-slim", pip=["rapidocr"])) == {}
    assert set(brought(workload("python:3.9-slim", pip=["rapidocr"]))) == {"opencv-python-headless"}
    assert set(brought(workload("python:3.8-slim", pip=["albumentations"]))) == {
        "opencv-python-headless"
    }  # from 1.4.10
    assert set(brought(workload("python:3.8-slim", pip=["ultralytics"]))) == {"opencv-python"}
