"""The NVIDIA Container Toolkit and the CDI specifications of this host.

Sources: the toolkit's programs in the usual folders, the package list, if asked to `nvidia-ctk --version`;
/etc/nvidia-container-runtime/config.toml for the mode; /etc/cdi and /var/run/cdi.
https://docs.nvidia.com/datacenter/cloud-native/container-toolkit/latest/cdi-support.html
"""

from __future__ import annotations

import re
from typing import NamedTuple

from envdoctor.facts import Fact, Origin, known, unknown
from envdoctor.probes import container, programs, system_packages
from envdoctor.probes.files import listed, read_text
from envdoctor.probes.presence import LIVE, exists

_PROGRAMS = ("nvidia-ctk", "nvidia-container-runtime", "nvidia-container-cli")
_PACKAGES = ("nvidia-container-toolkit", "nvidia-container-toolkit-base", "libnvidia-container1")
_SETTINGS = (
    "/etc/nvidia-container-runtime/config.toml",
    "/usr/local/nvidia/toolkit/.config/nvidia-container-runtime/config.toml",
)
_MODES = ("auto", "legacy", "cdi", "jit-cdi", "csv")
_CDI = ("/etc/cdi", "/var/run/cdi")
_MOST_SPECS = 50


class Cdi(NamedTuple):
    """One specification. `driver` is the release whose libraries it mounts: the one at the time it was written."""

    path: str
    kind: str | None
    devices: tuple[str, ...]
    driver: str | None


class ToolkitFacts(NamedTuple):
    """`installed`: known true, or unknown: that it lies nowhere we look does not prove that it is not there."""

    installed: Fact[bool] = unknown("whether the NVIDIA Container Toolkit is installed is not known")
    version: Fact[str] = unknown("the NVIDIA Container Toolkit's version is not known")
    mode: Fact[str] = unknown("the NVIDIA container runtime's mode is not known")
    cdi: Fact[tuple[Cdi, ...]] = unknown("the CDI specifications are not known")


def probe(root: str = LIVE, ask: bool = False) -> ToolkitFacts:
    """`ask`: programs may be started. A recording has their answers at hand."""
    ask = ask or root != LIVE
    if container.in_container(root):
        reason = "envdoctor runs in a container, from where the host's NVIDIA Container Toolkit cannot be seen"
        return ToolkitFacts(unknown(reason), unknown(reason), unknown(reason), unknown(reason))
    path = next((found for name in _PROGRAMS if (found := programs.where(root, name))), "")
    return ToolkitFacts(_installed(root, path), _version(root, path, ask), _mode(root), cdi(root))


def _installed(root: str, path: str) -> Fact[bool]:
    """False only where the system's package list and the programs of an engine are there and the toolkit in neither."""
    if path:
        return known(True, Origin(path))
    packages = system_packages.installed(root)
    if any(name in (packages.get() or {}) for name in _PACKAGES):
        return known(True, packages.origin)
    engine = programs.where(root, "dockerd") or programs.where(root, "podman")
    if packages.is_known and engine and not exists(root, "/usr/local/nvidia/toolkit"):
        return known(False, packages.origin)
    return unknown("none of the toolkit's programs lies in the usual folders")


def _version(root: str, path: str, ask: bool) -> Fact[str]:
    packages = system_packages.installed(root).get() or {}
    for name in _PACKAGES:
        if name in packages:
            return known(packages[name], Origin(f"package {name}"))
    if ask and path and not path.endswith("nvidia-container-runtime"):
        told = programs.version(path, root)
        if told:
            return known(told, Origin(f"{path} --version"))
    return unknown("the NVIDIA Container Toolkit's version is not known")


def _mode(root: str) -> Fact[str]:
    for path in _SETTINGS:
        text = read_text(root, path)
        if not text.is_absent:
            break
    return parse_mode(text.need(), text.origin) if text.is_known else unknown(text.reason, text.origin)


# [nvidia-container-runtime]
# mode = "auto"
_MODE = re.compile(r"""^\s{0,20}mode\s{0,20}=\s{0,20}["']([a-z-]{1,20})["']""")


def parse_mode(text: str, origin: Origin) -> Fact[str]:
    """Of this one section: others have a `mode` too."""
    section = ""
    for line in text.splitlines()[:2000]:
        if line.lstrip().startswith("["):
            section = line.strip().partition("]")[0].strip("[ ")
        match = _MODE.match(line) if section == "nvidia-container-runtime" else None
        if match and match.group(1) in _MODES:
            return known(match.group(1), origin)
    return unknown(f"{origin} states no mode", origin)


def cdi(root: str) -> Fact[tuple[Cdi, ...]]:
    """The specifications that name NVIDIA's devices."""
    paths = [
        f"{folder}/{name}" for folder in _CDI for name in listed(root, folder) if name.endswith((".yaml", ".json"))
    ][:_MOST_SPECS]
    texts = [read_text(root, path) for path in paths]
    failed = next((text for text in texts if not text.is_known), None)
    if failed is not None:
        return unknown(failed.reason, failed.origin)
    if not paths and not any(exists(root, folder) for folder in ("/etc", "/run", "/var")):
        return unknown("neither /etc/cdi nor /var/run/cdi can be listed")
    specs = [parse_cdi(text.need(), path) for text, path in zip(texts, paths, strict=True)]
    return known(tuple(spec for spec in specs if spec.kind and spec.kind.startswith("nvidia.com/")), Origin(_CDI[0]))


# kind: nvidia.com/gpu
# - name: "0"
#   hostPath: /usr/lib/x86_64-linux-gnu/libcuda.so.535.104.05
_KIND = re.compile(r"""["']?kind["']?\s{0,20}:\s{0,20}["']?([a-z0-9.-]{1,100}/[a-zA-Z0-9._-]{1,100})""")
_DEVICE = re.compile(
    r"""^\s{0,40}-?\s{0,20}["']?name["']?\s{0,20}:\s{0,20}["']?([A-Za-z0-9._:-]{1,100})""", re.MULTILINE
)
_LIBRARY = re.compile(r"/libcuda\.so\.([1-9][0-9]{2}(?:\.[0-9]{1,6}){1,3})")


def parse_cdi(text: str, path: str) -> Cdi:
    """The few fields that matter, found by their form: a whole YAML parser is not needed.
    https://github.com/cncf-tags/container-device-interface/blob/main/SPEC.md"""
    kind, library = _KIND.search(text), _LIBRARY.search(text)
    names = tuple(dict.fromkeys(match.group(1) for match in _DEVICE.finditer(text)))[:100]
    return Cdi(path, kind.group(1) if kind else None, names, library.group(1) if library else None)
