"""NVIDIA's framework images on NGC: PyTorch, TensorRT and Triton from their rows, of the others the family alone."""

from __future__ import annotations

from collections.abc import Callable

from envdoctor.facts import Fact, Image, Origin, absent, known, unknown
from envdoctor.judging.images.reference import NGC, NGC_IMAGES, is_integrated, numeric, split
from envdoctor.judging.images.states import nearest, of_row, row_of, without_contents
from envdoctor.matrix import Matrix
from envdoctor.matrix.rows import NgcImageRow, NgcRow
from envdoctor.versions import minor

_GATE = "cuda>=9.0"  # every NGC framework image from 20.06 to 26.08 whose environment was read
_ARM: tuple[str, ...] = ("arm64",)
# The variants of Triton that hold another CUDA, TensorRT and PyTorch than the release's other tags
_OWN_STACK = ("trtllm", "vllm")
_COVERED = "the matrix does not cover which tags of this repository exist"


def _in_family(image: Image, name: str) -> Image:
    gate = known(_GATE, Origin("every NGC framework image carries it"))
    return image._replace(family=known(f"ngc/{name}", image.reference.origin), gate=gate)


def pytorch(image: Image, tag: str, matrix: Matrix) -> Image:
    image = _in_family(image, "pytorch")
    release = numeric(tag) or ""
    row = matrix.ngc(release)
    if row is None:
        return _unlisted(image, "PyTorch", tag, nearest(release, matrix.ngc_releases()), None)
    return _of_pytorch_row(image, row, tag)


def _unlisted(image: Image, title: str, tag: str, instead: str, status: Fact[str] | None) -> Image:
    """A release newer than the matrix, one that it left out, or no release at all."""
    gone: Fact[str] = unknown(
        f"NGC {title} release {tag or '(no tag)'} is not in the matrix (nearest known: {instead})"
    )
    return without_contents(image, gone, status or gone)._replace(gate=image.gate, python=gone)


def _of_pytorch_row(image: Image, row: NgcRow, tag: str) -> Image:
    here = row_of(image, "ngc_pytorch", row.release)
    fact = of_row(here, f"NGC PyTorch {row.release}")
    cuda = numeric(row.cuda)
    listed = not row.tags or tag in row.tags or tag == f"{row.release}-py3"
    strange: Fact[str] = unknown(f"the tag {tag} is not among the known tags of release {row.release}", here)
    arch = _ARM if is_integrated(tag) else row.arch
    return image._replace(
        cuda=fact(cuda, "CUDA"), cudnn=fact(numeric(row.cudnn), "cuDNN"), tensorrt=fact(row.tensorrt, "TensorRT"), python=fact(row.python, "Python"),
        os_id=known("ubuntu", here), os_version=fact(row.ubuntu, "Ubuntu release"), flavor=known("devel", here),
        compat=_compat_of(tag, cuda, fact),
        status=known("published", here) if listed else strange,
        arch=known(arch, here) if arch else image.arch,
    )  # fmt: skip


def _compat_of(tag: str, cuda: str | None, fact: Callable[[str | None, str], Fact[str]]) -> Fact[str]:
    """The builds for Jetson rest on its own driver: that they hold the package for data center drivers nobody says."""
    if is_integrated(tag):
        return unknown("whether this build for Jetson holds a cuda-compat package is not known")
    return fact(minor(cuda) or cuda if cuda else None, "CUDA")


def variant_of(tag: str) -> str:
    """ "24.05-trtllm-python-py3" -> "trtllm"; "" for a tag that holds what the release does."""
    return next((part for part in tag.split("-")[1:] if part in _OWN_STACK), "")


def release_row(reference: str | None, matrix: Matrix) -> NgcImageRow | None:
    """The row of a TensorRT or Triton image; None for any other image and for a release that is not known."""
    repository, tag, _ = split(reference or "")
    if repository not in NGC_IMAGES:
        return None
    return matrix.ngc_image(repository.removeprefix(NGC), numeric(tag) or "", variant_of(tag))


def release(image: Image, repository: str, tag: str, matrix: Matrix) -> Image:
    """TensorRT and Triton. -min, -sdk, -pyt-python and -igpu tags hold the CUDA of the release's -py3."""
    name = repository.removeprefix(NGC)
    image = _in_family(image, name)
    uncovered: Fact[str] = absent(_COVERED)
    if "cpu" in tag.split("-"):
        return without_contents(image, absent(f"{tag} is a build for the CPU alone"), uncovered)
    row = release_row(f"{repository}:{tag}", matrix)
    if row is None:
        instead = nearest(numeric(tag) or "", matrix.ngc_image_releases(name))
        return _unlisted(image, NGC_IMAGES[repository], tag, instead, uncovered)
    return _of_row(image, row, tag, NGC_IMAGES[repository])


def _of_row(image: Image, row: NgcImageRow, tag: str, title: str) -> Image:
    here = row_of(image, "ngc_images", row.image)
    fact = of_row(here, f"NGC {title} {row.release}")
    arch = _ARM if is_integrated(tag) else row.arch
    return image._replace(
        cuda=fact(row.cuda, "CUDA"),
        cudnn=fact(row.cudnn, "cuDNN"),
        tensorrt=fact(row.tensorrt, "TensorRT"),
        python=fact(row.python, "Python"),
        os_id=known("ubuntu", here),
        os_version=fact(row.ubuntu, "Ubuntu release"),
        flavor=known("devel" if row.repository == "tensorrt" else "runtime", here),
        compat=_compat_of(tag, row.cuda, fact),
        status=known("published", here) if tag in row.tags else absent(_COVERED),
        arch=known(arch, here) if arch else image.arch,
    )


def other(image: Image, repository: str, tag: str) -> Image:
    """TensorFlow, CUDA-Q, DeepStream and the rest."""
    gone: Fact[str] = unknown(f"what {repository}:{tag} holds is not in the matrix")
    image = _in_family(image, repository.removeprefix(NGC))
    return image._replace(cuda=gone, cudnn=gone, compat=gone, python=gone, status=absent(_COVERED))
