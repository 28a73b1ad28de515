"""Which GPU packages the Python environments of this image hold, told by their metadata and small text files.

Nothing of them is imported. Sources, in every site-packages found: the names of *.dist-info and *.egg-info;
torch/version.py; onnxruntime/capi/build_and_package_info.py (of whichever package was installed last: onnxruntime and
onnxruntime-gpu own the same folder); the names of shared libraries.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Iterator
from typing import Any

from envdoctor.probes.files import listed, read_text
from envdoctor.probes.presence import LIVE, at

_MOST_NAMES = 50_000
_INTERESTING = re.compile(
    r"torch|onnxruntime(-[a-z0-9-]+)?|opencv-(contrib-)?python(-headless)?|cupy-cuda\w+|tensorrt(-cu\w+|-bindings)?"
    r"|jax-cuda\w+-plugin|pynvvideocodec"
)
_FIXED = ("/usr/lib", "/usr/local/lib", "/opt/conda/lib")
_PYTHON = re.compile(r"python3(\.[0-9]{1,3})?")


def folders(root: str) -> tuple[str, ...]:
    """The site-packages and dist-packages of every Python that a program here would start: our own search path (this
    machine only), beside the programs of PATH, and where Debian and conda have theirs."""
    own = [path for path in sys.path if path] if root == LIVE else []
    programs = (os.environ.get("PATH", "") if root == LIVE else _recorded_path(root)).split(":")
    above = [os.path.dirname(path.rstrip("/")) + "/lib" for path in programs[:100] if path.startswith("/")]
    found = own + [path for library in (*above, *_FIXED) for path in _site_packages(root, library)]
    unique = {os.path.realpath(at(root, path)): path for path in reversed(found)}
    return tuple(reversed(unique.values()))


def _recorded_path(root: str) -> str:
    from envdoctor.probes.variables import variables

    return (variables(root).get() or {}).get("PATH", "")


def _site_packages(root: str, library: str) -> Iterator[str]:
    for name in listed(root, library)[:_MOST_NAMES]:
        if _PYTHON.fullmatch(name):
            for last in ("site-packages", "dist-packages"):
                if os.path.isdir(at(root, f"{library}/{name}/{last}")):
                    yield f"{library}/{name}/{last}"


def scan(root: str, places: Iterable[str]) -> dict[str, Any]:
    """{"packages": {name: version}, "torch": …, "onnxruntime": …, "opencv": …}; the parts only where installed."""
    found: dict[str, Any] = {"packages": {}}
    for place in places:
        names = listed(root, place)[:_MOST_NAMES]
        here = dict(_distributions(names))
        for name, version in here.items():
            found["packages"].setdefault(name, version)
        if "torch" in here and "torch" not in found:
            found["torch"] = {**torch(root, place, here["torch"]), "site": place}
        if any(name.startswith("onnxruntime") for name in here) and "onnxruntime" not in found:
            found["onnxruntime"] = onnxruntime(root, place)
        packaged = any(name.startswith("opencv") for name in here)
        # Debian's python3-opencv and a build of one's own leave no metadata; a folder without a library is no OpenCV then.
        library = _cv2(root, place) if packaged or any(name.partition(".")[0] == "cv2" for name in names) else ""
        if (packaged or library) and "opencv" not in found:
            found["opencv"] = {"library": library, "site": place}
    return found


# onnxruntime_gpu-1.19.0.dist-info, torch-2.4.0+cu121.dist-info, opencv_python-4.10.0.84.egg-info
def _distributions(names: Iterable[str]) -> Iterator[tuple[str, str]]:
    for name in names:
        stem, kind = os.path.splitext(name)
        if kind in (".dist-info", ".egg-info"):
            distribution, _, version = stem.partition("-")
            normal = re.sub(r"[-_.]+", "-", distribution).lower()
            if _INTERESTING.fullmatch(normal):
                yield normal, version.partition("-")[0][:100]


# __version__ = '2.4.0+cu121'
# cuda: Optional[str] = '12.1'
_TORCH_CUDA = re.compile(r"^cuda(?:: [\w\[\] |.]{1,60})? = (?:'([0-9.]{1,20})'|None)", re.MULTILINE)


def torch(root: str, place: str, version: str) -> dict[str, Any]:
    """`cuda` is the release it was built with, "" for a build without CUDA, None where neither file nor version says."""
    text = read_text(root, f"{place}/torch/version.py").get() or ""
    match = _TORCH_CUDA.search(text)
    if match:
        return {"version": version, "cuda": match.group(1) or ""}
    local = version.partition("+")[2]
    return {"version": version, "cuda": None if not local or local.startswith("cu") else ""}


# package_name = 'onnxruntime-gpu'
# __version__ = '1.22.0'
# cuda_version = '12.8'
_ORT_FIELD = re.compile(r"^(package_name|__version__|cuda_version) = '([^'\n]{1,100})'", re.MULTILINE)


def onnxruntime(root: str, place: str) -> dict[str, Any]:
    """`package` is the one whose files lie in the folder now, "" if that cannot be told. `whole` is False where the
    removal of one of two packages took the shared files away."""
    capi = f"{place}/onnxruntime/capi"
    fields = dict(_ORT_FIELD.findall(read_text(root, f"{capi}/build_and_package_info.py").get() or ""))
    names = listed(root, capi)
    return {
        "package": fields.get("package_name", ""),
        "version": fields.get("__version__", ""),
        "cuda": fields.get("cuda_version", ""),
        "whole": any(name.startswith("onnxruntime_pybind11_state") for name in names),
        "libraries": {
            provider: f"{capi}/libonnxruntime_providers_{provider}.so"
            for provider in ("cuda", "tensorrt")
            if f"libonnxruntime_providers_{provider}.so" in names
        },
        "site": place,
    }


def _cv2(root: str, place: str) -> str:
    for folder in (f"{place}/cv2", place):
        for name in listed(root, folder)[:_MOST_NAMES]:
            if name.startswith("cv2.") and name.endswith(".so"):
                return f"{folder}/{name}"
    return ""


def in_packages(root: str, site: str, soname: str) -> str:
    """Where Python packages hold that library (nvidia/cublas/lib, torch/lib), which the loader does not search."""
    if "/" in soname:
        return ""
    places = [f"{site}/nvidia/{name}/lib" for name in listed(root, f"{site}/nvidia")[:200]]
    for place in (*places, f"{site}/torch/lib"):
        if os.path.exists(at(root, f"{place}/{soname}")):
            return place
    return ""
