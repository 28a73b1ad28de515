"""NGC's TensorRT and Triton images."""

from __future__ import annotations

import pytest

from envdoctor.facts import Image, Origin, known
from envdoctor.judging import images
from tests.rules.vocabulary import MATRIX

TRITON = "nvcr.io/nvidia/tritonserver"
TENSORRT = "nvcr.io/nvidia/tensorrt"


def described(reference: str) -> Image:
    return images.described(known(reference, Origin("Dockerfile:1")), MATRIX)


def held(reference: str) -> list[tuple[str, str | None]] | None:
    packages = images.image_packages(described(reference), MATRIX)
    return None if packages is None else [(item.name, item.version) for item in packages]


def test_a_tensorrt_image() -> None:
    image = described(f"{TENSORRT}:24.05-py3")
    assert (image.cuda.get(), image.tensorrt.get(), image.python.get(), image.os_version.get()) == (
        "12.4.1",
        "10.0.1.6",
        "3.10",
        "22.04",
    )
    assert (image.family.get(), image.flavor.get(), image.compat.get(), image.gate.get()) == (
        "ngc/tensorrt",
        "devel",
        "12.4",
        "cuda>=9.0",
    )
    assert str(image.cuda.origin) == "Dockerfile:1, matrix row ngc_images tensorrt:24.05"
    assert image.status.get() == "published"
    assert image.arch.get() == ("amd64", "arm64")
    assert held(f"{TENSORRT}:24.05-py3") == [("tensorrt", "10.0.1.6")]


def test_a_column_without_a_source_is_unknown() -> None:
    cudnn = described(f"{TRITON}:23.06-py3").cudnn
    assert cudnn.is_unknown
    assert cudnn.reason == "the cuDNN of NGC Triton 23.06 has no source"


@pytest.mark.parametrize("suffix", ["py3", "py3-min", "py3-sdk", "pyt-python-py3", "py3-igpu", "tf2-python-py3"])
def test_the_tags_of_a_release_share_its_cuda(suffix: str) -> None:
    image = described(f"{TRITON}:24.01-{suffix}")
    assert (image.cuda.get(), image.python.get()) == ("12.3.2", "3.10")
    assert image.status.get() in ("published", None)
    assert not image.status.is_unknown


def test_the_trtllm_and_vllm_variants_hold_their_own() -> None:
    assert described(f"{TRITON}:25.10-py3").cuda.get() == "13.0.2"
    assert described(f"{TRITON}:25.10-trtllm-python-py3").cuda.get() == "12.9.1"
    assert described(f"{TRITON}:25.08-vllm-python-py3").cuda.get() == "13.0.1"


def test_a_build_for_the_cpu_holds_no_cuda() -> None:
    assert described(f"{TRITON}:24.05-cpu-only-py3").cuda.is_absent


def test_the_build_for_the_integrated_gpu_is_for_arm() -> None:
    assert described(f"{TRITON}:24.05-py3-igpu").arch.get() == ("arm64",)
    assert described(f"{TRITON}:20.08-py3").arch.get() == ("amd64",)


def test_what_triton_installs() -> None:
    assert held(f"{TRITON}:24.05-py3") == [("tritonserver", "24.05")]
    assert held(f"{TRITON}:25.10-trtllm-python-py3") == [("tritonserver", "25.10"), ("torch", "2.8.0a0+5228986c39")]
    for unread in ("24.05-vllm-python-py3", "24.05-pyt-python-py3", "24.05-py3-sdk", "24.05-cpu-only-py3"):
        assert held(f"{TRITON}:{unread}") is None


@pytest.mark.parametrize(
    ("reference", "nearest"),
    [
        (f"{TRITON}:27.01-py3", "26.10"),
        (f"{TRITON}:25.07-py3", "25.06"),
        (f"{TENSORRT}:17.01-py3", "20.01"),
        (f"{TENSORRT}:latest", "26.10"),
        (TENSORRT, "26.10"),
    ],
)
def test_an_unlisted_release_is_unknown_and_names_the_nearest(reference: str, nearest: str) -> None:
    image = described(reference)
    for fact in (image.cuda, image.cudnn, image.python, image.compat):
        assert fact.is_unknown
        assert f"nearest known: {nearest}" in fact.reason
    assert not image.status.is_unknown
    assert images.image_packages(image, MATRIX) is None


@pytest.mark.parametrize(
    ("reference", "answer"),
    [
        (f"{TENSORRT}:24.05-py3", True),
        ("nvcr.io/nvidia/pytorch:24.05-py3", True),
        ("nvcr.io/nvidia/pytorch:24.05-py3-igpu", False),
        (f"{TRITON}:24.05-py3-igpu-min", False),
        ("nvcr.io/nvidia/l4t-jetpack:r36.4.0", False),
        ("nvcr.io/nvidia/cuda:12.4.1-base-ubuntu22.04", False),
        (None, False),
    ],
)
def test_for_servers(reference: str | None, answer: bool) -> None:
    assert images.for_servers(reference) is answer


@pytest.mark.parametrize(
    ("reference", "answer"),
    [
        (f"{TENSORRT}:24.05-py3", False),
        ("nvidia/cuda:12.4.1-base-ubuntu22.04", False),
        ("my/app:24.05-py3-igpu", False),
        (None, False),
        (f"{TRITON}:24.05-py3-igpu-min", True),
        ("nvcr.io/nvidia/pytorch:24.05-py3-igpu", True),
        ("nvcr.io/nvidia/l4t-jetpack:r36.4.0", True),
        ("dustynv/l4t-pytorch:r36.4.0", True),
    ],
)
def test_for_boards(reference: str | None, answer: bool) -> None:
    assert images.for_boards(reference) is answer


def test_that_a_build_for_jetson_holds_cuda_compat_nobody_says() -> None:
    for repository in (TENSORRT, TRITON, "nvcr.io/nvidia/pytorch"):
        assert described(f"{repository}:24.05-py3").compat.get() == "12.4"
        assert described(f"{repository}:24.05-py3-igpu").compat.is_unknown


def test_the_pytorch_build_for_jetson_is_for_arm_alone() -> None:
    assert described("nvcr.io/nvidia/pytorch:24.05-py3-igpu").arch.get() == ("arm64",)
    assert described("nvcr.io/nvidia/pytorch:24.05-py3").arch.get() == ("amd64", "arm64")
