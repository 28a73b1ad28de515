"""Images for Jetson boards. They hold the CUDA of a JetPack release and run on hosts of the same L4T line."""

from __future__ import annotations

from envdoctor.facts import Fact, Image, Origin, absent, known, unknown
from envdoctor.judging.images.reference import NGC, l4t_release
from envdoctor.judging.images.states import of_row, row_of, stranger, without_contents
from envdoctor.matrix import Matrix
from envdoctor.matrix.rows import L4tImageRow
from envdoctor.versions import numbers

_GATE = "cuda>=9.0"  # no other was seen in an image for Jetson; the runtime's csv mode seldom asks for it


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
    image = _of_row(image, row)
    return image._replace(gate=known(_GATE, Origin("as NGC images carry it"))) if own else image


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
    mounted: Fact[str] = unknown(
        f"it is not in {row.image}: the runtime mounts that of a host with L4T {row.l4t}", here
    )
    return image._replace(
        cuda=mounted if row.from_host else fact(row.cuda, "CUDA"),
        cudnn=mounted if row.from_host else fact(row.cudnn, "cuDNN"),
        tensorrt=mounted if row.from_host else fact(row.tensorrt, "TensorRT"),
        python=fact(row.python, "Python"),
        os_id=known("ubuntu", here),
        os_version=fact(row.ubuntu, "Ubuntu release"),
        flavor=known("devel" if row.image.endswith("-devel") else "runtime", here),
        compat=absent("images for Jetson hold no cuda-compat of desktops and servers", here),
        status=known("published", here),
    )
