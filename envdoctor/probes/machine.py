"""The machine itself: operating system, kernel, CPUs, whether it is WSL or a Jetson.

Sources: /etc/os-release (else /usr/lib/os-release), os.uname, /proc/sys/kernel/osrelease, /dev/dxg,
/etc/nv_tegra_release, /proc/device-tree/model. The module `platform` is not used: importing it takes longer than all
of this.
"""

from __future__ import annotations

import os
import re
import sys
from typing import NamedTuple

from envdoctor.facts import Fact, Host, Origin, absent, known, unknown
from envdoctor.probes.container import in_container
from envdoctor.probes.files import listed, read_text
from envdoctor.probes.presence import LIVE, exists

_ARCHITECTURES = {"AMD64": "x86_64", "ARM64": "aarch64", "arm64": "aarch64"}
_BLANK = Host()


class MachineFacts(NamedTuple):
    """`model` is a Jetson module's name, without "NVIDIA" and "Developer Kit"."""

    os_id: Fact[str] = _BLANK.os_id
    os_version: Fact[str] = _BLANK.os_version
    kernel: Fact[str] = _BLANK.kernel
    arch: Fact[str] = _BLANK.arch
    wsl: Fact[int] = _BLANK.wsl
    l4t: Fact[str] = _BLANK.l4t
    cpus: Fact[int] = _BLANK.cpus
    model: Fact[str] = unknown("the machine's model is not known")
    device_nodes: Fact[tuple[str, ...]] = unknown("the machine's device nodes are not known")


def probe(root: str = LIVE) -> MachineFacts:
    if root == LIVE and sys.platform != "linux":
        return _other_system()
    os_id, os_version = operating_system(root)
    kernel = read_text(root, "/proc/sys/kernel/osrelease")
    model = parse_model(read_text(root, "/proc/device-tree/model"))
    return MachineFacts(
        os_id=os_id,
        os_version=os_version,
        kernel=_first_line(kernel),
        arch=_architecture(root),
        wsl=parse_wsl(kernel, exists(root, "/dev/dxg")),
        l4t=l4t(root, model, kernel),
        cpus=_cpus(root),
        model=model,
        device_nodes=device_nodes(root),
    )


def _other_system() -> MachineFacts:
    """Windows and macOS: no /proc to read; neither is WSL nor a Jetson."""
    name = {"win32": "windows", "darwin": "macos"}.get(sys.platform, sys.platform)
    machine = os.environ.get("PROCESSOR_ARCHITECTURE", "") if name == "windows" else os.uname().machine
    cpus = os.cpu_count()
    return MachineFacts(
        os_id=known(name, Origin("sys.platform")),
        arch=_named(machine, Origin("the operating system")),
        wsl=absent(f"{name} is not WSL"),
        l4t=absent(f"{name} is not a Jetson"),
        cpus=_BLANK.cpus if cpus is None else known(cpus, Origin("the operating system")),
        model=absent(f"{name} is not a Jetson"),
    )


def operating_system(root: str) -> tuple[Fact[str], Fact[str]]:
    """ID and VERSION_ID. In a container /etc/os-release is the image's and says nothing of the host."""
    if in_container(root):
        reason = "envdoctor runs in a container, from where the host's operating system cannot be seen"
        return unknown(reason), unknown(reason)
    return os_release(root)


def os_release(root: str) -> tuple[Fact[str], Fact[str]]:
    """The ID and VERSION_ID of what is installed here: the image's, in a container."""
    for path in ("/etc/os-release", "/usr/lib/os-release"):
        text = read_text(root, path)
        if not text.is_absent:
            break
    fields = parse_os_release(text.get() or "")
    reason = text.reason or f"{text.origin} does not say"
    return _field(fields, "ID", text.origin, reason), _field(fields, "VERSION_ID", text.origin, reason)


def _field(fields: dict[str, str], name: str, origin: Origin, reason: str) -> Fact[str]:
    value = fields.get(name)
    return known(value[:100], origin) if value else unknown(f"{reason} ({name})", origin)


# ID=ubuntu
# VERSION_ID="22.04"
def parse_os_release(text: str) -> dict[str, str]:
    """Quotes are taken off, escapes are not read.
    https://www.freedesktop.org/software/systemd/man/latest/os-release.html"""
    pairs = (line.strip().partition("=") for line in text.splitlines()[:200] if not line.lstrip().startswith("#"))
    return {name: value.strip("\"'") for name, separator, value in pairs if separator}


def _first_line(text: Fact[str]) -> Fact[str]:
    line = (text.get() or "").strip().partition("\n")[0]
    return known(line[:200], text.origin) if line else unknown(text.reason or f"{text.origin} is empty", text.origin)


