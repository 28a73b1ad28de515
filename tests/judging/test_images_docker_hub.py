"""Docker Hub's pytorch/pytorch, distributions and Python."""

from __future__ import annotations

import pytest

from envdoctor.facts import Image, Origin, known
from envdoctor.judging import images
from tests.rules.vocabulary import MATRIX


def described(reference: str) -> Image:
    return images.described(known(reference, Origin("Dockerfile:1")), MATRIX)


def test_cuda_of_a_runtime_tag_is_only_inside_torch() -> None:
    runtime = described("pytorch/pytorch:2.4.0-cuda12.4-cudnn9-runtime")
    assert all(fact.is_absent for fact in (runtime.cuda, runtime.cudnn, runtime.gate, runtime.compat))
    assert (runtime.python.get(), runtime.os_version.get(), runtime.status.get()) == ("3.11", "22.04", "published")
    assert "matrix row torch_images 2.4.0" in str(runtime.python.origin)
    packages = images.image_packages(runtime, MATRIX)
    assert packages is not None
    assert [(item.version, item.cuda) for item in packages] == [("2.4.0", "12.4")]
    assert described("pytorch/pytorch:latest").cuda.is_unknown


def test_devel_tags_rest_on_nvidia_cuda_with_cudnn_up_to_2_3() -> None:
    for tag in ("2.3.1-cuda12.1-cudnn8-devel", "1.9.0-cuda11.1-cudnn8-devel"):
        devel = described(f"pytorch/pytorch:{tag}")
        assert (devel.cudnn.get(), devel.gate.is_known, devel.compat.get()) == ("8", True, devel.cuda.get())


def test_devel_tags_of_2_4_to_2_9_hold_cudnn_only_inside_torch() -> None:
    """https://github.com/pytorch/pytorch/pull/125770"""
    devel = described("pytorch/pytorch:2.6.0-cuda12.6-cudnn9-devel")
    assert (devel.cuda.get(), devel.compat.get(), devel.gate.is_known) == ("12.6", "12.6", True)
    assert devel.cudnn.is_absent
    assert (devel.python.get(), devel.os_version.get()) == ("3.11", "22.04")


def test_devel_tags_since_2_10_rest_on_plain_ubuntu() -> None:
    """https://github.com/pytorch/pytorch/pull/166907"""
    devel = described("pytorch/pytorch:2.12.0-cuda13.0-cudnn9-devel")
    assert devel.cuda.get() == "13.0"
    assert devel.gate.is_absent
    assert devel.cudnn.is_unknown
    assert devel.compat.is_unknown


def test_a_version_newer_than_the_matrix_is_not_taken_for_an_old_one() -> None:
    devel = described("pytorch/pytorch:9.0.0-cuda19.0-cudnn12-devel")
    assert devel.cuda.get() == "19.0"
    assert devel.status.is_absent
    assert all(fact.is_unknown for fact in (devel.cudnn, devel.gate, devel.compat, devel.python))


def test_a_cuda_that_no_variant_has_is_unknown_with_those_there_are() -> None:
    status = described("pytorch/pytorch:2.0.1-cuda11.8-cudnn8-runtime").status
    assert status.is_unknown
    assert "of 2.0.1 the matrix knows cuda11.7-cudnn8" in status.reason


@pytest.mark.parametrize(
    ("reference", "os", "version", "python"),
    [
        ("ubuntu:22.04", "ubuntu", "22.04", None),
        ("ubuntu:jammy-20240530", "ubuntu", "22.04", None),
        ("debian:12-slim", "debian", "12", None),
        ("debian:bookworm-slim", "debian", "12", None),
        ("python:3.11-slim-bookworm", "debian", "12", "3.11"),
        ("python:3.11-slim", None, None, "3.11"),
        ("python:3.12-alpine", None, None, "3.12"),
        ("ubuntu:latest", "ubuntu", None, None),
        ("rockylinux:9", "rockylinux", "9", None),
    ],
)
def test_plain_images_by_number_and_by_codename(
    reference: str, os: str | None, version: str | None, python: str | None
) -> None:
    image = described(reference)
    assert (image.os_id.get(), image.os_version.get(), image.python.get()) == (os, version, python)
    assert image.cuda.is_absent
    assert images.image_packages(image, MATRIX) == ()
