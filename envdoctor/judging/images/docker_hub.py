"""Docker Hub's pytorch/pytorch, the images of a bare distribution or Python, and those of services."""

from __future__ import annotations

import re

from envdoctor.facts import Fact, Image, absent, known, unknown
from envdoctor.judging.images.nvidia_cuda import gate_of_cuda
from envdoctor.judging.images.reference import numeric
from envdoctor.judging.images.states import row_of, without_contents
from envdoctor.matrix import Matrix
from envdoctor.matrix.rows import TorchImageRow
from envdoctor.patterns import lazily
from envdoctor.versions import parse

TORCH_TAG = lazily(r"(\d+\.\d+(?:\.\d+)?)-cuda(\d+\.\d+)-cudnn(\d+)-(runtime|devel)", re.ASCII)
_COVERED = "the matrix does not cover which pytorch/pytorch tags exist"
_NAMED_BY_DEBIAN = frozenset({"debian", "python", "buildpack-deps"})


def pytorch(image: Image, tag: str, matrix: Matrix) -> Image:
    """Runtime tags rest on plain Ubuntu and hold CUDA only inside torch; devel tags have a toolkit."""
    here = image.reference.origin
    image = image._replace(family=known("pytorch", here))
    match = TORCH_TAG.match(tag)
    if not match:
        reason = f"the tag {tag or '(none)'} does not say its CUDA (2.4.0-cuda12.4-cudnn9-runtime does)"
        return without_contents(image, unknown(reason), unknown(reason))
    torch, cuda, cudnn, flavor = match.groups()
    row = matrix.torch_image(torch)
    image = _of_row(image, row, tag)._replace(
        flavor=known(flavor, here), status=_status(image, row, tag, f"cuda{cuda}-cudnn{cudnn}")
    )
    if flavor == "devel":
        return _devel(image, _devel_base(torch, row, matrix), cuda, cudnn, matrix)
    inside: Fact[str] = absent(
        "a runtime tag of pytorch/pytorch rests on plain Ubuntu: CUDA and cuDNN are only inside torch", here
    )
    return image._replace(cuda=inside, cudnn=inside, gate=inside, compat=inside)


def _of_row(image: Image, row: TorchImageRow | None, tag: str) -> Image:
    if row is None:
        return image._replace(python=unknown(f"the Python of pytorch/pytorch:{tag} has no source"))
    here = row_of(image, "torch_images", row.torch)
    nothing: Fact[str] = unknown(f"the Python of pytorch/pytorch:{tag} has no source", here)
    return image._replace(
        python=known(row.python, here) if row.python else nothing,
        os_id=known(row.os, here) if row.os else image.os_id,
        os_version=known(row.os_version, here) if row.os_version else image.os_version,
    )


def _status(image: Image, row: TorchImageRow | None, tag: str, variant: str) -> Fact[str]:
    if row is None or not row.variants:
        return absent(_COVERED)
    here = row_of(image, "torch_images", row.torch)
    if variant in row.variants:
        return known("published", here)
    there = ", ".join(row.variants)
    return unknown(f"whether there is a tag {tag} is not known (of {row.torch} the matrix knows {there})", here)


def _devel_base(torch: str, row: TorchImageRow | None, matrix: Matrix) -> str | None:
    """What is not known of a version newer than the matrix is taken for nvidia/cuda with cuDNN in the old ones."""
    if row is not None and row.devel_base:
        return row.devel_base
    first = next((each for each in matrix.torch_images() if each.devel_base), None)
    return "cudnn" if first and parse(torch) < parse(first.torch) else None


def _devel(image: Image, base: str | None, cuda: str, cudnn: str, matrix: Matrix) -> Image:
    here = image.reference.origin
    image = image._replace(cuda=known(cuda, here))
    if base is None:
        gone: Fact[str] = unknown("what the devel tags of this pytorch/pytorch version rest on is not in the matrix")
        return image._replace(cudnn=gone, gate=gone, compat=gone)
    if base == "ubuntu":
        return image._replace(
            cudnn=unknown("whether these devel tags of pytorch/pytorch hold a cuDNN outside torch is not known", here),
            gate=absent("since 2.10 the devel tags of pytorch/pytorch rest on plain Ubuntu", here),
            compat=unknown("whether these devel tags of pytorch/pytorch hold cuda-compat is not known", here),
        )
    inside: Fact[str] = absent("the devel tags of pytorch/pytorch 2.4 to 2.9 hold cuDNN only inside torch", here)
    return image._replace(
        cudnn=known(cudnn, here) if base == "cudnn" else inside,
        gate=gate_of_cuda(cuda, None, "amd64", matrix),
        compat=known(cuda, here),
    )


def plain(image: Image, repository: str, tag: str, matrix: Matrix) -> Image:
    """python, ubuntu, debian, rockylinux … and scratch: no CUDA, so wheels must bring it."""
    here = image.reference.origin
    nothing: Fact[str] = absent(f"{repository} images hold no CUDA", here)
    status: Fact[str] = absent("not a GPU image: the matrix does not cover its tags")
    image = without_contents(image, nothing, status)._replace(family=known("plain", here))
    image = _distribution(image, repository, tag, matrix)
    version = numeric(tag)
    if repository == "python":
        exact = version if version and "." in version else None
        gone: Fact[str] = unknown(f"python:{tag or 'latest'} names no exact Python")
        return image._replace(python=known(exact, here) if exact else gone)
    return image


def service(image: Image, repository: str) -> Image:
    """redis, grafana/grafana, condaforge/miniforge3 …: no CUDA; what system they rest on is theirs to change."""
    nothing: Fact[str] = absent(f"{repository} images hold no CUDA", image.reference.origin)
    status: Fact[str] = absent("not a GPU image: the matrix does not cover its tags")
    return without_contents(image, nothing, status)._replace(family=known("service", image.reference.origin))


def _distribution(image: Image, repository: str, tag: str, matrix: Matrix) -> Image:
    """ "22.04", and by their codenames "jammy-20240530" and "3.11-slim-bookworm"."""
    here = image.reference.origin
    os = "debian" if repository in _NAMED_BY_DEBIAN else repository
    named = (
        (matrix.distribution(os, part) for part in tag.split("-") if part.isalpha())
        if os in ("debian", "ubuntu")
        else ()
    )
    row = next((each for each in named if each), None)
    if row is not None:
        there = row_of(image, "distributions", row.name)
        return image._replace(os_id=known(row.os, there), os_version=known(row.version, there))
    version = numeric(tag)
    if repository == "python":
        return image
    return image._replace(
        os_id=known(repository, here), os_version=known(version, here) if version else image.os_version
    )
