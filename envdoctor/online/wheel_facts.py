"""What a wheel's name, index and metadata say of a build, as the matrix spells it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from envdoctor.online.package_index import Metadata, Project, Wheel
from envdoctor.readers.indexes import variant_of_index, variant_of_local

DEFAULT = ""  # the build that an index without variants serves
_FEED = re.compile(r"onnxruntime-(cuda-\d{2})(?:/|$)")
_RUNTIMES = re.compile(r"nvidia-cuda-runtime(?:-cu\d\d)?|cuda-toolkit")
_ENVIRONMENTS = {
    "linux_x86_64": {
        "platform_system": "Linux",
        "sys_platform": "linux",
        "os_name": "posix",
        "platform_machine": "x86_64",
    },
    "linux_aarch64": {
        "platform_system": "Linux",
        "sys_platform": "linux",
        "os_name": "posix",
        "platform_machine": "aarch64",
    },
    "win_amd64": {"platform_system": "Windows", "sys_platform": "win32", "os_name": "nt", "platform_machine": "AMD64"},
}  # of markers, PEP 508
_LONGEST = 500  # characters of a requirement
_CUDNN = re.compile(r"nvidia-cudnn-cu\d\d")


class Build(NamedTuple):
    """A version for a platform. `variant`: a CUDA release or "cpu" of torch, a feed of ONNX Runtime, "" the default."""

    version: str
    variant: str
    platform: str

    def canonical(self) -> Build:
        """ "2.4" and "2.4.0" are one version."""
        from packaging.utils import canonicalize_version

        return self._replace(version=canonicalize_version(self.version))

    def order(self) -> tuple[Any, ...]:
        from packaging.version import Version

        return (Version(self.version),)


def is_final(version: str) -> bool:
    from packaging.version import Version

    return not Version(version).is_prerelease


def torch_build(wheel: Wheel, project: Project) -> Build:
    """The local version decides ("2.4.0+cu124"), else the index (…/whl/cu124); PyPI's builds have neither."""
    variant = (variant_of_local(wheel.local) if wheel.local else None) or variant_of_index(project.address)
    return Build(wheel.version, variant or DEFAULT, "")


def torch_row(row: Mapping[str, Any]) -> Build:
    return Build(row["version"], DEFAULT if row["default"] else row.get("cuda") or "cpu", row["platform"])


def new_torch(build: Build) -> dict[str, Any]:
    row: dict[str, Any] = {"version": build.version, "platform": build.platform, "default": build.variant == DEFAULT}
    if build.variant not in (DEFAULT, "cpu"):
        row["cuda"] = build.variant
    return row


def torch_needs(metadata: Metadata, platform: str) -> dict[str, Any]:
    """CUDA and cuDNN by the exact pins of NVIDIA's wheels (Requires-Dist)."""
    pins = _pins(metadata, platform)
    cuda = next((version for name, version in pins.items() if _RUNTIMES.fullmatch(name)), None)
    cudnn = next((version for name, version in pins.items() if _CUDNN.fullmatch(name)), None)
    found = {"cuda": ".".join(cuda.split(".")[:2]) if cuda else None, "cudnn": cudnn}
    return {name: value for name, value in found.items() if value}


def companion_needs(metadata: Metadata, platform: str) -> dict[str, Any]:
    """The torch that it asks for, "" where it asks for none."""
    asked = [specifier for name, specifier in _requirements(metadata, platform) if name == "torch"]
    return {"torch": ",".join(sorted(asked))}


def onnxruntime_build(wheel: Wheel, project: Project) -> Build:
    return Build(wheel.version, _feed(project.address), "")


def would_hold(index: str, variant: str) -> bool:
    """Is that index one that serves builds of that variant?"""
    if variant in ("pypi", "cuda-11", "cuda-12", "cuda-13"):
        return _feed(index) == variant
    return (variant_of_index(index) or DEFAULT) == variant


def told_variant(package: str, variant: str) -> str:
    if variant.startswith("cuda-") or variant in ("pypi", "cpu", DEFAULT):
        return {"pypi": "PyPI", "cpu": "CPU", DEFAULT: "PyPI"}.get(
            variant
        ) or f"Microsoft's feed {package.removesuffix('-gpu')}-{variant}"
    return f"CUDA {variant}"


def same(ours: object, theirs: object) -> bool:
    """Do a column and what metadata says of it agree? Specifiers as sets, "12" and "12.4" as partial versions."""
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    from envdoctor.online.observed import agree

    if ours is None or not isinstance(ours, str) or not isinstance(theirs, str):
        return ours == theirs
    try:
        return SpecifierSet(ours) == SpecifierSet(theirs)
    except InvalidSpecifier:
        return agree(ours, theirs)


def _feed(index: str) -> str:
    match = _FEED.search(index)
    return match.group(1) if match else "pypi"


def _pins(metadata: Metadata, platform: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for requirement in _requirements(metadata, platform):
        if re.fullmatch(r"==[0-9][0-9.]{0,30}", requirement[1]):
            found.setdefault(requirement[0], requirement[1][2:])
    return found


def _requirements(metadata: Metadata, platform: str) -> Iterator[tuple[str, str]]:
    """(normalised name, specifier) of what is required there without an extra. What is no requirement is passed
    over."""
    from packaging.markers import UndefinedComparison, UndefinedEnvironmentName
    from packaging.requirements import InvalidRequirement, Requirement
    from packaging.utils import canonicalize_name

    environment = {**_ENVIRONMENTS[platform], "extra": ""}
    for text in metadata.requires:
        try:
            found = Requirement(text) if len(text) <= _LONGEST else None
            if found and (found.marker is None or found.marker.evaluate(environment)):
                yield canonicalize_name(found.name), str(found.specifier)
        except (InvalidRequirement, UndefinedComparison, UndefinedEnvironmentName, RecursionError):
            continue
