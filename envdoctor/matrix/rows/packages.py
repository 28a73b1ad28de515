"""Rows on Python and its packages, cuDNN, and the libraries they load."""

# No `from __future__ import annotations` here: NamedTuple compiles every annotation that is text, which for these
# classes cost 2 ms of each start.

from typing import NamedTuple


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
    jetson: bool | None = None  # False: no build that NVIDIA made for Jetson bears this number without a suffix


class TorchIndexRow(NamedTuple):
    """A folder under https://download.pytorch.org/whl that holds CUDA builds of PyTorch."""

    index: str  # type: ignore[assignment]  # as in OrtRow; "cu126"
    cuda: str
    source: tuple[str, ...]
    checked: str
    note: str | None = None


class TorchRequiresRow(NamedTuple):
    """What a PyTorch wheel requires in one exact version: NVIDIA's wheels and Triton ("nvidia-nccl-cu13==2.29.7")."""

    version: str
    cuda: str
    platform: str
    requires: tuple[str, ...]
    source: tuple[str, ...]
    checked: str
    note: str | None = None


class TorchAbiRow(NamedTuple):
    """The C++ ABI that PyTorch's own wheels are compiled for, in the releases from `first` to `last` (None: up to today).

    `cxx11abi` is _GLIBCXX_USE_CXX11_ABI. `cuda` None: every CUDA variant."""

    first: str
    last: str | None
    platform: str
    cuda: tuple[str, ...] | None
    cxx11abi: bool
    source: tuple[str, ...]
    checked: str
    note: str | None = None


class CompanionRow(NamedTuple):
    """torchvision, torchaudio or xformers and the torch it requires, as its metadata says ("==2.4.0", ">=2.14.0", "" none).

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
    """A Python package that requires torch, onnxruntime or a package of OpenCV whatever else is installed (no extra, no
    marker).

    `version` is the release whose metadata was read, the newest on that day, and `wanted` which versions it takes;
    other releases require torch and onnxruntime too, in versions that no row states. Of OpenCV's packages that is said
    only of the releases from `since` on."""

    name: str  # "ultralytics"
    requires: str  # "torch", "onnxruntime", "opencv-python"
    version: str  # "8.4.190"
    wanted: str  # ">=1.8.0"; "": any
    python: str | None  # the oldest Python that release runs on, "3.10"
    source: tuple[str, ...]
    checked: str
    note: str | None = None
    since: str | None = None  # the oldest release read that asks for it too, "8.0.0"


class PythonRow(NamedTuple):
    """A minor version of CPython. A day that its schedule leaves open is left out: "2027-10"."""

    python: str  # "3.11"
    released: str | None  # ISO date of X.Y.0
    end_of_life: str | None
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


class SystemBringsRow(NamedTuple):
    """A Debian package and the graphics libraries that come with it: its own and those of all that it depends on."""

    package: str  # "ffmpeg"
    libraries: tuple[str, ...]  # ("libGL.so.1", …); empty: none
    source: tuple[str, ...]
    checked: str
    recommended: tuple[str, ...] | None = None  # what comes besides, without --no-install-recommends
    note: str | None = None


class VideoPackageRow(NamedTuple):
    """A Python package for video, as the index serves it. `nvdec`, `nvenc`: a program that installs it uses them; None:
    it may. `cuda` False: the wheel can do nothing on a GPU."""

    name: str  # "decord"
    manager: str
    cuda: bool
    nvdec: bool | None
    nvenc: bool | None
    source: tuple[str, ...]
    checked: str
    note: str | None = None


class CacheRow(NamedTuple):
    """Where a Python package keeps what it downloads or compiles. `variable` names another folder. `fails`: where the
    folder cannot be made it stops with an error; else it goes on with a temporary one."""

    name: str  # "numba"
    variable: str | None
    folder: str  # "~/.cache/numba"
    xdg: bool  # the default follows XDG_CACHE_HOME
    fails: bool
    when: str  # what writes there, "its models"
    source: tuple[str, ...]
    checked: str
    note: str | None = None


class ToolkitUserRow(NamedTuple):
    """A Python package that needs CUDA's compiler or headers (nvcc, libdevice, ptxas): a -runtime image is not enough."""

    name: str  # "flash-attn"
    when: str  # install, run: when it compiles
    source: tuple[str, ...]
    checked: str
    note: str | None = None
