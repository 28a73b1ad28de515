"""What is asked of `suggest` and what it answers: frozen records, and how a candidate is written as a workload."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from envdoctor.facts import Host, Origin, Package

TORCH = "torch"
ONNXRUNTIME = "onnxruntime-gpu"
FAMILIES = ("ngc", "cuda", "pytorch", "python")
HOLDING_TORCH = ("ngc", "pytorch")  # families whose images hold PyTorch
ARCHES: Mapping[str, str] = {"x86_64": "amd64", "aarch64": "arm64"}  # of a host, of an image
PYTORCH_INDEX = "https://download.pytorch.org/whl"
# Microsoft's feeds of CUDA builds that PyPI never had. Source: https://onnxruntime.ai/docs/install/
ORT_FEEDS: Mapping[str, str] = {
    "cuda-11": "https://aiinfra.pkgs.visualstudio.com/PublicPackages/_packaging/onnxruntime-cuda-11/pypi/simple/",
    "cuda-12": "https://aiinfra.pkgs.visualstudio.com/PublicPackages/_packaging/onnxruntime-cuda-12/pypi/simple/",
    "cuda-13": "https://aiinfra.pkgs.visualstudio.com/PublicPackages/_packaging/onnxruntime-cuda-13/pypi/simple/",
}
HERE = Origin("suggestion")


class Problem(NamedTuple):
    """`parts` are what the workload needs of the GPU (torch, onnxruntime-gpu). `wanted` are the requirements on them
    and on their companions, by name; `carried` are the other packages, which are kept as they are."""

    hosts: tuple[Host, ...]
    parts: frozenset[str]
    wanted: Mapping[str, Package] = {}
    carried: tuple[Package, ...] = ()
    python: str | None = None  # "3.10"
    os: str | None = None  # "ubuntu22.04"
    families: tuple[str, ...] = FAMILIES
    arches: frozenset[str] = frozenset({"amd64"})  # CPU architectures that the image must be for
    video: bool = False
    flavor: str | None = None  # of an nvidia/cuda image, at least: base, runtime, devel


class Base(NamedTuple):
    """A base image as far as choosing it goes. `order` sorts bases that are equal in everything else: newest CUDA,
    then smallest, then newest system and Python. `torch` is the PyTorch that the image itself holds."""

    family: str
    image: str
    python: str | None
    os: str | None
    cuda: str | None
    cudnn: str | None
    grade: int  # 0 supported, 1 not known, 2 past its end of life
    order: tuple[object, ...]
    torch: str | None = None
    torch_cuda: str | None = None
    numpy2: bool | None = None  # as of a wheel, of that PyTorch


class Wheel(NamedTuple):
    """One build of torch or onnxruntime-gpu that an index serves. `index` is None for PyPI's default build."""

    name: str
    version: str
    cuda: str
    cudnn: str | None  # major
    default: bool
    python: tuple[str, ...]  # empty: not known
    index: str | None  # type: ignore[assignment]  # as in facts.Gpu
    numpy2: bool | None = None  # built for numpy 2 (and 1), or for numpy 1 alone
    extras: tuple[str, ...] = ()

    def package(self) -> Package:
        """As the pip reader reads `pip install NAME==VERSION [--index-url INDEX]`."""
        cuda = self.cuda if self.index and self.name == TORCH else None
        return Package(
            self.name,
            self.version,
            f"=={self.version}",
            cuda,
            index=self.index,
            extras=self.extras,
            origin=Origin(f"pip install {self.name}"),
        )


class Candidate(NamedTuple):
    """A combination: a base image and what is installed over it."""

    base: Base
    torch: Wheel | None = None
    onnxruntime: Wheel | None = None

    @property
    def wheels(self) -> tuple[Wheel, ...]:
        return tuple(wheel for wheel in (self.torch, self.onnxruntime) if wheel is not None)

    @property
    def torch_version(self) -> str | None:
        return self.torch.version if self.torch else self.base.torch


class Judgement(NamedTuple):
    """What the rules say of a candidate on every host. `tier` 0: nothing to say; 1: it runs with a remark (forward
    compatibility, JIT); None: it does not, or cannot be decided, for the reason of `rule` on `host`."""

    tier: int | None
    rule: str = ""
    message: str = ""
    host: str = ""
    undecided: bool = False


class Rejection(NamedTuple):
    """A newer or smaller choice that lost. `subject` is "torch 2.15.0 (CUDA 13.2)" or an image; `part` is what of it
    is refused ("torch", "onnxruntime-gpu", "image"), and `version` that one's."""

    family: str
    subject: str
    judgement: Judgement
    part: str
    version: str


class Suggestion(NamedTuple):
    candidate: Candidate
    judgement: Judgement
    companions: tuple[Package, ...]  # torchvision, opencv, … with the versions that go with it
    reasons: tuple[str, ...]
