"""Floors, bracketed, and whether the base's CUDA counts."""

from __future__ import annotations

import pytest

from envdoctor.facts import FactUnknown
from envdoctor.judging.components import base_counts, below_floor, cuda_components, floor_of
from tests.rules.vocabulary import BASE_12_4, CUDNN_12_4, MATRIX, PYTHON, document, installed, workload


@pytest.mark.parametrize(
    ("driver", "cuda", "windows", "below"),
    [
        ("450.80.02", "11.8.0", False, False),
        ("450.80.01", "11.8.0", False, True),
        ("525.60.13", "12.9.1", False, False),
        ("525.60.12", "12.0.0", False, True),
        ("580.65.06", "13.4.2", False, False),
        ("580.65.05", "13.0.0", False, True),
        ("452.39", "11.8.0", True, False),
        ("452.38", "11.8.0", True, True),
        ("527.41", "12.4.1", True, False),
        ("527.40", "12.4.1", True, True),
        ("440.33.01", "10.2", False, False),  # up to 10.2 the toolkit's own driver
        ("440.32", "10.2", False, True),
        ("535", "12", False, False),
        ("450", "11.8.0", False, None),  # 450.36.06 is below, 450.80.02 is not
        ("580", "13.0.0", False, False),  # the branch's first release is the floor
        ("525", "12.0.0", False, None),  # 525.53 and 525.60.11 are below, 525.60.13 is not
        ("525.60", "12.0.0", False, None),
        ("525.85", "12.0.0", False, False),
        ("580", "13", False, False),
    ],
)
def test_floors(driver: str, cuda: str, windows: bool, below: bool | None) -> None:
    assert below_floor(driver, (cuda,), windows, MATRIX)[0] is below


def test_builds_of_two_majors_are_undecided_between_their_floors() -> None:
    assert below_floor("470.57.02", ("11.8", "12.1"), False, MATRIX)[0] is None
    assert below_floor("525.60.13", ("11.8", "12.1"), False, MATRIX)[0] is False
    assert below_floor("418.39", ("11.8", "12.1"), False, MATRIX) == (True, floor_of("12.1", False, MATRIX))


def test_a_cuda_that_the_matrix_does_not_know() -> None:
    for cuda in ("17.0", "10.9"):
        with pytest.raises(FactUnknown, match=r"CUDA 1"):
            floor_of(cuda, False, MATRIX)


@pytest.mark.parametrize(
    ("packages", "gaps", "counts"),
    [
        ([], [], True),
        (["torch==2.4.0"], [], False),
        (["torch==2.4.0", "onnxruntime-gpu==1.20.0"], [], True),
        (["torch==2.4.0", "ctranslate2==4.5.0"], [], True),
        (["torch==2.4.0"], ["Dockerfile:7: make install"], None),
    ],
)
def test_the_base_counts_for_what_links_to_it(packages: list[str], gaps: list[str], counts: bool | None) -> None:
    assert base_counts(workload(CUDNN_12_4, pip=packages, gaps=gaps)) is counts


def test_an_ngc_images_own_torch_links_to_it() -> None:
    assert base_counts(workload("nvcr.io/nvidia/pytorch:24.05-py3")) is True


def test_components() -> None:
    def labels(*lines: str, image: str | None = BASE_12_4) -> list[str]:
        return [component.label for component in cuda_components(workload(image, pip=lines), MATRIX)]

    assert labels() == ["the image's CUDA 12.4.1"]
    assert labels("torch==2.4.0") == ["torch 2.4.0"]
    assert labels("torch==2.4.0", "onnxruntime-gpu==1.20.0") == [
        "torch 2.4.0",
        "onnxruntime-gpu 1.20.0",
        "the image's CUDA 12.4.1",
    ]
    assert labels(image=PYTHON) == []
    assert labels(image=None) == []
    assert labels("torch==2.4.0+cpu", image=PYTHON) == []
    assert labels(image="nvcr.io/nvidia/pytorch:24.05-py3") == ["the image's CUDA 12.4.1"]
    with pytest.raises(FactUnknown, match="--image-alias"):
        labels(image="our_base:1")


def test_stated_uses_need_no_package_list() -> None:
    facts = document(image={"cuda": "12.4.1"}, uses=["onnxruntime-cuda"])
    assert cuda_components(facts, MATRIX)[0].label == "onnxruntime-gpu (version not stated)"
    unlisted = document(
        image={"cuda": "12.4.1"}, packages=[installed("onnxruntime", "1.20.0")], uses=["onnxruntime-cuda"]
    )
    assert [component.label for component in cuda_components(unlisted, MATRIX)] == ["the image's CUDA 12.4.1"]


@pytest.mark.parametrize(
    ("line", "cudas"),
    [
        ("tensorflow==2.17.0", None),  # one package for CPU and GPU
        ("jax==0.4.30", None),
        ("ctranslate2==4.5.0", None),  # in an image without CUDA
        ("numpy", None),
        ("tensorflow[and-cuda]==2.17.0", ("12",)),
        ("tensorflow[and-cuda]==2.14.0", ("11",)),
        ("tensorflow[and-cuda]==2.99.0", ()),  # of no row: not known
        ("tensorflow[and-cuda]", ()),
        ("jax[cuda12]==0.4.30", ("12",)),
        ("jax[cuda12_pip]==0.4.30", ("12",)),
        ("jax[cuda]", ()),
        ("cupy-cuda12x", ("12",)),
        ("cupy-cuda11x==13.0.0", ("11",)),
    ],
)
def test_wheels_for_cuda_other_than_torch_and_onnxruntime(line: str, cudas: tuple[str, ...] | None) -> None:
    found = [component.cudas for component in cuda_components(workload(PYTHON, pip=[line]), MATRIX)]
    assert found == ([] if cudas is None else [cudas])


def test_faster_whisper_leaves_it_to_the_ctranslate2_beside_it() -> None:
    def cudas(*lines: str) -> list[tuple[str, ...]]:
        return [component.cudas for component in cuda_components(workload(CUDNN_12_4, pip=lines), MATRIX)][:-1]

    assert cudas("faster-whisper==1.1.0") == [("12",)]
    assert cudas("faster-whisper") == [("12",)]
    assert cudas("faster-whisper==1.1.0", "ctranslate2==3.24.0") == [("11",)]
