"""What the driver, the dynamic loader and the devices of this machine answer, each asked in a child with a deadline.

None of it can be asked of a recording.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from typing import Any

from envdoctor.facts import Fact, unknown
from envdoctor.probes.child import Answers
from envdoctor.probes.files import listed
from envdoctor.probes.installed import owners_of_onnxruntime
from envdoctor.probes.presence import LIVE

_SECONDS = 15.0  # without persistence mode the driver starts every GPU first
_VIDEO = {"nvcuvid": "libnvcuvid", "nvidia_encode": "libnvidia-encode"}


def nothing(reason: str) -> dict[str, Any]:
    gone: Fact[Any] = unknown(reason)
    return dict.fromkeys(("cuda", "nvml", *_VIDEO, "cameras", "onnxruntime", "opencv"), gone)


def ask() -> dict[str, Any]:
    from envdoctor.probes import stamp
    from envdoctor.selftest import observed

    stuck = stamp.still_stuck()
    if stuck is not None:
        return nothing(f"the driver does not answer: process {stuck} of an earlier run still waits for it")
    driver = observed.driver(time.monotonic() + _SECONDS, ("nvdec", "nvenc"))
    packages = observed.packages(time.monotonic() + _SECONDS)
    cameras = observed.cameras(time.monotonic() + _SECONDS)
    seen = of_cameras(cameras) if listed(LIVE, "/dev") else unknown("/dev cannot be listed")
    return {**of_driver(driver), **of_packages(packages), "cameras": seen}


def _lacking(answers: Answers, name: str) -> Fact[Any]:
    during = f" (in {answers.during})" if answers.during else ""
    return unknown(f"{name} was not told: {answers.ending}{during}" if answers.ending else f"{name} was not told")


def of_driver(answers: Answers) -> dict[str, Any]:
    told = answers.told
    found: dict[str, Any] = {"cuda": _cuda(answers), "nvml": _nvml(answers)}
    for name, library in _VIDEO.items():
        error = told.get(library)
        found[name] = _lacking(answers, library) if error is None else {"loadable": error == "", "error": error or None}
    return found


def _cuda(answers: Answers) -> object:
    """`origin` is a word of libcuda_origin: injected, compat, stub, package, file."""
    told = answers.told
    if told.get("libcuda_error"):
        return {"library": False, "error": told["libcuda_error"]}
    if "libcuda" not in told:
        return _lacking(answers, "libcuda")
    around = told.get("surroundings")
    code = told.get("cuInit")
    return {
        "library": told["libcuda"] or None,
        "origin": (around.get("libcuda_kind") if isinstance(around, dict) else None) or None,
        "error": None,
        "cuInit": _lacking(answers, "cuInit") if code is None else code,
        "driver": _dotted(told.get("cuDriverGetVersion")),
        "gpus": told.get("gpus"),
        "opened": told.get("opened"),
    }


def _nvml(answers: Answers) -> object:
    told = answers.told
    if told.get("libnvidia-ml_error"):
        return {"library": False, "error": told["libnvidia-ml_error"]}
    if "nvmlInit" not in told:
        return _lacking(answers, "NVML")
    return {"library": True, "error": None, "nvmlInit": told["nvmlInit"], "gpu_states": _states(told.get("nvml"))}


def _states(told: object) -> object:
    return told.get("gpus") if isinstance(told, dict) else None


def _dotted(number: object) -> str | None:
    """12020 is CUDA 12.2."""
    return f"{number // 1000}.{number % 1000 // 10}" if isinstance(number, int) and number >= 1000 else None


def of_packages(answers: Answers) -> dict[str, Any]:
    installed = answers.told.get("installed")
    if not isinstance(installed, dict):
        gone = _lacking(answers, "what is installed")
        return {"onnxruntime": gone, "opencv": gone}
    found: dict[str, Any] = {
        "onnxruntime": _onnxruntime(installed, answers.told),
        "opencv": _opencv(installed, answers.told),
    }
    unseen = installed.get("unreadable")
    return {name: unknown(str(unseen)) if unseen and part is False else part for name, part in found.items()}


def _onnxruntime(installed: Mapping[str, Any], told: Mapping[str, object]) -> object:
    """False: none is installed. `owners` share one folder; `package` is the one whose files lie there now. `missing`:
    what the loader cannot find for each provider's library."""
    part = installed.get("onnxruntime")
    if not part:
        return False
    return {
        "owners": owners_of_onnxruntime(installed["packages"]),
        "package": part["package"] or None,
        "version": part["version"] or None,
        "whole": unknown(part["unreadable"]) if part.get("unreadable") else part["whole"],
        "missing": {name: _missing(told.get(f"loader {name}")) for name in part["libraries"]},
    }


def _missing(told: object) -> object:
    return list(told["missing"]) if isinstance(told, dict) else unknown("the dynamic loader did not tell")


def _opencv(installed: Mapping[str, Any], told: Mapping[str, object]) -> object:
    """`importable` is false if libraries are missing; that none is does not prove that it can be imported."""
    part = installed.get("opencv")
    if not part:
        return False
    owners = {name: version for name, version in installed["packages"].items() if name.startswith("opencv")}
    missing = _missing(told.get("loader cv2"))
    unproven: Fact[bool] = unknown("cv2 was not imported")
    return {
        "owners": sorted(owners),
        "version": next(iter(owners.values()), None) if len(set(owners.values())) == 1 else None,
        "importable": False if isinstance(missing, list) and missing else unproven,
        "missing": missing,
    }


def of_cameras(answers: Answers) -> object:
    """Openable by this process and, where it is known, by the program's user. A reason is the system's own."""
    opened, refused = answers.told.get("cameras"), answers.told.get("cameras_refused")
    if not isinstance(opened, dict):
        return _lacking(answers, "/dev/video*")
    lines = [str(line) for line in refused] if isinstance(refused, list) else []
    return [_camera(path, code, lines) for path, code in opened.items()]


def _camera(path: str, code: int, refused: list[str]) -> dict[str, object]:
    line = next((line for line in refused if line.startswith(f"{path} ")), None)
    error = (os.strerror(code) if code > 0 else "cannot be opened") if code else None
    if line is not None:
        error = f"the program's user may not open {line}"
    return {"path": path, "openable": error is None, "error": error}
