"""What the image holds that this container was started from: system, CUDA, cuDNN, TensorRT, Python.

Sources, in this order: the variables that NVIDIA's images set (CUDA_VERSION, NV_CUDNN_VERSION, …), as long as the
installed files do not say otherwise; the system's package list; /usr/local/cuda/version.json; the real names of the libraries
that the loader finds. Absent only where the package list and the loader's folders could be read and show none.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from envdoctor.facts import Fact, Origin, absent, known, unknown
from envdoctor.probes import container, machine, system_packages
from envdoctor.probes.files import listed, read_text
from envdoctor.probes.library_folders import Found
from envdoctor.probes.presence import LIVE, at, exists

_DOTTED = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,9}){1,3}")
_CUDA = "/usr/local/cuda"


class ImageFacts(NamedTuple):
    reference: Fact[str]
    os_id: Fact[str]
    os_version: Fact[str]
    cuda: Fact[str]
    cudnn: Fact[str]
    tensorrt: Fact[str]
    python: Fact[str]
    flavor: Fact[str]
    compat: Fact[str]


class Sources(NamedTuple):
    """Libraries inside Python packages are none of the image's own."""

    root: str
    environment: Mapping[str, str]
    packages: Fact[dict[str, str]]
    libraries: Sequence[Found]

    def of_library(self, stem: str) -> str | None:
        """libcudnn -> "9.1.0", of the first that the loader finds."""
        versions = (item.version for item in self.libraries if item.soname.startswith(f"{stem}.so."))
        return next((version for version in versions if version), None)

    def of_packages(self, pattern: str) -> tuple[tuple[str, str], ...]:
        """The packages whose names fit, each with its version's leading number; the newest first."""
        found = []
        for name, version in (self.packages.get() or {}).items():
            number = _DOTTED.match(re.sub(r"^[0-9]+:", "", version))
            if number and re.fullmatch(pattern, name):
                found.append((name, number.group()))
        return tuple(sorted(found, key=lambda item: [int(part) for part in item[1].split(".")], reverse=True))

    def majors_of_libraries(self, stem: str) -> set[str]:
        return {
            item.soname.partition(".so.")[2].partition(".")[0]
            for item in self.libraries
            if item.soname.startswith(f"{stem}.so.")
        }

    def of_variable(self, *names: str) -> tuple[str, str] | None:
        for name in names:
            number = _DOTTED.match(self.environment.get(name, "").strip())
            if number:
                return name, number.group()
        return None

    @property
    def complete(self) -> bool:
        return not self.packages.is_unknown and bool(listed(self.root, "/usr/lib") or listed(self.root, "/lib"))


def probe(root: str, environment: Mapping[str, str], libraries: Sequence[Found]) -> ImageFacts:
    sources = Sources(root, environment, system_packages.installed(root), libraries)
    os_id, os_version = machine.os_release(root)
    toolkit = cuda(sources)
    return ImageFacts(
        _reference(root, environment), os_id, os_version, toolkit, cudnn(sources), tensorrt(sources), python(sources),
        _flavor(sources, toolkit), compat(sources),
    )  # fmt: skip


def _reference(root: str, environment: Mapping[str, str]) -> Fact[str]:
    """Only podman tells, and only a privileged container. NGC's PyTorch images name their release in a variable, which
    images that are built on them inherit; on Arm the release has other variants for Jetson."""
    told = container.podman(root)
    image = (told.get() or {}).get("image")
    if image:
        return known(image, told.origin)
    release = environment.get("NVIDIA_PYTORCH_VERSION", "")
    if re.fullmatch(r"[0-9]{2}\.[0-9]{2}", release) and machine.probe(root).arch.get() == "x86_64":
        return known(f"nvcr.io/nvidia/pytorch:{release}-py3", Origin("the variable NVIDIA_PYTORCH_VERSION"))
    return unknown("a container does not know which image it was started from")


