"""Image references: their parts, their short forms, and what is none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envdoctor.readers.image_reference import ImageReference, ReferenceError_, looks_like_reference, parse_reference

DIGEST = "sha256:" + "0123456789abcdef" * 4


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("python", ImageReference("docker.io", "library/python")),
        ("library/python:3.11", ImageReference("docker.io", "library/python", "3.11")),
        ("nvidia/cuda:12.4.1-base-ubuntu22.04", ImageReference("docker.io", "nvidia/cuda", "12.4.1-base-ubuntu22.04")),
        ("docker.io/nvidia/cuda:12", ImageReference("docker.io", "nvidia/cuda", "12")),
        ("index.docker.io/python", ImageReference("docker.io", "library/python")),
        ("nvcr.io/nvidia/pytorch:24.05-py3", ImageReference("nvcr.io", "nvidia/pytorch", "24.05-py3")),
        ("192.168.0.7:5000/vision", ImageReference("192.168.0.7:5000", "vision")),
        ("localhost/a/b:c", ImageReference("localhost", "a/b", "c")),
        ("[::1]:5000/a", ImageReference("[::1]:5000", "a")),
        ("HOST/a", ImageReference("HOST", "a")),
        (f"nvidia/cuda@{DIGEST}", ImageReference("docker.io", "nvidia/cuda", None, DIGEST)),
        (f"ghcr.io/a/b:1.0@{DIGEST}", ImageReference("ghcr.io", "a/b", "1.0", DIGEST)),
        ("my__image/a-b.c", ImageReference("docker.io", "my__image/a-b.c")),
        (" capybara_infer_image:latest ", ImageReference("docker.io", "library/capybara_infer_image", "latest")),
    ],
)
def test_parts(text: str, expected: ImageReference) -> None:
    assert parse_reference(text) == expected


def test_one_image_has_one_name() -> None:
    names = {
        parse_reference(text).name for text in ("nvidia/cuda:1", "docker.io/nvidia/cuda", "index.docker.io/nvidia/cuda")
    }
    assert names == {"docker.io/nvidia/cuda"}
    assert parse_reference("docker.io/library/python").short_name == "python"
    assert parse_reference("docker.io/nvidia/cuda").short_name == "nvidia/cuda"
    assert parse_reference("nvcr.io/nvidia/cuda").short_name == "nvcr.io/nvidia/cuda"


def test_the_tag_that_is_pulled() -> None:
    assert parse_reference("python").pulled_tag == "latest"
    assert parse_reference("python:3.11").pulled_tag == "3.11"
    assert parse_reference(f"python@{DIGEST}").pulled_tag is None


@pytest.mark.parametrize("text", ["python", "nvcr.io/nvidia/cuda:12", f"a/b@{DIGEST}", f"host:1/a:b@{DIGEST}"])
def test_printed_and_read_again(text: str) -> None:
    reference = parse_reference(text)
    assert parse_reference(str(reference)) == reference


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "nothing was read"),
        ("nvidia/Cuda:12", "upper-case letters"),
        ("nvidia/cuda:", "'' is no tag"),
        ("nvidia/cuda:-devel", "'-devel' is no tag"),
        ("nvidia/cuda:" + "x" * 129, "128 at most"),
        ("a@sha256:123", "no digest"),
        ("a//b", "empty"),
        ("a/b/", "empty"),
        ("/a", "empty"),
        ("a b", "no part of a repository's name"),
        ("a_-b", "no part of a repository's name"),
        ("https://nvcr.io/nvidia/cuda", "no registry host"),
        ("$REGISTRY/a", "no registry host"),
        ("0123456789abcdef" * 4, "image ID"),
        ("a" * 2_000, "2,000 characters"),
        ("a/" * 130 + "a", "255 characters"),
        ("a\x1b[31m:1", "no part of a repository's name"),
    ],
)
def test_what_is_none(text: str, why: str) -> None:
    with pytest.raises(ReferenceError_) as caught:
        parse_reference(text)
    shown = str(caught.value)
    assert why in shown
    assert "[REGISTRY/]REPOSITORY[:TAG][@DIGEST]" in shown
    assert shown.isprintable()
    assert len(shown) < 400


@pytest.mark.parametrize(
    "text",
    [
        "nvidia/cuda:12.4.1-base-ubuntu22.04",
        "ubuntu:22.04",
        "nvcr.io/nvidia/pytorch",
        "localhost:5000/a",
        f"a@{DIGEST}",
        "docker.io/python",
    ],
)
def test_targets_that_are_images(text: str) -> None:
    assert looks_like_reference(text)


@pytest.mark.parametrize(
    "text",
    [
        "requirements.txt",
        "docker/build",
        "./a:b",
        "/srv/a:1",
        "Dockerfile",
        "~/a",
        "requirements.txt:3",
        "a b",
        "",
        "training",
    ],
)
def test_targets_that_may_as_well_be_missing_paths(text: str) -> None:
    assert not looks_like_reference(text)


@given(st.text(max_size=60))
def test_nothing_but_the_one_error(text: str) -> None:
    try:
        reference = parse_reference(text)
    except ReferenceError_:
        return
    assert parse_reference(str(reference)) == reference
