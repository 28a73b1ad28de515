"""Images for Jetson boards. They hold the CUDA of a JetPack release and run on hosts of the same L4T line."""

from __future__ import annotations

from envdoctor.facts import Fact, Image, Origin, absent, known, unknown
from envdoctor.judging.images.reference import NGC, l4t_release
from envdoctor.judging.images.states import of_row, row_of, stranger, without_contents
from envdoctor.matrix import Matrix
from envdoctor.matrix.rows import L4tImageRow
from envdoctor.versions import major, numbers

_GATE = "cuda>=9.0"  # no other was seen in an image for Jetson; the runtime's csv mode seldom asks for it
_FIRST_ON_UBUNTU = 36  # the images of jetson-containers for L4T 36, and later ones


def described(image: Image, repository: str, tag: str, matrix: Matrix) -> Image:
    row = matrix.l4t_image(f"{repository}:{tag}")
    own = repository.startswith(NGC)
    made_for = l4t_release(f"{repository}:{tag}", matrix)
    if row is None and not own and made_for is None:
        return stranger(image)
    here = image.reference.origin
    image = image._replace(
        family=known(f"l4t/{repository.rpartition('/')[2]}", here),
        arch=known(("arm64",), Origin(f"{here}, an image for Jetson", here.path, here.line)),
    )
    if row is None:
        return _unlisted(image, repository, tag, made_for, matrix)
    return _of_row(image, row)._replace(gate=_gate(own, row))


def _gate(own: bool, row: L4tImageRow) -> Fact[str]:
    """The jetson-containers project builds on NVIDIA's l4t images up to JetPack 5, and from JetPack 6 on on Ubuntu.
    Sources: https://github.com/dusty-nv/jetson-containers jetson_containers/l4t_version.py (get_l4t_base),
    packages/cuda/cuda/Dockerfile"""
    if own:
        return known(_GATE, Origin("as NGC images carry it"))
    if major(row.l4t) < _FIRST_ON_UBUNTU:
        return known(_GATE, Origin("as NVIDIA's l4t images carry it, on which this one rests"))
    return absent("the image rests on plain Ubuntu, and sets no NVIDIA_REQUIRE_CUDA")


def _unlisted(image: Image, repository: str, tag: str, made_for: str | None, matrix: Matrix) -> Image:
    known_tags = sorted(matrix.l4t_images_of(repository), key=lambda row: numbers(row.l4t))
    newest = known_tags[-1].image.partition(":")[2] if known_tags else "none"
    line = f", an image for Jetson with L4T {made_for}," if made_for else ", an image for Jetson,"
    gone: Fact[str] = unknown(f"what {repository}:{tag}{line} holds is not in the matrix (newest known tag: {newest})")
    status: Fact[str] = absent("the matrix does not cover which tags of this repository exist")
    return without_contents(image, gone, status)._replace(python=gone)


def _of_row(image: Image, row: L4tImageRow) -> Image:
    here = row_of(image, "l4t_images", row.image)
    fact = of_row(here, row.image)
    mounted = fact
    if row.from_host:  # it is there on a host of its line, and on no other
        there = Origin(f"{here}, which the runtime mounts from a host with L4T {row.l4t}", here.path, here.line)
        mounted = of_row(there, row.image)
    return image._replace(
        cuda=mounted(row.cuda, "CUDA"),
        cudnn=mounted(row.cudnn, "cuDNN"),
        tensorrt=mounted(row.tensorrt, "TensorRT"),
        python=fact(row.python, "Python"),
        os_id=known("ubuntu", here),
        os_version=fact(row.ubuntu, "Ubuntu release"),
        flavor=known("devel" if row.image.endswith("-devel") else "runtime", here),
        compat=absent("images for Jetson hold no cuda-compat of desktops and servers", here),
        status=known("published", here),
    )