def cuda(sources: Sources) -> Fact[str]:
    """NGC images append a build number (12.4.0.041), which is left off."""
    stated = sources.of_variable("CUDA_VERSION")
    files = _cuda_of_files(sources)
    if isinstance(files, str):
        return unknown(files)
    if stated and (files is None or _agree(stated[1], files[1])):
        return known(".".join(stated[1].split(".")[:3]), Origin(f"the variable {stated[0]}"))
    if files:
        return known(files[1], Origin(files[0]))
    return _unless_there(sources, "libcudart", "CUDA")


def _agree(one: str, other: str) -> bool:
    return one.split(".")[:2] == other.split(".")[:2]


def _cuda_of_files(sources: Sources) -> tuple[str, str] | str | None:
    """Where several releases are installed, the one that /usr/local/cuda leads to, else the one that the loader finds; a text
    says why that is not known."""
    packages = {_release(name): name for name, _ in sources.of_packages(r"cuda-cudart-[0-9]+-[0-9]+")}
    told = _version_json(sources.root) or _version_txt(sources.root)
    linked = _linked(sources.root)
    found = {*packages, *([linked] if linked else [])}
    if len(packages) == 1 and (_agree(told[1], *packages) if told else len(found) == 1):
        ((release, name),) = packages.items()
        return f"package {name}", release
    if told:
        return told
    if linked in packages:
        return _CUDA, linked
    version = sources.of_library("libcudart")
    if version and len(sources.majors_of_libraries("libcudart")) == 1:
        return "the file of libcudart", ".".join(version.split(".")[:2])
    if len(found) > 1:
        return f"several releases of CUDA are there ({', '.join(sorted(found))}), and nothing tells which one is used"
    return ("the file of libcudart", ".".join(version.split(".")[:2])) if version else None


def _linked(root: str) -> str:
    """/usr/local/cuda -> cuda-12.4, through Debian's alternatives too."""
    match = re.fullmatch(r"cuda-([0-9]{1,3}\.[0-9]{1,3})", os.path.basename(os.path.realpath(at(root, _CUDA))))
    return match.group(1) if match else ""


def _release(name: str) -> str:
    """cuda-cudart-12-4 -> 12.4. The package's version is the runtime's own (12.4.127)."""
    return ".".join(name.split("-")[-2:])


# {"cuda": {"name": "CUDA SDK", "version": "12.4.20240301"}, "cuda_cudart": {"name": "CUDA Runtime", "version": "12.4.99"}, …
def _version_json(root: str) -> tuple[str, str] | None:
    text = read_text(root, f"{_CUDA}/version.json")
    try:
        part = json.loads(text.get() or "{}")
        told = part["cuda"]["version"] if isinstance(part, dict) else ""
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    number = _DOTTED.match(str(told))
    return (text.origin.label, number.group()) if number else None


# CUDA Version 10.2.89
def _version_txt(root: str) -> tuple[str, str] | None:
    text = read_text(root, f"{_CUDA}/version.txt")
    match = re.match(r"CUDA Version ([0-9]{1,3}(?:\.[0-9]{1,9}){1,3})", text.get() or "")
    return (text.origin.label, match.group(1)) if match else None


def cudnn(sources: Sources) -> Fact[str]:
    found = _of_files(sources, r"libcudnn[0-9]+(-cuda-[0-9]+)?", "libcudnn", "cuDNN")
    if found:
        return found
    stated = sources.of_variable("NV_CUDNN_VERSION", "CUDNN_VERSION")
    if stated:
        return known(stated[1], Origin(f"the variable {stated[0]}"))
    return _unless_there(sources, "libcudnn", "cuDNN")


def _of_files(sources: Sources, pattern: str, stem: str, name: str) -> Fact[str] | None:
    """Majors of a library lie side by side under names of their own (libcudnn.so.8, libcudnn.so.9): which one a program
    asks for is its own matter."""
    packages = sources.of_packages(pattern)
    majors = {version.partition(".")[0] for _, version in packages} | sources.majors_of_libraries(stem)
    if len(majors) > 1:
        return unknown(f"several major releases of {name} are installed: {', '.join(sorted(majors, key=int))}")
    if packages:
        return known(packages[0][1], Origin(f"package {packages[0][0]}"))
    version = sources.of_library(stem)
    return known(version, Origin(f"the file of {stem}")) if version else None


