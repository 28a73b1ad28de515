"""Where a libcuda.so.1 comes from: mounted in by the container runtime, NVIDIA's forward-compatibility package, the
toolkit's stub, or baked into the image.

Sources: the file's real path; /proc/self/mountinfo (the runtime mounts each library on its own); the file lists of
Debian's packages.
"""

from __future__ import annotations

import os
import re

from envdoctor.probes.files import listed, read_text
from envdoctor.probes.presence import at

STUB, COMPAT, WSL, INJECTED, PACKAGE, FILE = "stub", "compat", "wsl", "injected", "package", "file"
_DPKG = "/var/lib/dpkg/info"
_DRIVER_PACKAGES = ("libcuda1", "libnvidia-compute-")


def origin(root: str, path: str) -> tuple[str, str]:
    """One of the words above, and the Debian package's name where it is one."""
    if "/stubs/" in path:
        return STUB, ""
    if "/compat/" in path or "/compat_orig/" in path:
        return COMPAT, ""
    if path.startswith("/usr/lib/wsl/"):
        return WSL, ""
    if is_mounted(read_text(root, "/proc/self/mountinfo").get() or "", path):
        return INJECTED, ""
    package = owner(root, path)
    return (PACKAGE, package) if package else (FILE, "")


# 612 590 8:1 /usr/lib/x86_64-linux-gnu/libcuda.so.535.104.05 /usr/lib/x86_64-linux-gnu/libcuda.so.535.104.05 ro,nosuid …
def is_mounted(mountinfo: str, path: str) -> bool:
    """proc_pid_mountinfo(5): the fifth field is the mount point, blanks written as \\040."""
    wanted = path.replace("\\", "\\134").replace(" ", "\\040")
    return any(line.split(" ", 5)[4:5] == [wanted] for line in mountinfo.splitlines())


def owner(root: str, path: str) -> str:
    """The Debian package that installed the file; only packages that can hold a driver are looked at."""
    seen = {path, path.removeprefix("/usr")}
    for name in listed(root, _DPKG)[:20_000]:
        if name.endswith(".list") and name.startswith(_DRIVER_PACKAGES):
            lines = (read_text(root, f"{_DPKG}/{name}").get() or "").splitlines()
            if seen & set(lines) or any(_same(root, line, path) for line in lines if "libcuda.so" in line):
                return name.removesuffix(".list").partition(":")[0]
    return ""


def _same(root: str, line: str, path: str) -> bool:
    return os.path.realpath(at(root, line)) == os.path.realpath(at(root, path))


def release(path: str) -> str:
    """libcuda.so.535.104.05 -> 535.104.05; empty if the name does not tell."""
    match = re.fullmatch(r"libcuda\.so\.([0-9]{3}(?:\.[0-9]{1,6}){1,3})", os.path.basename(path))
    return match.group(1) if match else ""
