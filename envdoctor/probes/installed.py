"""Which GPU packages the Python environments of this image hold, told by their metadata and small text files.

Nothing of them is imported. Sources, in every site-packages found: the names of *.dist-info and *.egg-info;
torch/version.py; onnxruntime/capi/build_and_package_info.py (of whichever package was installed last: onnxruntime and
onnxruntime-gpu own the same folder); the names of shared libraries.
"""

from __future__ import annotations

import os
import re
import stat
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from envdoctor.probes.files import folder, listed, read_text
from envdoctor.probes.presence import LIVE, at, exists

_MOST_NAMES = 50_000
_INTERESTING = re.compile(
    r"torch|onnxruntime(-[a-z0-9-]+)?|opencv-(contrib-)?python(-headless)?|cupy-cuda\w+|tensorrt(-cu\w+|-bindings)?"
    r"|jax-cuda\w+-plugin|pynvvideocodec"
)
_FIXED = ("/usr/lib", "/usr/local/lib", "/opt/conda/lib")
_PYTHON = re.compile(r"python3(\.[0-9]{1,3})?")
_PROGRAMS = ("python3", "python")
# Each of these owns a folder together with others of its name.
_SHARED = re.compile(r"torch$|onnxruntime|opencv")
_ORT_ELSEWHERE = re.compile(
    r"onnxruntime-(?:extensions|genai|tools|web|mobile|inference-examples|training-extension).*"
)


class Site(NamedTuple):
    """One site-packages. `starts`: it belongs to the Python that a program here would start."""

    place: str
    names: tuple[str, ...]
    packages: dict[str, str]
    starts: bool


def folders(root: str) -> tuple[str, ...]:
    """The site-packages and dist-packages of every Python that a program here would start: those of PATH's first Python,
    beside the other programs of PATH, our own search path (this machine only), and where Debian and conda have theirs."""
    first, others = _grouped(root)
    return (*first, *others)


