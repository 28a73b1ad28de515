"""Can this machine, or a recorded one, have an NVIDIA driver at all? A few look-ups of names; no import that costs."""

from __future__ import annotations

import os
import sys

LIVE = "/"
LIBRARY = "libnvidia-ml.so.1"
LIBRARY_FOLDERS = (
    "/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/lib", "/usr/lib/wsl/lib",
    "/usr/local/nvidia/lib64", "/run/opengl-driver/lib", "/usr/lib/aarch64-linux-gnu/nvidia",
    "/usr/lib/aarch64-linux-gnu/tegra",
)  # fmt: skip
_DRIVER_MARKS = ("/proc/driver/nvidia", "/dev/nvidiactl", "/dev/dxg", "/sys/module/nvidia/version")
_JETSON_MARKS = ("/etc/nv_tegra_release", "/proc/device-tree/model")


def at(root: str, path: str) -> str:
    """The absolute `path` ("/etc/os-release") below `root`."""
    return os.path.join(root, path.lstrip("/"))


def exists(root: str, path: str) -> bool:
    return os.path.lexists(at(root, path))


def driver_is_plausible(root: str = LIVE) -> bool:
    if root == LIVE and sys.platform == "win32":
        return os.path.exists(os.path.join(os.getenv("WINDIR", r"C:\Windows"), "System32", "nvml.dll"))
    if any(exists(root, path) for path in _DRIVER_MARKS):
        return True
    if any(exists(root, f"{folder}/{LIBRARY}") for folder in LIBRARY_FOLDERS):
        return True
    return root == LIVE and (_on_search_path() or _in_loader_cache())


def jetson_is_plausible(root: str = LIVE) -> bool:
    """Other boards have a device tree too."""
    return any(exists(root, path) for path in _JETSON_MARKS)


def _on_search_path() -> bool:
    folders = os.environ.get("LD_LIBRARY_PATH", "").split(":")
    return any(folder and os.path.lexists(os.path.join(folder, LIBRARY)) for folder in folders)


def _in_loader_cache() -> bool:
    """The dynamic loader's cache holds the names as plain bytes."""
    try:
        with open("/etc/ld.so.cache", "rb") as file:
            return LIBRARY.encode() in file.read(16 * 1024 * 1024)
    except OSError:
        return False