def tensorrt(sources: Sources) -> Fact[str]:
    found = _of_files(sources, r"libnvinfer[0-9]+", "libnvinfer", "TensorRT")
    if found:
        return found
    stated = sources.of_variable("NV_TENSORRT_VERSION", "TENSORRT_VERSION", "TRT_VERSION")
    if stated:
        return known(stated[1], Origin(f"the variable {stated[0]}"))
    return _unless_there(sources, "libnvinfer", "TensorRT")


def compat(sources: Sources) -> Fact[str]:
    """The CUDA release of the forward compatibility package. Without one there may still be a folder of it."""
    packages = sources.of_packages(r"cuda-compat-[0-9]+-[0-9]+")
    if len(packages) > 1:
        return unknown(
            f"several forward compatibility packages are installed: {', '.join(name for name, _ in packages)}"
        )
    if packages:
        return known(_release(packages[0][0]), Origin(f"package {packages[0][0]}"))
    if any(exists(sources.root, f"{_CUDA}/{name}") for name in ("compat", "compat_orig")):
        return unknown(f"{_CUDA}/compat is there, and no package tells its release")
    return _nothing(sources, "cuda-compat")


def _unless_there(sources: Sources, stem: str, name: str) -> Fact[str]:
    """A library whose file does not tell its version."""
    for item in sources.libraries:
        if item.soname.startswith(f"{stem}.so."):
            return known(item.soname.rpartition(".so.")[2], Origin(item.path))
    return _nothing(sources, name)


def _nothing(sources: Sources, name: str) -> Fact[str]:
    if not sources.complete:
        return unknown(
            f"whether the image holds {name} is not known: {sources.packages.reason or '/usr/lib cannot be listed'}"
        )
    if name == "CUDA" and exists(sources.root, _CUDA):
        return unknown(f"{_CUDA} is there, and tells no version")
    return absent(f"no {name} is installed where the loader looks for it")


# /usr/bin/python3 -> python3.10
def python(sources: Sources) -> Fact[str]:
    """The Python that "python3" starts; else the one that runs envdoctor, in this container."""
    folders = [folder for folder in sources.environment.get("PATH", "/usr/local/bin:/usr/bin").split(":") if folder]
    for folder in folders[:100]:
        for name in ("python3", "python"):
            if folder.startswith("/") and exists(sources.root, f"{folder}/{name}"):
                return _version_of(sources.root, f"{folder}/{name}")
    if sources.root == LIVE:
        return known(f"{sys.version_info[0]}.{sys.version_info[1]}", Origin("the Python that runs envdoctor"))
    return absent("there is no python3 in the folders of PATH")


def _version_of(root: str, path: str) -> Fact[str]:
    target = os.path.realpath(at(root, path))
    match = re.fullmatch(r"python(3\.[0-9]{1,3}t?)", os.path.basename(target))
    if match:
        return known(match.group(1), Origin(path))
    return unknown(f"the name of {os.path.basename(target)[:100]} does not tell its version", Origin(path))


def _flavor(sources: Sources, toolkit: Fact[str]) -> Fact[str]:
    """In the words of nvidia/cuda's tags: devel has the compiler, runtime cuBLAS, base only the runtime library."""
    if not toolkit.is_known:
        return unknown(toolkit.reason, toolkit.origin)
    if exists(sources.root, f"{_CUDA}/bin/nvcc"):
        return known("devel", Origin(f"{_CUDA}/bin/nvcc"))
    if any(item.soname.startswith("libcublas.so.") for item in sources.libraries):
        return known("runtime", Origin("libcublas"))
    if any(item.soname.startswith("libcudart.so.") for item in sources.libraries):
        return known("base", Origin("libcudart without libcublas"))
    return unknown("which of CUDA's libraries the image holds is not known")
