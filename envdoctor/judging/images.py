"""What the matrix knows of a base image, from its reference alone: family, contents, gate, whether it can be pulled."""

from __future__ import annotations

import re
from collections.abc import Callable

from envdoctor.facts import Fact, Image, Origin, Package, absent, known, unknown
from envdoctor.matrix import Matrix
from envdoctor.matrix.rows import CudaTagRow, NgcRow
from envdoctor.versions import minor, numbers, parse

NGC_PYTORCH = "nvcr.io/nvidia/pytorch"
_NGC = "nvcr.io/nvidia/"
_CUDA_REPOSITORIES = frozenset({"nvidia/cuda", "nvcr.io/nvidia/cuda"})
_PYTORCH_REPOSITORIES = frozenset({"pytorch/pytorch"})
_NGC_GATE = "cuda>=9.0"  # every NGC framework image from 20.06 to 26.08 whose environment was read
# Images of a bare distribution or Python: no CUDA in them. python:3.11-slim, ubuntu:22.04, debian:12, rockylinux:9 …
_PLAIN = frozenset(
    {"python", "ubuntu", "debian", "rockylinux", "almalinux", "fedora", "alpine", "centos", "buildpack-deps", "busybox"}
)
_CUDA_TAG = re.compile(
    r"(\d{1,2}(?:\.\d{1,2}){1,2})(?:-(cudnn\d?))?(?:-(base|runtime|devel))?(?:-([a-z]+)([\d.]*))?", re.ASCII
)
_TORCH_TAG = re.compile(r"(\d+\.\d+(?:\.\d+)?)-cuda(\d+\.\d+)-cudnn(\d+)-(runtime|devel)", re.ASCII)
_LEADING_VERSION = re.compile(r"\d+(?:\.\d+)*", re.ASCII)


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
    return split(reference)[0] in _CUDA_REPOSITORIES | _PYTORCH_REPOSITORIES


def ngc_release(reference: str | None) -> str | None:
    """ "nvcr.io/nvidia/pytorch:24.12-py3" -> "24.12"; None for any other image."""
    repository, tag, _ = split(reference or "")
    match = _LEADING_VERSION.match(tag)
    return match.group(0) if repository == NGC_PYTORCH and match else None


def described(reference: Fact[str], matrix: Matrix) -> Image:
    """The image as the matrix knows it; facts that it does not know are unknown with the reason."""
    if not reference.is_known:
        return _nothing_known(reference)
    repository, tag, digest = split(reference.need())
    image = Image(
        reference=reference, digest=known(digest, reference.origin) if digest else absent("no digest is given")
    )
    if repository in _CUDA_REPOSITORIES:
        return _cuda(image, tag, matrix)
    if repository == NGC_PYTORCH:
        return _ngc_pytorch(image, tag, matrix)
    if repository in _PYTORCH_REPOSITORIES:
        return _pytorch(image, tag, matrix)
    if repository.startswith(_NGC):
        return _other_ngc(image, repository, tag)
    if repository in _PLAIN or repository == "scratch":
        return _plain(image, repository, tag)
    return _stranger(image)


def _nothing_known(reference: Fact[str]) -> Image:
    """Without an image (a requirements.txt) there is no gate and no tag; what the system holds is not known all the same."""
    reason = reference.reason
    make = absent if reference.is_absent else unknown
    gone: Fact[str] = make(reason, reference.origin)
    system: Fact[str] = unknown(f"{reason}: what the system holds is not known", reference.origin)
    return Image(reference=reference, cuda=system, cudnn=system, gate=gone, compat=gone, flavor=system, status=gone, python=system,
                 arch=make(reason, reference.origin), family=gone)  # fmt: skip


def _stranger(image: Image) -> Image:
    name = image.reference.get()
    gone: Fact[str] = unknown(
        f"the contents of {name} are not known (if it is built on a public image, state it: --image-alias {name}=BASE)"
    )
    return image._replace(
        cuda=gone,
        cudnn=gone,
        gate=gone,
        compat=gone,
        flavor=gone,
        python=gone,
        status=absent("not a registry that the matrix covers"),
    )


