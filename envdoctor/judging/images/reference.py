"""Reads an image reference, and knows which repositories the matrix has rows for."""

from __future__ import annotations

import re

from envdoctor.judging.images.no_gpu import is_official
from envdoctor.matrix import Matrix
from envdoctor.patterns import lazily

NGC = "nvcr.io/nvidia/"
NGC_PYTORCH = f"{NGC}pytorch"
NGC_IMAGES = {f"{NGC}tensorrt": "TensorRT", f"{NGC}tritonserver": "Triton"}
CUDA_REPOSITORIES = frozenset({"nvidia/cuda", "nvcr.io/nvidia/cuda"})
PYTORCH_REPOSITORIES = frozenset({"pytorch/pytorch"})
# For Jetson boards only: NVIDIA's own, and those of the jetson-containers project
L4T_REPOSITORIES = (f"{NGC}l4t-", "dustynv/")
# Images of a bare distribution or Python: no CUDA in them. python:3.11-slim, ubuntu:22.04, debian:12, rockylinux:9 …
PLAIN = frozenset(
    {"python", "ubuntu", "debian", "rockylinux", "almalinux", "fedora", "alpine", "centos", "buildpack-deps", "busybox"}
)
_LEADING_VERSION = lazily(r"\d+(?:\.\d+)*", re.ASCII)
# r35.2.1-pth2.0-py3, 2.6-r36.4.0-cu128-24.04; not l4t-tensorrt:r8.5.2-runtime, which has the number of TensorRT
_L4T = lazily(r"(?:^|-)r(3\d(?:\.\d{1,2}){0,2})(?![\d.])", re.ASCII)


def split(reference: str) -> tuple[str, str, str]:
    """ "docker.io/nvidia/cuda:12.4.1-base@sha256:…" -> (repository, tag, digest), docker.io/ and library/ left out."""
    name, _, digest = reference.partition("@")
    head, colon, tag = name.rpartition(":")
    if not colon or "/" in tag:
        head, tag = name, ""
    for prefix in ("docker.io/", "index.docker.io/", "library/"):
        head = head.removeprefix(prefix)
    return head, tag, digest


def is_published(reference: str) -> bool:
    """Is this a repository that the matrix covers, so that its bare name ("nvidia/cuda") can only be an image?"""
    return split(reference)[0] in CUDA_REPOSITORIES | PYTORCH_REPOSITORIES


def may_be_local(reference: str, matrix: Matrix) -> bool:
    """A name without an owner and a registry is one of Docker's own images (redis:7), or was built where it is used.
    Docker's own have no underscore, and people pin them to a release."""
    repository, tag, digest = split(reference.removeprefix("localhost/"))
    if "/" in repository or repository in PLAIN or is_official(repository, matrix) or repository == "scratch" or digest:
        return False
    return "_" in repository or numeric(tag) is None


def ngc_release(reference: str | None) -> str | None:
    """ "nvcr.io/nvidia/pytorch:24.12-py3" -> "24.12"; None for any other image."""
    repository, tag, _ = split(reference or "")
    return numeric(tag) if repository == NGC_PYTORCH else None


def numeric(text: str | None) -> str | None:
    """The version that a text starts with: "24.05-py3" -> "24.05"."""
    match = _LEADING_VERSION.match(text or "")
    return match.group(0) if match else None


def is_integrated(tag: str) -> bool:
    """Is this NGC tag the build for the integrated GPU of a Jetson ("24.05-py3-igpu", "24.05-py3-igpu-min")?"""
    return "igpu" in tag.split("-")


def for_servers(reference: str | None) -> bool:
    """Is it an NGC image whose arm64 build is for servers (SBSA)? For Jetson there are the -igpu and l4t images."""
    repository, tag, _ = split(reference or "")
    return (repository == NGC_PYTORCH or repository in NGC_IMAGES) and bool(tag) and not is_integrated(tag)


def for_boards(reference: str | None) -> bool:
    """Is it an image for Jetson boards alone: an l4t image, or the -igpu build of an NGC image?"""
    repository, tag, _ = split(reference or "")
    return repository.startswith(L4T_REPOSITORIES) or (repository.startswith(NGC) and is_integrated(tag))


def l4t_release(reference: str | None, matrix: Matrix) -> str | None:
    """The L4T release that an image for Jetson is made for, "35.2.1"; None for any other, and where its tag names none."""
    repository, tag, _ = split(reference or "")
    if not repository.startswith(L4T_REPOSITORIES):
        return None
    row = matrix.l4t_image(f"{repository}:{tag}")
    match = _L4T.search(tag)
    if row is not None:
        return row.l4t
    return match.group(1) if match else None
