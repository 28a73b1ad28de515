"""Images for Jetson boards."""

from __future__ import annotations

import pytest

from envdoctor.facts import Image, Origin, known
from envdoctor.judging import images
from tests.rules.vocabulary import MATRIX

PYTORCH = "nvcr.io/nvidia/l4t-pytorch:r35.2.1-pth2.0-py3"


def described(reference: str) -> Image:
    return images.described(known(reference, Origin("Dockerfile:1")), MATRIX)


def test_an_image_with_pytorch() -> None:
    image = described(PYTORCH)
    assert (image.cuda.get(), image.cudnn.get(), image.tensorrt.get(), image.python.get(), image.os_version.get()) == (
        "11.4",
        "8.6.0",
        "8.5.2",
        "3.8",
        "20.04",
    )
    assert (image.family.get(), image.arch.get(), image.status.get()) == ("l4t/l4t-pytorch", ("arm64",), "published")
    assert image.compat.is_absent
    assert str(image.cuda.origin) == f"Dockerfile:1, matrix row l4t_images {PYTORCH}"
    packages = images.image_packages(image, MATRIX)
    assert packages is not None
    assert [(item.name, item.version, item.manager) for item in packages] == [("torch", "2.0.0", "image")]


def test_cuda_that_the_runtime_mounts_from_the_host_is_said_to_be_the_hosts() -> None:
    image = described("nvcr.io/nvidia/l4t-pytorch:r32.7.1-pth1.10-py3")
    assert (image.cuda.get(), image.cudnn.get(), image.tensorrt.get()) == ("10.2", "8.2.1", "8.2.1")
    for fact in (image.cuda, image.cudnn, image.tensorrt):
        assert "mounts from a host with L4T 32.7.1" in str(fact.origin)
    assert image.python.get() == "3.6"
    assert "mounts" not in f"{image.python.origin} {described(PYTORCH).cuda.origin}"


@pytest.mark.parametrize(
    ("reference", "gate"),
    [
        (PYTORCH, "cuda>=9.0"),
        ("dustynv/l4t-pytorch:r35.1.0-pth1.13-py3", "cuda>=9.0"),  # rests on NVIDIA's l4t-jetpack
        ("dustynv/l4t-ml:r36.2.0", None),  # rests on Ubuntu
    ],
)
def test_the_start_gate_of_an_image_for_jetson(reference: str, gate: str | None) -> None:
    found = described(reference).gate
    assert found.get() == gate
    assert found.is_known or found.is_absent


def test_what_was_not_read_is_unknown() -> None:
    assert images.image_packages(described("nvcr.io/nvidia/l4t-ml:r35.2.1-py3"), MATRIX) is None
    held = images.image_packages(described("nvcr.io/nvidia/l4t-jetpack:r36.4.0"), MATRIX)
    assert held is not None
    assert [item.name for item in held] == ["l4t-jetpack"]


@pytest.mark.parametrize(
    ("reference", "said"),
    [
        ("nvcr.io/nvidia/l4t-jetpack:r36.9.0", ("for Jetson with L4T 36.9.0", "newest known tag: r36.4.0")),
        ("nvcr.io/nvidia/l4t-base:r36.2.0", ("for Jetson with L4T 36.2.0", "newest known tag: none")),
        ("dustynv/pytorch:2.6-r36.4.0-cu128-24.04", ("for Jetson with L4T 36.4.0",)),
        ("nvcr.io/nvidia/l4t-tensorrt:r8.2.1-runtime", ("an image for Jetson, holds",)),
    ],
)
def test_an_unlisted_tag_is_unknown_and_names_the_newest(reference: str, said: tuple[str, ...]) -> None:
    image = described(reference)
    for fact in (image.cuda, image.cudnn, image.python):
        assert fact.is_unknown
        assert all(part in fact.reason for part in said)
    assert image.arch.get() == ("arm64",)
    assert images.image_packages(image, MATRIX) is None


def test_another_repository_of_that_owner_is_a_stranger() -> None:
    assert "--image-alias" in described("dustynv/something:latest").cuda.reason


@pytest.mark.parametrize(
    ("reference", "release"),
    [
        (PYTORCH, "35.2.1"),
        ("nvcr.io/nvidia/l4t-tensorrt:r8.5.2-runtime", "35.3.1"),
        ("nvcr.io/nvidia/l4t-tensorrt:r8.2.1-runtime", None),
        ("nvcr.io/nvidia/l4t-jetpack:r36.4.0", "36.4.0"),
        ("dustynv/vllm:0.6-r36.4-cu126", "36.4"),
        ("dustynv/vllm:latest", None),
        ("team/l4t-pytorch:r35.2.1", None),
        ("nvcr.io/nvidia/pytorch:24.05-py3-igpu", None),
        (None, None),
    ],
)
def test_the_l4t_release_that_an_image_is_made_for(reference: str | None, release: str | None) -> None:
    assert images.l4t_release(reference, MATRIX) == release