def _cuda(image: Image, tag: str, matrix: Matrix) -> Image:
    image = image._replace(
        family=known("nvidia/cuda", image.reference.origin), python=absent("nvidia/cuda images hold no Python")
    )
    row = matrix.cuda_tag(tag)
    if row is None:
        return _unlisted_cuda(image, tag, matrix)
    here = Origin(
        f"{image.reference.origin}, matrix row cuda_tags {tag}",
        image.reference.origin.path,
        image.reference.origin.line,
    )
    status = (
        unknown(f"whether {tag} can still be pulled is not known", here)
        if row.status == "unsure"
        else known(row.status, here)
    )
    return _with_cuda(image, row, here, matrix)._replace(
        status=status, arch=known(row.arch, here) if row.arch else image.arch
    )


def _with_cuda(image: Image, row: CudaTagRow, here: Origin, matrix: Matrix) -> Image:
    return image._replace(
        cuda=known(row.cuda, here),
        cudnn=known(row.cudnn, here)
        if row.cudnn
        else absent(f"the tag {row.tag} has no cuDNN (flavor {row.flavor})", here),
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
    return (
        known(version, here)
        if version and parse(version) >= (10, 0)
        else absent("images of CUDA 9 and older hold no cuda-compat", here)
    )


def gate_of_cuda(cuda: str, os: str | None, arch: str, matrix: Matrix) -> Fact[str]:
    """The NVIDIA_REQUIRE_CUDA of nvidia/cuda images of a release; several possible ones are joined by newlines."""
    rows = matrix.requirements(cuda, arch, os) or matrix.requirements(cuda, arch, None)
    texts = list(dict.fromkeys(row.expression for row in rows))
    if not texts:
        return unknown(f"the matrix does not hold the NVIDIA_REQUIRE_CUDA of nvidia/cuda {cuda}")
    return known("\n".join(texts), Origin(f"matrix row requirements {cuda}"))


def _unlisted_cuda(image: Image, tag: str, matrix: Matrix) -> Image:
    """A tag that no row holds: a removed "latest", a combination that never existed, or one newer than the matrix."""
    here = image.reference.origin
    if tag in ("", "latest"):
        gone: Fact[str] = unknown("nvidia/cuda has no latest tag")
        return image._replace(
            status=known("removed", Origin(f"{here}, nvidia/cuda has had no latest tag since 2021")),
            cuda=gone,
            cudnn=gone,
            gate=gone,
            compat=gone,
        )
    match = _CUDA_TAG.fullmatch(tag)
    if not match:
        reason = f"the tag {tag} is not one of nvidia/cuda's form (12.4.1-cudnn-runtime-ubuntu22.04)"
        return _all_unknown(image, reason, unknown(reason))
    cuda, cudnn, flavor = match.group(1), match.group(2), match.group(3)
    siblings = matrix.cuda_tags_of(cuda)
    status = _status_of_unlisted(tag, cuda, cudnn, siblings, matrix)
    image = image._replace(
        cuda=known(cuda, here),
        status=status,
        gate=gate_of_cuda(cuda, None, "amd64", matrix),
        compat=known(minor(cuda) or cuda, here),
    )
    return image._replace(
        flavor=known(flavor, here) if flavor else unknown(f"the tag {tag} names no flavor"),
        cudnn=known(cudnn[5:], here)
        if cudnn and cudnn[5:]
        else (
            unknown(f"which cuDNN {tag} holds is not known") if cudnn else absent(f"the tag {tag} has no cuDNN", here)
        ),
    )


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
    other_form = _other_form(cuda, cudnn, siblings)
    if other_form:
        return known("never-published", Origin(f"matrix table cuda_tags: every cuDNN tag of {cuda} says {other_form}"))
    if siblings and all(row.status == "removed" for row in siblings):
        return known("removed", Origin(f"matrix table cuda_tags: every tag of {cuda} is removed"))
    alike = nearest_published(f"nvidia/cuda:{tag}", matrix)
    nearest = alike.partition(":")[2] if alike else newest
    return unknown(f"the tag {tag} is not in the matrix (nearest known: {nearest})")


def _other_form(cuda: str, cudnn: str | None, siblings: tuple[CudaTagRow, ...]) -> str | None:
    """How the release names its cuDNN flavors, if not as asked: "cudnn8" up to 12.2.2, "cudnn9" for 12.3.2, plain "cudnn" from 12.4.1.
    None for a release that has no published tag in the matrix, whose list may not be whole."""
    exact = [row for row in siblings if row.cuda == cuda and row.cudnn]
    forms = {match.group(2) for row in exact if (match := _CUDA_TAG.fullmatch(row.tag))}
    if cudnn and len(forms) == 1 and cudnn not in forms and any(row.status == "published" for row in exact):
        return forms.pop()
    return None


def _all_unknown(image: Image, reason: str, status: Fact[str]) -> Image:
    gone: Fact[str] = unknown(reason)
    return image._replace(cuda=gone, cudnn=gone, gate=gone, compat=gone, flavor=gone, status=status)


def _ngc_pytorch(image: Image, tag: str, matrix: Matrix) -> Image:
    image = image._replace(
        family=known("ngc/pytorch", image.reference.origin),
        gate=known(_NGC_GATE, Origin("every NGC framework image carries it")),
    )
    match = _LEADING_VERSION.match(tag)
    row = matrix.ngc(match.group(0)) if match else None
    if row is None:
        nearest = _nearest_ngc(match.group(0) if match else "", matrix)
        reason = f"NGC PyTorch release {tag or '(no tag)'} is not in the matrix (nearest known: {nearest})"
        gone: Fact[str] = unknown(reason)
        return _all_unknown(image, reason, gone)._replace(gate=image.gate, python=gone)
    return _of_ngc_row(image, row, tag)


def _of_ngc_row(image: Image, row: NgcRow, tag: str) -> Image:
    start = image.reference.origin
    here = Origin(f"{start}, matrix row ngc_pytorch {row.release}", start.path, start.line)

    def fact(value: str | None, what: str) -> Fact[str]:
        return known(value, here) if value else unknown(f"the {what} of NGC PyTorch {row.release} has no source", here)

    cuda = _numeric(row.cuda)
    listed = not row.tags or tag in row.tags or tag == f"{row.release}-py3"
    return image._replace(
        cuda=fact(cuda, "CUDA"), cudnn=fact(_numeric(row.cudnn), "cuDNN"), tensorrt=fact(row.tensorrt, "TensorRT"), python=fact(row.python, "Python"),
        os_id=known("ubuntu", here), os_version=fact(row.ubuntu, "Ubuntu release"), flavor=known("devel", here),
        compat=known(minor(cuda) or cuda, here) if cuda else unknown("the CUDA of this release has no source", here),
        status=known("published", here) if listed else unknown(f"the tag {tag} is not among the known tags of release {row.release}", here),
        arch=known(row.arch, here) if row.arch else image.arch,
    )  # fmt: skip


def _numeric(text: str | None) -> str | None:
    match = _LEADING_VERSION.match(text or "")
    return match.group(0) if match else None


def _nearest_ngc(release: str, matrix: Matrix) -> str:
    releases = matrix.ngc_releases()
    older = [known_release for known_release in releases if known_release <= release]
    return older[-1] if older else (releases[-1] if releases else "none")


def image_packages(image: Image, matrix: Matrix) -> tuple[Package, ...] | None:
    """The Python packages the image itself holds, as far as they matter; None if that is not known."""
    reference, family = image.reference.get(), image.family.get()
    if family == "ngc/pytorch":
        row = matrix.ngc(ngc_release(reference) or "")
        if row is None or row.torch is None:
            return None
        origin = image.cuda.origin
        torch = Package("torch", row.torch, manager="image", installed=True, origin=origin)
        opencv = Package("opencv", row.opencv, manager="image", installed=True, origin=origin)
        return (torch, opencv) if row.opencv else (torch,)
    if family == "pytorch":
        match = _TORCH_TAG.match(split(reference or "")[1])
        if not match:
            return None
        return (Package("torch", match.group(1), cuda=match.group(2), installed=True, origin=image.reference.origin),)
    return () if family in ("nvidia/cuda", "plain") else None


def _pytorch(image: Image, tag: str, matrix: Matrix) -> Image:
    """Docker Hub's pytorch/pytorch: runtime tags rest on plain Ubuntu and hold CUDA only inside torch; devel tags rest on nvidia/cuda."""
    here = image.reference.origin
    image = image._replace(family=known("pytorch", here))
    match = _TORCH_TAG.match(tag)
    if not match:
        reason = f"the tag {tag or '(none)'} does not say its CUDA (2.4.0-cuda12.4-cudnn9-runtime does)"
        return _all_unknown(image, reason, unknown(reason))
    torch, cuda, cudnn, flavor = match.groups()
    row = matrix.torch_image(torch)
    image = image._replace(
        flavor=known(flavor, here),
        python=known(row.python, Origin(f"matrix row torch_images {torch}"))
        if row and row.python
        else unknown(f"the Python of pytorch/pytorch:{tag} has no source"),
        status=absent("the matrix does not cover which pytorch/pytorch tags exist"),
    )
    if flavor == "devel":
        return image._replace(
            cuda=known(cuda, here),
            cudnn=known(cudnn, here),
            gate=gate_of_cuda(cuda, None, "amd64", matrix),
            compat=known(cuda, here),
        )
    inside: Fact[str] = absent(
        "a runtime tag of pytorch/pytorch rests on plain Ubuntu: CUDA and cuDNN are only inside torch", here
    )
    return image._replace(cuda=inside, cudnn=inside, gate=inside, compat=inside)


def _other_ngc(image: Image, repository: str, tag: str) -> Image:
    name = repository.removeprefix(_NGC)
    gone: Fact[str] = unknown(f"what {repository}:{tag} holds is not in the matrix")
    return image._replace(
        family=known(f"ngc/{name}", image.reference.origin), gate=known(_NGC_GATE, Origin("every NGC framework image carries it")),
        cuda=gone, cudnn=gone, compat=gone, python=gone, status=absent("the matrix does not cover which tags of this repository exist"),
    )  # fmt: skip


def _plain(image: Image, repository: str, tag: str) -> Image:
    here = image.reference.origin
    nothing: Fact[str] = absent(f"{repository} images hold no CUDA", here)
    version = _numeric(tag)
    image = image._replace(
        family=known("plain", here),
        cuda=nothing,
        cudnn=nothing,
        gate=nothing,
        compat=nothing,
        flavor=nothing,
        status=absent("not a GPU image: the matrix does not cover its tags"),
    )
    if repository == "python":
        return image._replace(
            python=known(version, here)
            if version and "." in version
            else unknown(f"python:{tag or 'latest'} names no exact Python")
        )
    return image._replace(
        os_id=known(repository, here), os_version=known(version, here) if version else image.os_version
    )


def nearest_published(reference: str, matrix: Matrix) -> str | None:
    """For a removed or impossible nvidia/cuda tag: the published tag of the same CUDA minor (else major), flavor and system."""
    return _nearest(reference, matrix, lambda row: row.status == "published")


def nearest_supported(reference: str, matrix: Matrix) -> str | None:
    """The supported tag of the same CUDA minor (else major), flavor and system."""
    return _nearest(reference, matrix, lambda row: row.supported is True)


def _nearest(reference: str, matrix: Matrix, good: Callable[[CudaTagRow], bool]) -> str | None:
    repository, tag, _ = split(reference)
    match = _CUDA_TAG.fullmatch(tag)
    if not match or repository not in _CUDA_REPOSITORIES:
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
