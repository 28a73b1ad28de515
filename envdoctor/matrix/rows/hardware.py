"""Rows on drivers, toolkits and GPUs."""

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
    kernel_modules: str | None = None  # "open" or "proprietary" where only these drive it; None: either, or not known


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


class VideoEngineRow(NamedTuple):
    """A GPU that lacks NVIDIA's hardware video encoder, or its decoder too. `key` is that of the GPU's row; a GPU without
    a row here is not said to have either."""

    key: str  # "a100"
    nvenc: bool
    nvdec: bool
    source: tuple[str, ...]
    checked: str
    note: str | None = None


class VideoSdkRow(NamedTuple):
    """A release of NVIDIA's Video Codec SDK, which nv-codec-headers is numbered after, and the oldest driver whose NVENC
    accepts programs built with it."""

    sdk: str  # "12.2"
    driver_linux: str
    driver_windows: str
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


class EngineRow(NamedTuple):
    """From which release on a container engine can pass NVIDIA GPUs in a way that a launch asks for.

    `by_default` is the release from which on that needs no setting; None: never needed one."""

    engine: str  # "docker", "podman"
    feature: str  # "gpus" (the option --gpus), "cdi" (--device nvidia.com/gpu=all)
    since: str  # "25.0"
    by_default: str | None
    source: tuple[str, ...]
    checked: str
    note: str | None = None


class DriverPackageRow(NamedTuple):
    """A package of a Linux distribution that installs libraries of NVIDIA's driver. `name` is a pattern as of the shell's:
    "nvidia-driver-[0-9]*". `brings` is what it is to the person who installs it: a driver, or a CUDA that brings one."""

    name: str
    brings: str  # "driver", "cuda"
    source: tuple[str, ...]
    checked: str
    note: str | None = None
