"""The typed rows of the curated matrix, one NamedTuple per table in data/. Field names are the JSON keys.

Every row has `source` (one or more addresses or citations) and `checked` (ISO date). None means "no source
found", never "not there". Versions are dotted strings; capabilities are "8.9"; SM names are as the binaries
carry them: "86", "90a", "103f" for SASS, the same for PTX.
"""

# No `from __future__ import annotations` here: NamedTuple compiles every annotation that is text, which for these
# classes cost 2 ms of each start.

from typing import NamedTuple


class ToolkitRow(NamedTuple):
    """A CUDA toolkit release and the driver it came with. The driver is the minimum only for CUDA <= 10.2."""

    cuda: str  # "12.4.1"
    driver_linux: str | None  # "550.54.15"
    driver_windows: str | None
    source: tuple[str, ...]
    checked: str
    note: str | None = None


class MajorFloorRow(NamedTuple):
    """The oldest driver on which programs built with any release of a CUDA major run (minor-version compatibility)."""

    cuda_major: int  # 11, 12, 13
    driver_linux: str
    driver_windows: str | None
    source: tuple[str, ...]
    checked: str
    note: str | None = None


class WindowRow(NamedTuple):
    """The SM targets a toolkit can build for, hence the GPUs that its own libraries can hold code for."""

    cuda: str  # "12.4"
    sm: tuple[str, ...]  # ("50", "52", … "90", "90a")
    ptx_isa: str | None  # highest PTX ISA of that toolkit, "8.4"
    source: tuple[str, ...]
    checked: str
    note: str | None = None


class BranchRow(NamedTuple):
    """A driver branch: the CUDA version its drivers report, its kind and its end of life (as of `checked`)."""

    branch: int  # 535
    cuda: str  # "12.2"
    kind: str | None  # "LTSB", "PB", "NFB"
    first_release: str | None  # first public Linux release known, "535.43.02"
    last_release: str | None
    end_of_life: str | None  # ISO date, or None if still supported or not known
    supported: bool | None  # as of `checked`
    source: tuple[str, ...]
    checked: str
    note: str | None = None


class ArchitectureRow(NamedTuple):
    """A GPU architecture: its capabilities, the driver branches that drive it, the toolkits that target it.

    `first_branch` is a lower bound: no older branch drives any of its GPUs, later products need a later one."""

    name: str  # "Turing"
    capabilities: tuple[str, ...]  # ("7.5",)
    first_branch: int | None
    last_branch: int | None  # None: still supported
    first_cuda: str | None
    last_cuda: str | None
    source: tuple[str, ...]
    checked: str
    note: str | None = None


class GpuRow(NamedTuple):
    """A product. `key` is the normalised name that look-ups use ("rtx 4090", "a100 sxm4 80gb")."""

    key: str
    name: str  # "GeForce RTX 4090"
    capability: str
    architecture: str
    brand: str | None  # as libnvidia-container sees it: geforce, titan, tesla, quadro, nvs, grid, unknown
    forward_compat: bool | None  # None: select products only, or no source
    tegra: bool
    source: tuple[str, ...]
    checked: str
    note: str | None = None


class RequirementRow(NamedTuple):
    """The NVIDIA_REQUIRE_CUDA expression of an nvidia/cuda release, per CPU architecture and OS group."""

    cuda: str  # "12.4.1"
    arch: str  # "amd64", "arm64", "ppc64le"
    os: tuple[str, ...]  # ("ubuntu20.04", "ubuntu22.04", …) ; empty: all
    expression: str
    source: tuple[str, ...]
    checked: str
    note: str | None = None


class CompatRow(NamedTuple):
    """Does cuda-compat-X-Y run on a driver branch (on GPUs eligible for forward compatibility)?

    `basis` says how it is known: "matrix" (NVIDIA's current table), "release-notes" (an NGC release's
    driver statement), "gate" (only the image's own NVIDIA_REQUIRE_CUDA admits the branch)."""

    cuda: str  # "12.4"
    branch: int
    answer: str  # "C" compatible, "X" not, "N/A" native pairing
    basis: str
    source: tuple[str, ...]
    checked: str
    note: str | None = None


