"""nvidia/cuda: what a tag holds, the gate of a release, and which tag of it can be pulled instead."""

from __future__ import annotations

import re
from collections.abc import Callable

from envdoctor.facts import Fact, Image, Origin, absent, known, unknown
from envdoctor.judging.images.reference import CUDA_REPOSITORIES, split
from envdoctor.judging.images.states import row_of, without_contents
from envdoctor.matrix import Matrix
from envdoctor.matrix.rows import CudaTagRow
from envdoctor.patterns import lazily
from envdoctor.versions import minor, numbers, parse

_CUDA_TAG = lazily(
    r"(\d{1,2}(?:\.\d{1,2}){1,2})(?:-(cudnn\d?))?(?:-(base|runtime|devel))?(?:-([a-z]+)([\d.]*))?", re.ASCII
)

_ALWAYS_A_PATCH = (11, 2)  # up to 11.1 there were tags such as 11.1-devel-ubuntu20.04, which are gone


def described(image: Image, tag: str, matrix: Matrix) -> Image:
    image = image._replace(
        family=known("nvidia/cuda", image.reference.origin), python=absent("nvidia/cuda images hold no Python")
    )
    row = matrix.cuda_tag(tag)
    if row is None:
        return _unlisted(image, tag, matrix)
    here = row_of(image, "cuda_tags", tag)
    unsure: Fact[str] = unknown(f"whether {tag} can still be pulled is not known", here)
    return _with_cuda(image, row, here, matrix)._replace(
        status=unsure if row.status == "unsure" else known(row.status, here),
        arch=known(row.arch, here) if row.arch else image.arch,
    )


def _with_cuda(image: Image, row: CudaTagRow, here: Origin, matrix: Matrix) -> Image:
    none: Fact[str] = absent(f"the tag {row.tag} has no cuDNN (flavor {row.flavor})", here)
    return image._replace(
        cuda=known(row.cuda, here),
        cudnn=known(row.cudnn, here) if row.cudnn else none,
        flavor=known(row.flavor, here),
        os_id=known(row.os, here) if row.os else image.os_id,
        os_version=known(row.os_version, here) if row.os_version else image.os_version,
        gate=gate_of_cuda(row.cuda, f"{row.os}{row.os_version}" if row.os else None, _first_arch(row), matrix),
        compat=_compat_of(row, here),
    )


def _first_arch(row: CudaTagRow) -> str:
    return "amd64" if not row.arch or "amd64" in row.arch else row.arch[0]


def _compat_of(row: CudaTagRow, here: Origin) -> Fact[str]:
    """Every flavor of nvidia/cuda for amd64 rests on base, which installs cuda-compat-X-Y (from CUDA 10.0 on)."""
    if row.arch and "amd64" not in row.arch:
        return unknown("whether this image holds cuda-compat is not known for its CPU architecture", here)
    version = minor(row.cuda)
    if version and parse(version) >= (10, 0):
        return known(version, here)
    return absent("images of CUDA 9 and older hold no cuda-compat", here)


def gate_of_cuda(cuda: str, os: str | None, arch: str, matrix: Matrix) -> Fact[str]:
    """The NVIDIA_REQUIRE_CUDA of nvidia/cuda images of a release; several possible ones are joined by newlines."""
    rows = matrix.requirements(cuda, arch, os) or matrix.requirements(cuda, arch, None)
    texts = list(dict.fromkeys(row.expression for row in rows))
    if not texts:
        return unknown(f"the matrix does not hold the NVIDIA_REQUIRE_CUDA of nvidia/cuda {cuda}")
    return known("\n".join(texts), Origin(f"matrix row requirements {cuda}"))


def _unlisted(image: Image, tag: str, matrix: Matrix) -> Image:
    """A tag that no row holds: a removed "latest", a combination that never existed, or one newer than the matrix."""
    here = image.reference.origin
    if tag in ("", "latest"):
        gone: Fact[str] = unknown("nvidia/cuda has no latest tag")
        removed = known("removed", Origin(f"{here}, nvidia/cuda has had no latest tag since 2021"))
        return image._replace(status=removed, cuda=gone, cudnn=gone, gate=gone, compat=gone)
    match = _CUDA_TAG.fullmatch(tag)
    if not match:
        reason = f"the tag {tag} is not one of nvidia/cuda's form (12.4.1-cudnn-runtime-ubuntu22.04)"
        return without_contents(image, unknown(reason), unknown(reason))
    cuda, cudnn, flavor = match.group(1), match.group(2), match.group(3)
    return image._replace(
        cuda=known(cuda, here),
        status=_status_of_unlisted(tag, cuda, cudnn, matrix.cuda_tags_of(cuda), matrix),
        gate=gate_of_cuda(cuda, None, "amd64", matrix),
        compat=known(minor(cuda) or cuda, here),
        flavor=known(flavor, here) if flavor else unknown(f"the tag {tag} names no flavor"),
        cudnn=_cudnn_of_unlisted(tag, cudnn, here),
    )


