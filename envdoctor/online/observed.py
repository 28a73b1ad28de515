"""What an image's own environment says of it, as the matrix spells it.

Only values of the expected form are taken: they end up in proposed rows. Names of variables: NVIDIA's images themselves
(https://gitlab.com/nvidia/container-images/cuda, NGC's "Contents of the PyTorch container").
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from envdoctor import versions
from envdoctor.online.image_config import ImageConfig

_TAG = re.compile(
    r"(?P<cuda>\d{1,2}\.\d{1,2}(?:\.\d{1,3})?)-(?:(?P<cudnn>cudnn\d{0,2})-)?(?P<flavor>base|runtime|devel)"
    r"(?:-(?P<os>[a-z]{2,20})(?P<os_version>\d[\d.]{0,7}))?"
)
_NGC_TAG = re.compile(r"(\d{2}\.\d{2})-py3(?:-[a-z]{1,12})?")
_PACKAGE_VERSION = re.compile(r"[0-9][0-9A-Za-z.+_-]{0,60}")
_EXPRESSION = re.compile(r"[a-z0-9<>=., ]{1,8000}")
_ARCH_ITEM = re.compile(r"(\d{1,2})\.(\d)([af]?)(\+PTX)?")


def cuda_tag(tag: str) -> dict[str, Any] | None:
    """What a tag of nvidia/cuda says by itself; None if it names no CUDA release and flavour. "cudnn" alone says no
    version."""
    match = _TAG.fullmatch(tag)
    if not match:
        return None
    said = match.groupdict()
    major = (said["cudnn"] or "").removeprefix("cudnn")
    row = {"tag": tag, "cuda": said["cuda"], "flavor": said["flavor"], "cudnn": major or None}
    row |= {"os": said["os"], "os_version": said["os_version"]}
    return {name: value for name, value in row.items() if value is not None}


def has_cudnn(tag: str) -> bool:
    """Does the tag say that cuDNN is in the image?"""
    return "-cudnn" in tag


def ngc_release(tag: str) -> str | None:
    """ "24.05-py3-igpu" -> "24.05"."""
    match = _NGC_TAG.fullmatch(tag)
    return match.group(1) if match else None


def is_ngc_release_tag(tag: str) -> bool:
    """ "24.05-py3", and no variant of it."""
    return bool(re.fullmatch(r"\d{2}\.\d{2}-py3", tag))


def torch_tag(tag: str) -> tuple[str, str] | None:
    """ "2.4.0-cuda12.4-cudnn9-runtime" -> ("2.4.0", "cuda12.4-cudnn9")."""
    match = re.fullmatch(r"(\d{1,2}\.\d{1,3}\.\d{1,3})-(cuda\d{1,2}\.\d{1,2}-cudnn\d{1,2})-(?:runtime|devel)", tag)
    return (match.group(1), match.group(2)) if match else None


def of_cuda_image(image: ImageConfig) -> dict[str, Any]:
    """Columns of `cuda_tags`."""
    cudnn = _first(image.env, "NV_CUDNN_VERSION", "CUDNN_VERSION") or image.labels.get("com.nvidia.cudnn.version")
    found = {"cuda": _dotted(image.env.get("CUDA_VERSION")), "cudnn": _dotted(cudnn), "arch": list(image.architectures)}
    return {name: value for name, value in found.items() if value}


def requirement(image: ImageConfig) -> str | None:
    """Its NVIDIA_REQUIRE_CUDA with single spaces."""
    text = " ".join(image.env.get("NVIDIA_REQUIRE_CUDA", "").split())
    return text if _EXPRESSION.fullmatch(text) else None


def of_ngc_image(image: ImageConfig) -> dict[str, Any]:
    """Columns of `ngc_pytorch`."""
    env = image.env
    is_ubuntu = image.labels.get("org.opencontainers.image.ref.name") == "ubuntu"
    cuda = versions.numbers(_dotted(env.get("CUDA_VERSION")) or "")
    torch = env.get("PYTORCH_VERSION", "")
    found: dict[str, Any] = {
        "ubuntu": _dotted(image.labels.get("org.opencontainers.image.version")) if is_ubuntu else None,
        "python": _dotted(env.get("PYVER")),
        "torch": torch if _PACKAGE_VERSION.fullmatch(torch) else None,
        "cuda": ".".join(map(str, cuda[:3])),
        "cudnn": _dotted(env.get("CUDNN_VERSION")),
        "tensorrt": _dotted(_first(env, "TENSORRT_VERSION", "TRT_VERSION")),
        "driver_bundled": _dotted(env.get("CUDA_DRIVER_VERSION")),
        "nccl": _dotted(env.get("NCCL_VERSION")),
        "arch": list(image.architectures),
    }
    sm, ptx = _targets(env.get("TORCH_CUDA_ARCH_LIST", ""))
    if sm:
        found |= {f"sm_{image.arch}": sm, f"ptx_{image.arch}": ptx}
    return {name: value for name, value in found.items() if value or name.startswith("ptx_")}


def agree(ours: object, theirs: object) -> bool:
    """Can both be true? Versions where one is a part of the other ("9" and "9.1.0.70"), lists as sets, texts up to
    case."""
    if isinstance(ours, (list, tuple)) and isinstance(theirs, (list, tuple)):
        return set(ours) == set(theirs)
    mine, other = versions.numbers(str(ours)), versions.numbers(str(theirs))
    if mine and other:
        shared = min(len(mine), len(other))
        return mine[:shared] == other[:shared]
    return _plain(ours) == _plain(theirs) or _plain(theirs).startswith(_plain(ours) + "+")


def more_exact(ours: object, theirs: object) -> bool:
    """Do they agree, and theirs says more ("9.1.0.70" than "9")?"""
    return len(versions.numbers(str(theirs))) > len(versions.numbers(str(ours))) > 0 and agree(ours, theirs)


def newest_first(tags: Iterable[str]) -> list[str]:
    """By the numbers at the start of the tag; those with cuDNN first, as they show more."""
    return sorted(tags, key=lambda tag: (versions.numbers(tag.partition("-")[0]), has_cudnn(tag), tag), reverse=True)


def _first(env: Mapping[str, str], *names: str) -> str | None:
    return next((env[name] for name in names if env.get(name)), None)


def _dotted(text: str | None) -> str | None:
    """ "9.1.0.70-1" -> "9.1.0.70"; None for what is no version."""
    return versions.leading(text[:100]) if text and text.isascii() else None


def _targets(listed: str) -> tuple[list[str], list[str]]:
    """TORCH_CUDA_ARCH_LIST "8.0 9.0+PTX" -> (["80", "90"], ["90"]); nothing if a part of it is not understood."""
    items = [_ARCH_ITEM.fullmatch(item) for item in listed[:1000].replace(";", " ").split()]
    matches = [match for match in items if match]
    if len(matches) != len(items):
        return [], []
    names = [(match.group(1) + match.group(2) + match.group(3), bool(match.group(4))) for match in matches]
    return [name for name, _ in names], [name for name, ptx in names if ptx]


def _plain(value: object) -> str:
    return str(value).strip().lower()