class L4tRow(NamedTuple):
    """A Jetson L4T release line and the newest CUDA that its driver runs (natively, or by the compat package)."""

    l4t: str  # "35", "36.4"
    jetpack: str | None
    cuda: str  # native, "11.4"
    cuda_by_compat: str | None
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


class TorchImageRow(NamedTuple):
    """A tag pattern of Docker Hub's pytorch/pytorch: what "2.4.0-cuda12.4-cudnn9-runtime" says of itself is read
    from the tag; this table holds what the tag does not say (Python, operating system)."""

    torch: str  # "2.4.0"
    python: str | None
    os: str | None
    os_version: str | None
    source: tuple[str, ...]
    checked: str
    note: str | None = None


class OrtRow(NamedTuple):
    """An onnxruntime-gpu build: one version on one platform from one index.

    `index`: "pypi", "cuda-11" or "cuda-12" (Microsoft's feeds). `cudnn` is the soname's major.
    `libraries` are the CUDA sonames the CUDA provider needs at load time. An empty `python` is "not known": that
    wheel was not read."""

    version: str
    index: str  # type: ignore[assignment]  # hides tuple.index, which nobody asks of a row
    platform: str  # linux_x86_64, linux_aarch64, win_amd64
    python: tuple[str, ...]  # ("3.10", "3.11", …)
    cuda: str  # "12.2", the toolkit it was built with
    cudnn: int
    tensorrt: int | None
    libraries: tuple[str, ...]
    needs_libcuda: bool  # the provider does not even load without libcuda.so.1
    sm: tuple[str, ...] | None
    ptx: tuple[str, ...] | None
    numpy2: bool | None
    source: tuple[str, ...]
    checked: str
    note: str | None = None


class TorchRow(NamedTuple):
    """A PyTorch wheel build: one version × CUDA variant × platform. `cuda` None is the CPU build.

    `default` marks the build that PyPI serves for that platform."""

    version: str
    cuda: str | None  # "12.4"
    platform: str  # linux_x86_64, linux_aarch64, win_amd64
    default: bool
    python: tuple[str, ...]
    cudnn: str | None  # "9.1.0.70"
    sm: tuple[str, ...] | None
    ptx: tuple[str, ...] | None
    numpy2: bool | None
    source: tuple[str, ...]
    checked: str
    note: str | None = None


class CompanionRow(NamedTuple):
    """torchvision or torchaudio and the torch it requires, as its metadata says ("==2.4.0", ">=2.14.0", "" none)."""

    name: str
    version: str
    torch: str
    source: tuple[str, ...]
    checked: str
    note: str | None = None


class CudnnRow(NamedTuple):
    """A cuDNN release for one CUDA major: the GPUs it holds code for. `min_capability` is the lowest."""

    version: str  # "9.10.2.21"
    cuda_major: int
    min_capability: str | None
    max_capability: str | None
    source: tuple[str, ...]
    checked: str
    note: str | None = None


class NeedRow(NamedTuple):
    """The CUDA libraries, of system or wheels, that a Python package (not torch, not ONNX Runtime) needs: which majors.

    Where `via` names another package, that one's version decides; the majors here are what all versions it may
    ask for share, and a cudnn of None is then no statement. An empty specifier is every version."""

    name: str  # "ctranslate2"
    specifier: str  # ">=4.5,<4.7"
    cuda_major: int | None
    cudnn: int | None  # major; None: needs none
    via: str | None  # for a package that needs it through another ("faster-whisper" -> "ctranslate2")
    source: tuple[str, ...]
    checked: str
    note: str | None = None


class BringsRow(NamedTuple):
    """A Python package that requires torch or onnxruntime whatever else is installed (no extra, no marker).

    `version` is the release whose metadata was read, the newest on that day, and `wanted` which versions it takes;
    other releases require it too, in versions that no row states."""

    name: str  # "ultralytics"
    requires: str  # "torch", "onnxruntime"
    version: str  # "8.4.190"
    wanted: str  # ">=1.8.0"; "": any
    python: str | None  # the oldest Python that release runs on, "3.10"
    source: tuple[str, ...]
    checked: str
    note: str | None = None