# 5.15.153.1-microsoft-standard-WSL2
# 4.4.0-19041-Microsoft
def parse_wsl(kernel: Fact[str], has_dxg: bool) -> Fact[int]:
    """WSL 2 has a kernel of its own and reaches the GPU through /dev/dxg; WSL 1 has neither."""
    if not kernel.is_known:
        return unknown(f"whether this is WSL is not known: {kernel.reason}", kernel.origin)
    release = kernel.need().lower()
    if "microsoft" not in release and not has_dxg:
        return absent("the kernel is not WSL's", kernel.origin)
    return known(2 if has_dxg or "wsl2" in release or "standard" in release else 1, kernel.origin)


def l4t(root: str, model: Fact[str], kernel: Fact[str]) -> Fact[str]:
    """A container that is started without NVIDIA's runtime has neither the release file nor the device tree, which engines
    mask: there only the kernel's name tells that this is a Jetson."""
    text = read_text(root, "/etc/nv_tegra_release")
    if text.is_known:
        return parse_tegra_release(text.need(), text.origin)
    if is_tegra(kernel):
        return unknown(
            f"this is a Jetson by its kernel's name, and its L4T release is not known: {text.reason}", text.origin
        )
    if not tells_of_the_kernel(root):
        return unknown("neither /proc nor /sys is there to tell whether this is a Jetson")
    if text.is_absent and not model.is_known:
        return absent("this machine is not a Jetson (no /etc/nv_tegra_release)", text.origin)
    return unknown(f"the L4T release is not known: {text.reason}", text.origin)


def tells_of_the_kernel(root: str) -> bool:
    """What is in neither /proc nor /sys is absent only where one of them is there."""
    return bool(listed(root, "/proc") or listed(root, "/sys"))


# 5.10.120-tegra
# 5.15.136-rt-tegra
def is_tegra(kernel: Fact[str]) -> bool:
    return re.search(r"[-+.]tegra\b", kernel.get() or "") is not None


# # R35 (release), REVISION: 4.1, GCID: 33958178, BOARD: t186ref, EABI: aarch64, DATE: Tue Aug  1 19:57:35 UTC 2023
def parse_tegra_release(text: str, origin: Origin) -> Fact[str]:
    match = re.search(r"R([0-9]{1,3}) \(release\), REVISION: ([0-9]{1,3}(?:\.[0-9]{1,3}){0,2})", text)
    if match is None:
        return unknown(f"{origin} holds no L4T release that can be read: {text[:60]!r}", origin)
    return known(f"{match.group(1)}.{match.group(2)}", origin)


# NVIDIA Jetson AGX Orin Developer Kit\0
# NVIDIA Orin NX Developer Kit\0
def parse_model(text: Fact[str]) -> Fact[str]:
    """The Jetson module of a device tree's model; absent for a machine that is none (a Raspberry Pi has one too)."""
    name = (text.get() or "").strip("\0 \n")
    if text.is_unknown:
        return text
    if not re.search(r"jetson|nvidia", name, re.IGNORECASE):
        return absent("this machine is not a Jetson", text.origin)
    module = re.sub(r"^nvidia\s+|\s+(engineering reference )?developer kit.*$", "", name, flags=re.IGNORECASE)
    named = re.match(r"(orin|xavier|thor)\b", module, re.IGNORECASE)
    return known(f"Jetson {module}"[:200] if named else module[:200], text.origin)


def _architecture(root: str) -> Fact[str]:
    """A recording has it in /proc/sys/kernel/arch, which kernels show since 6.1."""
    if root == LIVE:
        return _named(os.uname().machine, Origin("uname"))
    recorded = read_text(root, "/proc/sys/kernel/arch")
    return _named((recorded.get() or "").strip(), recorded.origin)


def _named(machine: str, origin: Origin) -> Fact[str]:
    name = _ARCHITECTURES.get(machine, machine)
    if name in ("x86_64", "aarch64", "ppc64le"):
        return known(name, origin)
    return unknown(f"envdoctor knows nothing of the CPU architecture {machine[:40]!r}", origin)


def _cpus(root: str) -> Fact[int]:
    if root == LIVE:
        count, origin = os.cpu_count() or 0, Origin("the operating system")
    else:
        text = read_text(root, "/proc/cpuinfo")
        count, origin = len(re.findall(r"^processor\s*:", text.get() or "", re.MULTILINE)), text.origin
    return known(count, origin) if count else unknown("the number of CPUs is not known", origin)


def device_nodes(root: str) -> Fact[tuple[str, ...]]:
    """NVIDIA's device nodes, and WSL's; without /dev they are not known."""
    names = listed(root, "/dev")
    if not names:
        return unknown("/dev cannot be listed", Origin("/dev"))
    found = tuple(f"/dev/{name}" for name in names if name.startswith("nvidia") or name == "dxg")
    return known(found[:1024], Origin("/dev"))
