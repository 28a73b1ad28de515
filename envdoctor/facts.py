"""What is known of a workload and a host. One frozen record, `Facts`, made of `Fact`s.

A fact is known, absent (known not to be there) or unknown, and always says where that comes from.
Rules read a fact with `need()`: it returns the value or raises FactUnknown / FactAbsent, which the
engine (`doctor.diagnose`) turns into the outcome `open` or `notApplicable`. To add a fact: one typed
field here with a default of `unknown(...)`, and the reader or probe that fills it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Generic, NamedTuple, TypeVar

T = TypeVar("T")


class Origin(NamedTuple):
    """Where a fact comes from, in the user's words ("Dockerfile:3", "--driver"), with file and line where there are any."""

    label: str
    path: str | None = None
    line: int | None = None

    def __str__(self) -> str:
        return self.label


class FactMissing(Exception):
    """A rule asked for a fact that is not known."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class FactUnknown(FactMissing):
    """Nobody said: the rule's outcome is `open`."""


class FactAbsent(FactMissing):
    """Known not to be there: the rule does not apply."""


class Fact(Generic[T]):
    """known | absent | unknown, with its origin. Immutable by convention; make one with `known`, `absent`, `unknown`."""

    __slots__ = ("_value", "origin", "reason", "state")

    def __init__(self, state: str, value: T | None, origin: Origin, reason: str) -> None:
        self.state = state
        self._value = value
        self.origin = origin
        self.reason = reason

    def need(self) -> T:
        """The value. Raises FactUnknown or FactAbsent with the reader's own words."""
        if self.state == "known":
            return self._value  # type: ignore[return-value]
        if self.state == "absent":
            raise FactAbsent(self.reason)
        raise FactUnknown(self.reason)

    def get(self) -> T | None:
        """The value, or None if it is absent or unknown. To decide with it, mind that None is not "no"."""
        return self._value

    @property
    def is_known(self) -> bool:
        return self.state == "known"

    @property
    def is_absent(self) -> bool:
        return self.state == "absent"

    @property
    def is_unknown(self) -> bool:
        return self.state == "unknown"

    def __repr__(self) -> str:
        return (
            f"<{self.state} {self._value!r} from {self.origin}>" if self.is_known else f"<{self.state}: {self.reason}>"
        )

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Fact):
            return NotImplemented
        return (self.state, self._value, self.origin, self.reason) == (
            other.state,
            other._value,
            other.origin,
            other.reason,
        )

    def __hash__(self) -> int:
        return hash((self.state, self.origin, self.reason))


NOWHERE = Origin("not stated")


def known(value: T, origin: Origin) -> Fact[T]:
    return Fact("known", value, origin, "")


def absent(reason: str, origin: Origin = NOWHERE) -> Fact[T]:
    return Fact("absent", None, origin, reason)


def unknown(reason: str, origin: Origin = NOWHERE) -> Fact[T]:
    return Fact("unknown", None, origin, reason)


class Gpu(NamedTuple):
    """One GPU. `name` as nvidia-smi prints it, without "NVIDIA " in front or with. `compute_capability` is "8.9".

    `brand` is the brand that libnvidia-container's gate sees, lower case: geforce, titan, tesla, quadro,
    nvs, grid or unknown (A100, H100, L4, RTX A6000 and all later non-GeForce brands are "unknown" there).
    `forward_compat` says whether NVIDIA's forward compatibility packages support this product.
    """

    index: int  # type: ignore[assignment]  # the contract's word hides tuple.index, which nobody calls
    name: Fact[str] = unknown("the GPU's name is not stated")
    compute_capability: Fact[str] = unknown("the GPU's compute capability is not stated")
    brand: Fact[str] = unknown("the GPU's brand is not known")
    forward_compat: Fact[bool] = unknown("whether this GPU may use forward compatibility is not known")
    memory_mib: int | None = None
    mig: bool | None = None

    @property
    def label(self) -> str:
        return self.name.get() or f"GPU {self.index}"

    @property
    def is_tegra(self) -> bool:
        """Jetson and other Tegra parts: desktop binaries are not promised to run there, nor theirs on desktop GPUs."""
        return self.compute_capability.get() in TEGRA_CAPABILITIES


TEGRA_CAPABILITIES = frozenset({"5.3", "6.2", "7.2", "8.7", "10.1", "11.0"})

NO_HOST = "no host was stated (--driver and --gpu, --host, or [tool.envdoctor] hosts)"


class Host(NamedTuple):
    """The machine the workload will run on. Versions are dotted strings and may be partial ("535")."""

    name: str = "no host stated"
    stated: bool = False
    os_id: Fact[str] = unknown("the host's operating system is not stated")
    os_version: Fact[str] = unknown("the host's operating system version is not stated")
    kernel: Fact[str] = unknown("the host's kernel is not stated")
    arch: Fact[str] = unknown("the host's CPU architecture is not stated")  # x86_64 or aarch64
    wsl: Fact[int] = unknown("whether the host is WSL is not stated")
    l4t: Fact[str] = unknown("the L4T release is not stated")
    cpus: Fact[int] = unknown("the host's CPU count is not stated")
    driver: Fact[str] = unknown("the host's driver version is not stated")
    driver_cuda: Fact[str] = unknown("the CUDA version of the host's driver is not stated")
    kernel_module: Fact[str] = unknown("the loaded kernel module's version is not stated")
    open_kernel_module: Fact[bool] = unknown("the kind of kernel module is not stated")
    gpus: Fact[tuple[Gpu, ...]] = unknown("the host's GPUs are not stated")
    engine: Fact[str] = unknown("the container engine is not stated")
    engine_version: Fact[str] = unknown("the container engine's version is not stated")
    toolkit: Fact[bool] = unknown("whether the NVIDIA Container Toolkit is installed is not stated")
    toolkit_version: Fact[str] = unknown("the NVIDIA Container Toolkit's version is not stated")
    toolkit_mode: Fact[str] = unknown("the NVIDIA container runtime's mode is not stated")  # legacy, cdi, jit-cdi, csv

    @property
    def is_windows(self) -> bool:
        """Windows and WSL report the Windows driver's number, which has floors of its own."""
        return (self.os_id.get() or "").lower() == "windows" or bool(self.wsl.get())


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


class Launch(NamedTuple):
    """How the container is started. Unstated parts are assumed ordinary (`--gpus all`) and never open a verdict."""

    stated: bool = False
    gpus: Fact[str] = unknown("the GPU request is not stated")
    runtime: Fact[str] = unknown("the runtime is not stated")
    env: Fact[Mapping[str, str]] = unknown("the launch environment is not stated")
    privileged: Fact[bool] = unknown("whether the container is privileged is not stated")


class Facts(NamedTuple):
    """Everything the rules may read about one workload on one host.

    `uses` is what the workload needs, from the contract's list ("torch", "onnxruntime-cuda", …): stated, or inferred
    from the packages.
    """

    workload: str
    host: Host = Host()
    image: Image = Image()
    packages: Fact[Packages] = unknown("what the image installs is not known")
    libraries: Fact[tuple[Library, ...]] = unknown("the image's libraries are not known")
    launch: Launch = Launch()
    uses: Fact[frozenset[str]] = unknown("what the workload uses is not known")
    uses_stated: bool = False
    observed: Mapping[str, object] = {}
    assumptions: tuple[str, ...] = ()
