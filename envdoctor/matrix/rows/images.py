"""Rows on images and the systems they rest on."""

# No `from __future__ import annotations` here: NamedTuple compiles every annotation that is text, which for these
# classes cost 2 ms of each start.

from typing import NamedTuple


class RequirementRow(NamedTuple):
    """The NVIDIA_REQUIRE_CUDA expression of an nvidia/cuda release, per CPU architecture and OS group."""

    cuda: str  # "12.4.1"
    arch: str  # "amd64", "arm64", "ppc64le"
    os: tuple[str, ...]  # ("ubuntu20.04", "ubuntu22.04", …) ; empty: all
    expression: str
    source: tuple[str, ...]
    checked: str
    note: str | None = None


class CudaTagRow(NamedTuple):
    """A tag of nvidia/cuda. `status`: published, removed, never-published, unsure."""

    tag: str  # "12.4.1-cudnn-runtime-ubuntu22.04"
    cuda: str
    flavor: str  # base, runtime, devel
    cudnn: str | None  # "9.1.0.70", or "8" where only the major is known; None: this tag has no cuDNN
    os: str | None  # "ubuntu"
    os_version: str | None
    arch: tuple[str, ...] | None
    status: str
    source: tuple[str, ...]
    checked: str
    note: str | None = None
    supported: bool | None = None  # on NVIDIA's list of supported tags (False: of unsupported ones)


class NgcRow(NamedTuple):
    """An NGC PyTorch release (tag nvcr.io/nvidia/pytorch:<release>-py3)."""

    release: str  # "24.12"
    tags: tuple[str, ...]  # ("24.12-py3", "24.12-py3-igpu")
    ubuntu: str | None
    python: str | None
    torch: str | None  # as the image reports it, "2.6.0a0+df5bbc09d1"
    cuda: str | None
    cudnn: str | None
    tensorrt: str | None
    driver_min_branch: int | None  # the minimum that the release notes state
    driver_bundled: str | None  # CUDA_DRIVER_VERSION
    forward_compat_branches: tuple[str, ...] | None
    sm_amd64: tuple[str, ...] | None  # ("75", "80", …); with sm_ptx
    sm_arm64: tuple[str, ...] | None
    ptx_amd64: tuple[str, ...] | None
    ptx_arm64: tuple[str, ...] | None
    min_capability: str | None
    arch: tuple[str, ...] | None  # ("amd64", "arm64")
    opencv: str | None
    source: tuple[str, ...]
    checked: str
    note: str | None = None
    nccl: str | None = None
    jetpack: str | None = None  # the JetPack that NVIDIA names for the release's image for Jetson, "6.1"


class NgcImageRow(NamedTuple):
    """A release of NGC's TensorRT or Triton image. `image` is "tensorrt:24.05", "tritonserver:24.05", and for what a
    variant holds of its own "tritonserver:24.05-trtllm" or "-vllm"; every other tag of a release shares its row."""

    image: str
    repository: str  # "tensorrt", "tritonserver"
    release: str  # "24.05"
    tags: tuple[str, ...]  # those known, "24.05-py3"; there are more
    ubuntu: str | None
    python: str | None
    torch: str | None  # of the trtllm variant, as it reports it
    cuda: str | None
    cudnn: str | None
    tensorrt: str | None
    onnxruntime: str | None  # of Triton's backend: no Python package
    driver_min_branch: int | None  # the minimum that the release notes state, where it fits the CUDA
    driver_bundled: str | None
    forward_compat_branches: tuple[str, ...] | None
    min_capability: str | None
    arch: tuple[str, ...] | None
    source: tuple[str, ...]
    checked: str
    note: str | None = None


class ServiceImageRow(NamedTuple):
    """A public image without CUDA in it: a service or a tool that stands beside GPU workloads, or a base of conda."""

    repository: str  # "redis", "grafana/grafana"
    official: bool  # one of Docker's own images
    source: tuple[str, ...]
    checked: str
    note: str | None = None


class L4tImageRow(NamedTuple):
    """An image for Jetson boards. `l4t` is the release it is made for: the driver's libraries come from the host, so it runs
    on releases of the same line (R35 on R35)."""

    image: str  # "nvcr.io/nvidia/l4t-pytorch:r35.2.1-pth2.0-py3"
    l4t: str  # "35.2.1"
    ubuntu: str | None
    python: str | None
    torch: str | None
    cuda: str | None
    cudnn: str | None
    tensorrt: str | None
    from_host: bool | None  # CUDA, cuDNN and TensorRT are the host's, which the runtime mounts (most of L4T 32)
    source: tuple[str, ...]
    checked: str
    note: str | None = None
    sm: tuple[str, ...] | None = None  # SASS of its PyTorch, ("72", "87")


class TorchImageRow(NamedTuple):
    """A version of Docker Hub's pytorch/pytorch. What "2.4.0-cuda12.4-cudnn9-runtime" says of itself is read from the
    tag; this table holds what the tag does not say (Python, operating system) and which tags there are.

    `devel_base` is what its devel tags rest on: "cudnn" (nvidia/cuda with cuDNN), "cuda" (nvidia/cuda without: cuDNN is
    only inside torch) or "ubuntu" (CUDA installed on plain Ubuntu). Runtime tags always rest on plain Ubuntu."""

    torch: str  # "2.4.0"
    python: str | None
    os: str | None
    os_version: str | None
    source: tuple[str, ...]
    checked: str
    note: str | None = None
    variants: tuple[str, ...] | None = None  # "cuda12.4-cudnn9": each as -runtime and -devel; there may be more
    devel_base: str | None = None


class DistributionRow(NamedTuple):
    """A release of Debian or Ubuntu, the Python of its own package python3 and the pip of python3-pip.

    `externally_managed`: that pip refuses to install outside a virtual environment (PEP 668)."""

    name: str  # "ubuntu22.04"
    os: str
    version: str
    codename: str  # "jammy"
    python: str | None
    source: tuple[str, ...]
    checked: str
    note: str | None = None
    pip: str | None = None
    externally_managed: bool | None = None
    cuda: str | None = None  # of its own package nvidia-cuda-toolkit
