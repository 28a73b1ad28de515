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
    """A GPU as NVIDIA sells it. `key` is the normalised name that look-ups use ("rtx 4090", "a100 sxm4 80gb")."""

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
    capabilities: tuple[str, ...] | None = None  # of the boards that it runs on, ("7.2", "8.7")
    image_line: str | None = None  # images of a line run on hosts of the same; None: on their own release alone


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


class OrtRow(NamedTuple):
    """An onnxruntime-gpu build: one version on one platform from one index.

    `index`: "pypi", or "cuda-11", "cuda-12" or "cuda-13" (Microsoft's feeds). `cudnn` is the soname's major.
    `libraries` are the CUDA sonames the CUDA provider needs at load time. An empty `python` is "not known": that
    wheel was not read. `opset` and `ir_version` are the highest that the release supports officially: it refuses a
    model of a later one unless ALLOW_RELEASED_ONNX_OPSET_ONLY=0 is set. `extras` are those its metadata offers."""

    version: str
    index: str  # type: ignore[assignment]  # hides tuple.index, which nobody asks of a row
    platform: str  # linux_x86_64, linux_aarch64, win_amd64
    python: tuple[str, ...]  # ("3.10", "3.11", …)
    cuda: str  # "12.2", the toolkit it was built with
    cudnn: int
    tensorrt: int | None
    libraries: tuple[str, ...]
    needs_libcuda: bool | None  # the provider does not even load without libcuda.so.1
    sm: tuple[str, ...] | None
    ptx: tuple[str, ...] | None
    numpy2: bool | None
    source: tuple[str, ...]
    checked: str
    note: str | None = None
    opset: int | None = None  # of the domain ai.onnx, 21
    ir_version: int | None = None  # of the ONNX file format, 10
    onnx: str | None = None  # the ONNX release it was built with, "1.16.1"
    extras: tuple[str, ...] | None = None  # ("cuda", "cudnn"); empty: none


class TorchRow(NamedTuple):
    """A PyTorch wheel build: one version × CUDA variant × platform. `cuda` None is the CPU build.

    `default` marks the build that PyPI serves for that platform. `indexes` are those known to hold it: "pypi", or the
    path under https://download.pytorch.org/whl ("cu126", "cpu", the find-links page "torch_stable.html")."""

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
    indexes: tuple[str, ...] | None = None


class CompanionRow(NamedTuple):
    """torchvision or torchaudio and the torch it requires, as its metadata says ("==2.4.0", ">=2.14.0", "" none).

    `pairs` is the torch it was released for, where its requirement does not name one release ("==2.14.1", ">=2.11.0")."""

    name: str
    version: str
    torch: str
    source: tuple[str, ...]
    checked: str
    note: str | None = None
    pairs: str | None = None


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


class PythonRow(NamedTuple):
    """A minor version of CPython. A day that its schedule leaves open is left out: "2027-10"."""

    python: str  # "3.11"
    released: str | None  # ISO date of X.Y.0
    end_of_life: str | None
    source: tuple[str, ...]
    checked: str
    note: str | None = None


class DistributionRow(NamedTuple):
    """A release of Debian or Ubuntu and the Python of its own package python3."""

    name: str  # "ubuntu22.04"
    os: str
    version: str
    codename: str  # "jammy"
    python: str | None
    source: tuple[str, ...]
    checked: str
    note: str | None = None


class OpenCvRow(NamedTuple):
    """A package that provides cv2, in the releases from `first` to `last` (both included; None: whichever there is).

    `libraries` are the sonames that `import cv2` needs of the system, Linux x86_64, beyond the C and C++ runtime; empty:
    none, or the package manager brings them. Any two of these packages overwrite each other."""

    name: str  # "opencv-python-headless"
    manager: str  # pip, conda, apt, image (NVIDIA's own in an NGC image)
    os: str | None  # "ubuntu22.04", of a distribution's own package
    first: str | None  # "4.5.4.60"
    last: str | None
    gui: str | None  # "qt", "gtk", "none": cv2.imshow raises
    libraries: tuple[str, ...] | None  # ("libGL.so.1", …)
    numpy2: bool | None  # its binary works with numpy 2
    numpy: str | None  # what it asks for on the newest Python that its metadata names, ">=2,<2.3.0"
    python_oldest: str | None  # "3.7"
    python_newest: str | None  # None with abi3: every later one
    abi3: bool | None  # one wheel for every later CPython 3
    cuda: bool | None  # holds OpenCV's CUDA modules
    ffmpeg: bool | None  # reads video through FFmpeg
    source: tuple[str, ...]
    checked: str
    note: str | None = None


class SystemLibraryRow(NamedTuple):
    """The package of a distribution that holds a shared library. `also` are other names that install it there."""

    soname: str  # "libGL.so.1"
    os: str  # "ubuntu", "debian"
    os_versions: tuple[str, ...]  # ("18.04", "20.04", "22.04")
    package: str  # "libgl1"
    also: tuple[str, ...]  # ("libgl1-mesa-glx",)
    source: tuple[str, ...]
    checked: str
    note: str | None = None
