"""Every package that this image holds: Python's by the names of their metadata folders, conda's by the names of their
records, the system's by its package list. Nothing is imported.

Where several Pythons hold a package, the one that a program here would start first counts (`installed.folders`).
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from envdoctor.facts import Fact, known, unknown
from envdoctor.probes import installed, system_packages
from envdoctor.probes.files import listed

_MOST = 5000
_MOST_NAMES = 50_000
_OF_INTEREST = re.compile(
    r"(?:lib)?(?:cuda|cudnn|cublas|cufft|curand|cusolver|cusparse|npp|nvjpeg|nvrtc|nccl|nvinfer|nvonnx|nvparsers|tensorrt"
    r"|nvidia|nvjitlink|cutensor)[a-z0-9.+-]*|nvidia-[a-z0-9.+-]+|libnvidia-[a-z0-9.+-]+|python3(?:\.[0-9]+)?"
    r"|python3-(?:opencv|torch|numpy|onnxruntime)|libopencv-core[a-z0-9.+-]*|ffmpeg|libgl1|libglib2\.0-0(?:t64)?|libgomp1"
    r"|libjetson[a-z0-9.+-]*|nvidia-l4t-core"
)


class Installed(NamedTuple):
    name: str
    version: str
    manager: str
    cuda: str | None = None


def probe(root: str, conda: Iterable[str] = ()) -> Fact[tuple[Installed, ...]]:
    """`conda` are prefixes besides the usual ones."""
    manager, system = system_packages.of_manager(root)
    if system.is_unknown:
        return unknown(system.reason, system.origin)
    items = [*python(root), *_conda(root, conda)]
    items += [
        Installed(name, version, manager)
        for name, version in (system.get() or {}).items()
        if _OF_INTEREST.fullmatch(name)
    ]
    unseen = installed.unreadable(root, installed.folders(root))
    if unseen:
        return unknown(unseen)
    if len(items) > _MOST:
        return unknown(f"more than {_MOST} packages are installed")
    return known(tuple(items), system.origin)


def python(root: str) -> Iterator[Installed]:
    """Of PyTorch and ONNX Runtime, `installed` decides which Python's is meant: packages of two Pythons do not overwrite
    each other."""
    seen: set[str] = set()
    sites = installed.sites(root, installed.folders(root))
    with_torch, with_onnxruntime = installed.site_of_torch(root, sites), installed.site_of_onnxruntime(sites)
    for place, names, _, _ in sites:
        here = dict(_distributions(names))
        elsewhere = set(installed.owners_of_onnxruntime(here)) if _other(with_onnxruntime, place) else set()
        if _other(with_torch, place):
            elsewhere.add("torch")
        for name, version in here.items():
            if name not in seen and name not in elsewhere:
                seen.add(name)
                if name == "torch":
                    version = str(installed.torch(root, place, version)["version"])
                manager = "image" if _NVIDIAS.search(version) else "pip"
                yield Installed(name, version, manager, _built_for(root, place, name, version))


def _other(site: installed.Site | None, place: str) -> bool:
    return site is not None and site.place != place


# 2.4.0a0+07cecf4168.nv24.05: NVIDIA's own build, which comes with an NGC image and from nowhere else
_NVIDIAS = re.compile(r"\+\S{1,80}\.nv[0-9]{2}\.[0-9]{1,2}$")

# numpy-1.26.4.dist-info, torch-2.4.0+cu121.dist-info, opencv_python-4.10.0.84-py3.10.egg-info
_METADATA = re.compile(r"([A-Za-z0-9][A-Za-z0-9._]{0,199})-([0-9vV][^-]{0,99})(?:-py[0-9.]{1,10})?\.(?:dist|egg)-info")


def _distributions(names: Iterable[str]) -> Iterator[tuple[str, str]]:
    """pip leaves folders such as "~orch-2.4.0.dist-info" of what it could not remove."""
    for name in names:
        match = _METADATA.fullmatch(name)
        if match:
            yield re.sub(r"[-_.]+", "-", match.group(1)).lower(), match.group(2)


def _built_for(root: str, place: str, name: str, version: str) -> str | None:
    """The CUDA release that torch was built for, "cpu" for none; of ONNX Runtime the major, which is what it needs: its
    minor is told in other numbers elsewhere. None where nothing is told (ONNX Runtime before 1.21)."""
    if name == "torch":
        built = installed.torch(root, place, version)["cuda"]
        return "cpu" if built == "" else built
    if name == "onnxruntime-gpu":
        told = installed.onnxruntime(root, place)
        return str(told["cuda"]).partition(".")[0] if told["package"] == name and told["cuda"] else None
    return None


# pytorch-2.4.0-py3.11_cuda12.1_cudnn9.1.0_0.json
_RECORD = re.compile(r"([a-z0-9_.-]{1,200})-([0-9][^-]{0,99})-([^-]{1,100})\.json")


def _conda(root: str, prefixes: Iterable[str]) -> Iterator[Installed]:
    """What conda alone installs: its Python packages have metadata folders too, and are told by them."""
    for prefix in dict.fromkeys((*prefixes, "/opt/conda", "/opt/miniconda3", "/opt/mambaforge")):
        for name in listed(root, f"{prefix}/conda-meta")[:_MOST_NAMES]:
            match = _RECORD.fullmatch(name)
            if match and "py3" not in match.group(3) and "pyh" not in match.group(3):
                yield Installed(match.group(1), match.group(2), "conda")


def in_wheels(root: str) -> Iterator[tuple[str, str]]:
    """Folders of shared libraries inside Python packages, which the loader does not search, and the package's name:
    nvidia/cudnn/lib, torch/lib, tensorrt_libs."""
    for place in installed.folders(root):
        for name in listed(root, f"{place}/nvidia")[:200]:
            if os.path.isdir(os.path.join(root, f"{place}/nvidia/{name}/lib".lstrip("/"))):
                yield f"{place}/nvidia/{name}/lib", f"nvidia-{name.replace('_', '-')}"
        for folder, package in (("torch/lib", "torch"), ("tensorrt_libs", "tensorrt"), ("tensorrt", "tensorrt")):
            if os.path.isdir(os.path.join(root, f"{place}/{folder}".lstrip("/"))):
                yield f"{place}/{folder}", package
