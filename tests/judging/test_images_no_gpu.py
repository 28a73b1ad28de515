"""Services and tools beside a workload, and bases of conda: public images that hold no CUDA."""

from __future__ import annotations

import pytest

from envdoctor.facts import Image, Origin, known
from envdoctor.judging import images
from envdoctor.judging.images.reference import may_be_local
from tests.rules.vocabulary import MATRIX


def described(reference: str) -> Image:
    return images.described(known(reference, Origin("compose.yaml:3")), MATRIX)


@pytest.mark.parametrize(
    "reference",
    [
        "redis:7.4",
        "docker.io/library/postgres:16",
        "nginx",
        "prom/prometheus:v2.55.1",
        "condaforge/miniforge3:24.11.3-0",
        "mambaorg/micromamba:2.0.5-debian12-slim",
    ],
)
def test_they_hold_no_cuda_and_no_package_that_matters(reference: str) -> None:
    image = described(reference)
    assert image.cuda.is_absent
    assert image.gate.is_absent
    assert images.image_packages(image, MATRIX) == ()
    assert image.os_id.is_unknown
    assert image.python.is_unknown


@pytest.mark.parametrize(
    "reference",
    [
        "mambaorg/micromamba:2.0.5-cuda12.6.3-ubuntu24.04",
        "ollama/ollama:0.5",
        "team/redis:7",
        "registry.example.com/postgres:16",
        "prom/other:1",
    ],
)
def test_others_stay_strangers(reference: str) -> None:
    assert described(reference).cuda.is_unknown


@pytest.mark.parametrize(
    ("reference", "local"),
    [("nginx:latest", False), ("redis:alpine", False), ("our_base:latest", True), ("trainer", True)],
)
def test_a_name_of_dockers_own_is_no_local_one(reference: str, local: bool) -> None:
    assert may_be_local(reference, MATRIX) is local
