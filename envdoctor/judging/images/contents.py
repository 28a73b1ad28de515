"""The Python packages that an image itself holds."""

from __future__ import annotations

from envdoctor.facts import Image, Package
from envdoctor.judging.images.docker_hub import TORCH_TAG
from envdoctor.judging.images.ngc import release_row
from envdoctor.judging.images.reference import ngc_release, split
from envdoctor.matrix import Matrix

# Tags of Triton without PyTorch or ONNX Runtime as Python packages: the server, and the base it is built on.
# Its backends for them are C++ libraries under /opt/tritonserver, in which no Python package counts.
_SERVER = frozenset({"py3", "py3-min", "py3-igpu", "py3-igpu-min"})


def image_packages(image: Image, matrix: Matrix) -> tuple[Package, ...] | None:
    """The Python packages the image itself holds, as far as they matter; None if that is not known."""
    reference, family = image.reference.get() or "", image.family.get() or ""
    if family == "ngc/pytorch":
        return _of_pytorch(reference, image, matrix)
    if family in ("ngc/tensorrt", "ngc/tritonserver"):
        return _of_release(reference, image, matrix)
    if family.startswith("l4t/"):
        return _of_l4t(reference, image, matrix)
    if family == "pytorch":
        match = TORCH_TAG.match(split(reference)[1])
        if not match:
            return None
        return (Package("torch", match.group(1), cuda=match.group(2), installed=True, origin=image.reference.origin),)
    return () if family in ("nvidia/cuda", "plain", "service") else None


def _own(name: str, version: str | None, image: Image) -> Package:
    """What an image is made for. It links to the image's CUDA."""
    return Package(name, version, manager="image", installed=True, origin=image.cuda.origin)


def _of_pytorch(reference: str, image: Image, matrix: Matrix) -> tuple[Package, ...] | None:
    row = matrix.ngc(ngc_release(reference) or "")
    if row is None or row.torch is None:
        return None
    torch = _own("torch", row.torch, image)
    return (torch, _own("opencv", row.opencv, image)) if row.opencv else (torch,)


def _of_release(reference: str, image: Image, matrix: Matrix) -> tuple[Package, ...] | None:
    row = release_row(reference, matrix)
    if row is None:
        return None
    if row.repository == "tensorrt":
        return (_own("tensorrt", row.tensorrt, image),)
    server = _own("tritonserver", row.release, image)
    if row.torch is not None:
        return (server, _own("torch", row.torch, image))
    return (server,) if split(reference)[1].removeprefix(f"{row.release}-") in _SERVER else None


def _of_l4t(reference: str, image: Image, matrix: Matrix) -> tuple[Package, ...] | None:
    repository, tag, _ = split(reference)
    row = matrix.l4t_image(f"{repository}:{tag}")
    name = repository.rpartition("/")[2]
    if row is None or name == "l4t-ml":
        return None
    if name in ("l4t-cuda", "l4t-jetpack", "l4t-tensorrt"):
        return (_own(name, tag, image),)
    return (_own("torch", row.torch, image),) if row.torch else None
