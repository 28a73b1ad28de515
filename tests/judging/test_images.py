"""What the matrix knows of an image from its reference."""

from __future__ import annotations

import pytest

from envdoctor.facts import Image, Origin, known
from envdoctor.judging import images
from tests.rules.vocabulary import MATRIX


def described(reference: str) -> Image:
    return images.described(known(reference, Origin("Dockerfile:1")), MATRIX)


@pytest.mark.parametrize(
    ("reference", "parts"),
    [
        ("nvidia/cuda:12.4.1-base-ubuntu22.04", ("nvidia/cuda", "12.4.1-base-ubuntu22.04", "")),
        ("docker.io/library/python:3.11", ("python", "3.11", "")),
        ("index.docker.io/nvidia/cuda", ("nvidia/cuda", "", "")),
        ("localhost:5000/team/base", ("localhost:5000/team/base", "", "")),
        ("localhost:5000/team/base:1@sha256:ab", ("localhost:5000/team/base", "1", "sha256:ab")),
    ],
)
def test_split(reference: str, parts: tuple[str, str, str]) -> None:
    assert images.split(reference) == parts


def test_an_nvidia_cuda_tag() -> None:
    image = described("nvcr.io/nvidia/cuda:12.4.1-cudnn-runtime-ubuntu22.04")
    assert (image.cuda.get(), image.cudnn.get(), image.flavor.get(), image.compat.get()) == (
        "12.4.1",
        "9.1.0.70",
        "runtime",
        "12.4",
    )
    assert (image.os_id.get(), image.os_version.get(), image.status.get()) == ("ubuntu", "22.04", "published")
    assert (image.gate.get() or "").startswith("cuda>=12.4 ")
    assert image.python.is_absent
    assert "matrix row cuda_tags" in str(image.cuda.origin)


def test_base_has_no_cudnn_and_cuda_9_no_compat() -> None:
    assert described("nvidia/cuda:12.4.1-base-ubuntu22.04").cudnn.is_absent
    assert described("nvidia/cuda:9.2-base-ubuntu18.04").compat.is_absent


def test_an_ngc_release() -> None:
    image = described("nvcr.io/nvidia/pytorch:24.12-py3")
    assert (image.cuda.get(), image.python.get(), image.gate.get(), image.compat.get()) == (
        "12.6.3",
        "3.12",
        "cuda>=9.0",
        "12.6",
    )
    packages = images.image_packages(image, MATRIX)
    assert packages
    assert (packages[0].version, packages[0].manager) == ("2.6.0a0+df5bbc09d1", "image")
    assert images.image_packages(described("nvcr.io/nvidia/pytorch:25.07-py3"), MATRIX) is None


@pytest.mark.parametrize("reference", ["python:3.11", "ubuntu:22.04", "debian:bookworm-slim", "library/python:3.12"])
def test_plain_images_hold_no_cuda(reference: str) -> None:
    image = described(reference)
    assert image.cuda.is_absent
    assert image.gate.is_absent
    assert images.image_packages(image, MATRIX) == ()


@pytest.mark.parametrize(
    "reference",
    [
        "our_base:1",
        "ghcr.io/team/app@sha256:ab",
        "mynvidia/cuda:12.4.1-base-ubuntu22.04",
        "localhost:5000/nvidia/cuda:12.4.1",
    ],
)
def test_strangers_are_unknown_and_say_how_to_state_them(reference: str) -> None:
    image = described(reference)
    for fact in (image.cuda, image.cudnn, image.gate, image.python):
        assert fact.is_unknown
        assert "--image-alias" in fact.reason
    assert images.image_packages(image, MATRIX) is None


@pytest.mark.parametrize(
    ("reference", "nearest"),
    [
        ("nvidia/cuda:11.3.0-devel-ubuntu20.04", "nvidia/cuda:11.3.1-devel-ubuntu20.04"),
        ("nvcr.io/nvidia/cuda:12.4.0-cudnn-devel-rockylinux9", "nvcr.io/nvidia/cuda:12.4.1-cudnn-devel-rockylinux9"),
        ("nvidia/cuda:10.2-base", None),
        ("python:3.11", None),
        ("nvidia/cuda:banana", None),
    ],
)
def test_the_nearest_published(reference: str, nearest: str | None) -> None:
    assert images.nearest_published(reference, MATRIX) == nearest


@pytest.mark.parametrize(
    "tag",
    [
        "",
        ":",
        "::",
        ":" + "9" * 5000,
        ":12." + "1" * 300 + ".1-base",
        ":１２.4.1-base",
        "@",
        ":12.4.1-base-ubuntu22.04@sha256:",
    ],
)
def test_no_tag_does_worse_than_unknown(tag: str) -> None:
    described(f"nvidia/cuda{tag}")
    described(f"nvcr.io/nvidia/pytorch{tag}")
    described(f"pytorch/pytorch{tag}")
    described(f"python{tag}")
    described(f"ubuntu{tag}")
    described(f"nvcr.io/nvidia/tritonserver{tag}")
    described(f"nvcr.io/nvidia/l4t-pytorch{tag}")
