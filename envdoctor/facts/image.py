"""The image and what is installed in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from envdoctor.facts.fact import NOWHERE, Fact, Origin, unknown


class Image(NamedTuple):
    """The base image, as declared and as the matrix knows it. `cuda` and `cudnn` are what the image itself
    holds (system libraries), not what wheels bring. Absent means known not to be in it."""

    reference: Fact[str] = unknown("the image is not stated")
    family: Fact[str] = unknown(
        "what the image is built from is not known"
    )  # "nvidia/cuda", "ngc/pytorch", "pytorch", "plain", …
    digest: Fact[str] = unknown("the image's digest is not stated")
    arch: Fact[tuple[str, ...]] = unknown("the image's CPU architectures are not known")  # ("amd64", "arm64")
    os_id: Fact[str] = unknown("the image's operating system is not known")
    os_version: Fact[str] = unknown("the image's operating system version is not known")
    env: Fact[Mapping[str, str]] = unknown("the image's environment is not known")
    labels: Fact[Mapping[str, str]] = unknown("the image's labels are not known")
    user: Fact[str] = unknown("the image's user is not known")
    cuda: Fact[str] = unknown("the CUDA version in the image is not known")
    cudnn: Fact[str] = unknown("the cuDNN version in the image is not known")
    tensorrt: Fact[str] = unknown("the TensorRT version in the image is not known")
    python: Fact[str] = unknown("the Python version in the image is not known")
    flavor: Fact[str] = unknown("the image's flavor is not known")  # base, runtime, devel
    gate: Fact[str] = unknown("the image's NVIDIA_REQUIRE_CUDA is not known")
    compat: Fact[str] = unknown(
        "whether the image holds a cuda-compat package is not known"
    )  # "12.4": cuda-compat-12-4
    status: Fact[str] = unknown(
        "whether the tag can still be pulled is not known"
    )  # published, removed, never-published


class Package(NamedTuple):
    """A package the workload holds or will install. `name` is normalised (lower case, "-").

    `installed` tells a stated fact (an environment document: this version is there) from a declaration
    (a Dockerfile or requirements line: pip will choose among what `specifier` and the indexes allow).
    `version` may be partial ("2.7"). `cuda` is the CUDA release of a wheel variant ("12.1", "cpu").
    `index` is what replaces the default index; `extra_indexes` come on top of it. `marker` is the condition of a
    requirement on the Python version and the like (PEP 508) that is left to decide; see `readers.markers`.
    `replaces` is the pinned one that stood there until a later command put this in its place.
    """

    name: str
    version: str | None = None
    specifier: str = ""
    cuda: str | None = None
    manager: str | None = "pip"  # pip, uv, conda, apt, image (came with the base image)
    index: str | None = None  # type: ignore[assignment]  # as in Gpu
    extra_indexes: tuple[str, ...] = ()
    extras: tuple[str, ...] = ()
    installed: bool = False
    origin: Origin = NOWHERE
    marker: str = ""
    replaces: Package | None = None


class Packages(NamedTuple):
    """All packages that could be found. `gaps` are the places where more may come from (a file that could not
    be read, `pip install .`, an unknown base image); with no gaps the list is complete."""

    items: tuple[Package, ...] = ()
    gaps: tuple[str, ...] = ()

    def named(self, *names: str) -> tuple[Package, ...]:
        return tuple(item for item in self.items if item.name in names)

    @property
    def complete(self) -> bool:
        return not self.gaps


class Library(NamedTuple):
    """A shared library known to be in the image: `origin` is "system", "LD_LIBRARY_PATH", or a wheel's name."""

    soname: str
    path: str | None = None
    origin: str | None = None
    version: str | None = None
