"""What the matrix knows of a base image, from its reference alone: family, contents, gate, whether it can be pulled.

One module per family of images. To add one: its repositories in reference.py, a module with a function that fills an
Image from its rows, a line in `described`, and what it installs in contents.py.
"""

from __future__ import annotations

from envdoctor.facts import Fact, Image, absent, known
from envdoctor.judging.images import docker_hub, l4t, ngc, nvidia_cuda
from envdoctor.judging.images.contents import image_packages
from envdoctor.judging.images.ngc import release_row
from envdoctor.judging.images.no_gpu import holds_no_gpu_software
from envdoctor.judging.images.nvidia_cuda import gate_of_cuda, nearest_published, nearest_supported
from envdoctor.judging.images.reference import (
    CUDA_REPOSITORIES,
    L4T_REPOSITORIES,
    NGC,
    NGC_IMAGES,
    NGC_PYTORCH,
    PLAIN,
    PYTORCH_REPOSITORIES,
    for_boards,
    for_servers,
    is_integrated,
    is_published,
    l4t_release,
    ngc_release,
    split,
)
from envdoctor.judging.images.states import stranger, without_reference
from envdoctor.matrix import Matrix

__all__ = [
    "NGC_PYTORCH",
    "described",
    "for_boards",
    "for_servers",
    "gate_of_cuda",
    "image_packages",
    "is_integrated",
    "is_published",
    "l4t_release",
    "nearest_published",
    "nearest_supported",
    "ngc_release",
    "release_row",
    "split",
]


def described(reference: Fact[str], matrix: Matrix) -> Image:
    """The image as the matrix knows it; facts that it does not know are unknown with the reason."""
    if not reference.is_known:
        return without_reference(reference)
    repository, tag, digest = split(reference.need())
    pinned = known(digest, reference.origin) if digest else absent("no digest is given")
    return _by_repository(Image(reference=reference, digest=pinned), repository, tag, matrix)


def _by_repository(image: Image, repository: str, tag: str, matrix: Matrix) -> Image:
    if repository in CUDA_REPOSITORIES:
        return nvidia_cuda.described(image, tag, matrix)
    if repository == NGC_PYTORCH:
        return ngc.pytorch(image, tag, matrix)
    if repository in NGC_IMAGES:
        return ngc.release(image, repository, tag, matrix)
    if repository in PYTORCH_REPOSITORIES:
        return docker_hub.pytorch(image, tag, matrix)
    if repository.startswith(L4T_REPOSITORIES):
        return l4t.described(image, repository, tag, matrix)
    if repository.startswith(NGC):
        return ngc.other(image, repository, tag)
    if repository in PLAIN or repository == "scratch":
        return docker_hub.plain(image, repository, tag, matrix)
    if holds_no_gpu_software(repository, tag, matrix):
        return docker_hub.service(image, repository)
    return stranger(image)
