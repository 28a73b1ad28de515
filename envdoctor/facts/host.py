"""The machine that a workload runs on."""

from __future__ import annotations

from typing import NamedTuple

from envdoctor.facts.fact import Fact, unknown


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
    rootless: Fact[bool] = unknown("whether the container engine is rootless is not stated")
    snap: Fact[bool] = unknown("whether the container engine is a snap is not stated")
    runtimes: Fact[tuple[str, ...]] = unknown("the container engine's runtimes are not stated")
    default_runtime: Fact[str] = unknown("the container engine's default runtime is not stated")
    cgroup_driver: Fact[str] = unknown("the cgroup driver is not stated")  # systemd, cgroupfs
    cgroup_version: Fact[int] = unknown("the cgroup version is not stated")
    device_nodes: Fact[tuple[str, ...]] = unknown("the host's device nodes are not stated")
    device_links: Fact[bool] = unknown("whether /dev/char links to NVIDIA's devices is not stated")
    cdi: Fact[tuple[str, ...]] = unknown("the host's CDI devices are not stated")  # "nvidia.com/gpu=all"
    toolkit: Fact[bool] = unknown("whether the NVIDIA Container Toolkit is installed is not stated")
    toolkit_version: Fact[str] = unknown("the NVIDIA Container Toolkit's version is not stated")
    toolkit_mode: Fact[str] = unknown("the NVIDIA container runtime's mode is not stated")  # legacy, cdi, jit-cdi, csv

    @property
    def is_windows(self) -> bool:
        """Windows and WSL report the Windows driver's number, which has floors of its own."""
        return (self.os_id.get() or "").lower() == "windows" or bool(self.wsl.get())