def _cudnn_of_unlisted(tag: str, cudnn: str | None, here: Origin) -> Fact[str]:
    if cudnn is None:
        return absent(f"the tag {tag} has no cuDNN", here)
    return known(cudnn[5:], here) if cudnn[5:] else unknown(f"which cuDNN {tag} holds is not known")


def _status_of_unlisted(
    tag: str, cuda: str, cudnn: str | None, siblings: tuple[CudaTagRow, ...], matrix: Matrix
) -> Fact[str]:
    newest = matrix.newest_cuda_tag_release()
    if parse(cuda) > parse(newest):
        return unknown(f"the tag {tag} is newer than the matrix (its newest nvidia/cuda release is {newest})")
    if minor(cuda) == "12.7" or (siblings and cudnn and not any(row.cudnn for row in siblings)):
        return known(
            "never-published",
            Origin(f"matrix table cuda_tags: no such combination among {len(siblings)} tags of {cuda}"),
        )
    if cuda.count(".") == 1 and any(row.status == "published" for row in siblings):
        what = "removed" if parse(cuda) < _ALWAYS_A_PATCH else "never-published"
        return known(what, Origin(f"matrix table cuda_tags: every tag of {cuda} names its patch release"))
    other_form = _other_form(cuda, cudnn, siblings)
    if other_form:
        return known("never-published", Origin(f"matrix table cuda_tags: every cuDNN tag of {cuda} says {other_form}"))
    if siblings and all(row.status == "removed" for row in siblings):
        return known("removed", Origin(f"matrix table cuda_tags: every tag of {cuda} is removed"))
    alike = nearest_published(f"nvidia/cuda:{tag}", matrix)
    instead = alike.partition(":")[2] if alike else newest
    return unknown(f"the tag {tag} is not in the matrix (nearest known: {instead})")


def _other_form(cuda: str, cudnn: str | None, siblings: tuple[CudaTagRow, ...]) -> str | None:
    """How the release names its cuDNN flavors, if not as asked: "cudnn8" up to 12.2.2, "cudnn9" for 12.3.2, plain "cudnn" from 12.4.1.
    None for a release that has no published tag in the matrix, whose list may not be whole."""
    exact = [row for row in siblings if row.cuda == cuda and row.cudnn]
    forms = {match.group(2) for row in exact if (match := _CUDA_TAG.fullmatch(row.tag))}
    if cudnn and len(forms) == 1 and cudnn not in forms and any(row.status == "published" for row in exact):
        return forms.pop()
    return None


def nearest_published(reference: str, matrix: Matrix) -> str | None:
    """For a removed or impossible nvidia/cuda tag: the published tag of the same CUDA minor (else major), flavor and system."""
    return _nearest(reference, matrix, lambda row: row.status == "published")


def nearest_supported(reference: str, matrix: Matrix) -> str | None:
    """The supported tag of the same CUDA minor (else major), flavor and system."""
    return _nearest(reference, matrix, lambda row: row.supported is True)


def _nearest(reference: str, matrix: Matrix, good: Callable[[CudaTagRow], bool]) -> str | None:
    repository, tag, _ = split(reference)
    match = _CUDA_TAG.fullmatch(tag)
    if not match or repository not in CUDA_REPOSITORIES:
        return None
    cuda, cudnn, flavor, os, os_version = match.groups()
    wanted = (bool(cudnn), flavor or "base", f"{os or 'ubuntu'}{os_version or ''}")
    for scope in (minor(cuda), str(parse(cuda)[0])):
        rows = [row for row in matrix.cuda_tags_of(scope or cuda) if good(row) and _kind(row)[:2] == wanted[:2]]
        same_os = [row for row in rows if _kind(row)[2].startswith(wanted[2])]
        best = sorted(same_os or rows, key=lambda row: numbers(row.cuda))
        if best:
            return f"{repository}:{best[-1].tag}"
    return None


def _kind(row: CudaTagRow) -> tuple[bool, str, str]:
    return bool(row.cudnn), row.flavor, f"{row.os}{row.os_version}"