def _grouped(root: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Those of the Python that PATH starts, then the others. Ours is that one if it has the same prefix, or if nothing
    lies beside the one on PATH (pyenv's shims)."""
    own = [path for path in sys.path if path] if root == LIVE else []
    programs = [path for path in _path(root).split(":")[:100] if path.startswith("/")]
    started = next((path for path in programs if any(exists(root, f"{path}/{name}") for name in _PROGRAMS)), None)
    beside = list(_site_packages(root, _library(started))) if started else []
    if root == LIVE and (not beside or os.path.realpath(os.path.dirname(str(started))) == os.path.realpath(sys.prefix)):
        first = [*own, *beside]
    else:
        stated = os.environ.get("PYTHONPATH", "").split(os.pathsep) if root == LIVE else []
        first = [*(path for path in stated if path in own), *beside]
    libraries = (*map(_library, programs), *_FIXED)
    others = [path for library in libraries for path in _site_packages(root, library)]
    leading = _unique(root, first)
    return leading, _unique(root, [*own, *others], leading)


def _unique(root: str, paths: Iterable[str], but: Iterable[str] = ()) -> tuple[str, ...]:
    taken = {os.path.realpath(at(root, path)) for path in but}
    found: dict[str, str] = {}
    for path in paths:
        found.setdefault(os.path.realpath(at(root, path)), path)
    return tuple(path for real, path in found.items() if real not in taken)


def _library(programs: str) -> str:
    return os.path.dirname(programs.rstrip("/")) + "/lib"


def _path(root: str) -> str:
    from envdoctor.probes.variables import variables

    return os.environ.get("PATH", "") if root == LIVE else (variables(root).get() or {}).get("PATH", "")


def _site_packages(root: str, library: str) -> Iterator[str]:
    for name in listed(root, library)[:_MOST_NAMES]:
        if _PYTHON.fullmatch(name):
            for last in ("site-packages", "dist-packages"):
                if _may_be_folder(at(root, f"{library}/{name}/{last}")):
                    yield f"{library}/{name}/{last}"


def _may_be_folder(path: str) -> bool:
    try:
        return stat.S_ISDIR(os.stat(path).st_mode)
    except PermissionError:
        return True
    except (OSError, ValueError):
        return False


def unreadable(root: str, places: Iterable[str]) -> str:
    """Why one of the folders cannot be listed, so that what is not found need not be absent; else empty."""
    facts = (folder(root, place) for place in places)
    return next((fact.reason for fact in facts if fact.is_unknown), "")


def sites(root: str, places: Iterable[str]) -> tuple[Site, ...]:
    started = frozenset(_grouped(root)[0])
    listings = ((place, listed(root, place)[:_MOST_NAMES]) for place in places)
    return tuple(Site(place, names, dict(_distributions(names)), place in started) for place, names in listings)


def _preferred(candidates: Iterable[Site], needs_gpu: Callable[[Site], bool]) -> Site | None:
    """Several Pythons of an image may hold a package: the one that is started, then one whose build needs a GPU (a CPU
    build is what tools bring along)."""
    ordered = sorted(candidates, key=lambda site: 0 if site.starts else 1 if needs_gpu(site) else 2)
    return ordered[0] if ordered else None


def site_of_torch(root: str, found: Iterable[Site]) -> Site | None:
    holding = [site for site in found if "torch" in site.packages]
    return _preferred(holding, lambda site: torch(root, site.place, site.packages["torch"])["cuda"] != "")


def owners_of_onnxruntime(packages: Iterable[str]) -> list[str]:
    """The distributions that install into the folder onnxruntime; onnxruntime-extensions has its own."""
    return sorted(name for name in packages if name.startswith("onnxruntime") and not _ORT_ELSEWHERE.fullmatch(name))


def site_of_onnxruntime(found: Iterable[Site]) -> Site | None:
    """One where the files are before one where metadata alone was left."""
    holding = [site for site in found if owners_of_onnxruntime(site.packages)]
    whole = [site for site in holding if "onnxruntime" in site.names]
    return _preferred(whole or holding, lambda site: "onnxruntime-gpu" in site.packages)


def _site_of_opencv(root: str, found: Iterable[Site]) -> Site | None:
    """Debian's python3-opencv and a build of one's own leave no metadata; a folder without a library is no OpenCV then."""
    holding = [
        site
        for site in found
        if any(name.startswith("opencv") for name in site.packages)
        or (any(name.partition(".")[0] == "cv2" for name in site.names) and _cv2(root, site.place))
    ]
    return _preferred(holding, lambda site: False)


def scan(root: str, places: Iterable[str]) -> dict[str, Any]:
    """{"packages": {name: version}, "torch": …, "onnxruntime": …, "opencv": …}; the parts only where installed. Of what
    shares one folder `packages` holds that folder's owners only. `unreadable` is the reason if a folder was not listed."""
    places = tuple(places)
    seen = sites(root, places)
    found: dict[str, Any] = {"packages": {}, "unreadable": unreadable(root, places)}
    for site in seen:
        for name, version in site.packages.items():
            if not _SHARED.match(name):
                found["packages"].setdefault(name, version)
    if with_torch := site_of_torch(root, seen):
        found["torch"] = {**torch(root, with_torch.place, with_torch.packages["torch"]), "site": with_torch.place}
        found["packages"]["torch"] = found["torch"]["version"]
    if with_onnxruntime := site_of_onnxruntime(seen):
        found["onnxruntime"] = onnxruntime(root, with_onnxruntime.place)
        owners = owners_of_onnxruntime(with_onnxruntime.packages)
        found["packages"].update({name: with_onnxruntime.packages[name] for name in owners})
    if with_opencv := _site_of_opencv(root, seen):
        found["opencv"] = {"library": _cv2(root, with_opencv.place), "site": with_opencv.place}
        named = {name: version for name, version in with_opencv.packages.items() if name.startswith("opencv")}
        found["packages"].update(named)
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
    """`cuda` is the release it was built with, "" for a build without CUDA, None where neither file nor version says. An
    installation that was overwritten leaves two metadata folders: the file tells which of the two it is."""
    text = read_text(root, f"{place}/torch/version.py").get() or ""
    version = _of_several(root, place, "torch", version, text)
    match = _TORCH_CUDA.search(text)
    if match:
        return {"version": version, "cuda": match.group(1) or ""}
    local = version.partition("+")[2]
    return {"version": version, "cuda": None if not local or local.startswith("cu") else ""}


_VERSION_LINE = re.compile(r"^__version__ ?= ?['\"]([0-9][^'\"\n]{0,99})['\"]", re.MULTILINE)


def _of_several(root: str, place: str, name: str, version: str, text: str) -> str:
    stated = _VERSION_LINE.search(text)
    kinds = (re.fullmatch(rf"{name}-([^-]+)\.dist-info", entry) for entry in listed(root, place)[:_MOST_NAMES])
    versions = [match.group(1) for match in kinds if match]
    if stated is None or len(versions) < 2:
        return version
    whole = stated.group(1)
    public = whole.partition("+")[0]  # PyPI's metadata leaves "+cu121" out
    return public if whole not in versions and public in versions else whole


# package_name = 'onnxruntime-gpu'
# __version__ = '1.22.0'
# cuda_version = '12.8'
_ORT_FIELD = re.compile(r"^(package_name|__version__|cuda_version) = '([^'\n]{1,100})'", re.MULTILINE)


def onnxruntime(root: str, place: str) -> dict[str, Any]:
    """`package` is the one whose files lie in the folder now, "" if that cannot be told. `whole` is False where the
    removal of one of two packages took the shared files away; `unreadable` is the reason if that cannot be seen."""
    capi = f"{place}/onnxruntime/capi"
    fields = dict(_ORT_FIELD.findall(read_text(root, f"{capi}/build_and_package_info.py").get() or ""))
    there = folder(root, capi)
    names = there.get() or ()
    return {
        "package": fields.get("package_name", ""),
        "version": fields.get("__version__", ""),
        "cuda": fields.get("cuda_version", ""),
        "whole": there.is_unknown or any(name.startswith("onnxruntime_pybind11_state") for name in names),
        "unreadable": there.reason if there.is_unknown else "",
        "libraries": {
            provider: f"{capi}/libonnxruntime_providers_{provider}.so"
            for provider in ("cuda", "tensorrt")
            if f"libonnxruntime_providers_{provider}.so" in names
        },
        "site": place,
    }


def _cv2(root: str, place: str) -> str:
    """A build of one's own installs cv2/python-3.11/cv2.cpython-311-x86_64-linux-gnu.so, for that Python alone."""
    built = [
        name for name in listed(root, f"{place}/cv2")[:_MOST_NAMES] if re.fullmatch(r"python-3(\.[0-9]{1,3})?", name)
    ]
    own = re.search(r"/python(3\.[0-9]{1,3})/", place)
    built.sort(key=lambda name: not own or name != f"python-{own.group(1)}")
    for holder in (f"{place}/cv2", *(f"{place}/cv2/{name}" for name in built), place):
        for name in listed(root, holder)[:_MOST_NAMES]:
            if name.startswith("cv2.") and name.endswith(".so"):
                return f"{holder}/{name}"
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
