"""Each need that is not the driver's: what is wrong with it, if anything."""

from __future__ import annotations

import errno
import os
from collections.abc import Mapping
from typing import Any

from envdoctor.probes.driver_calls import VIDEO
from envdoctor.probes.files import read_text
from envdoctor.probes.presence import LIVE
from envdoctor.selftest.verdict import Problem


def _too_new(need: str, what: str, cuda: str | None, told: Mapping[str, Any]) -> Problem | None:
    """A CUDA runtime of a later major release than the driver's gives error 35 (cudaErrorInsufficientDriver); within a
    major release it runs. https://docs.nvidia.com/deploy/cuda-compatibility/minor-version-compatibility.html"""
    major, number = (cuda or "").partition(".")[0], told.get("cuDriverGetVersion")
    if not isinstance(number, int) or not (major.isascii() and major.isdigit()) or int(major) <= number // 1000:
        return None
    return Problem(
        need,
        f"{what} is built with CUDA {cuda}, and the driver runs CUDA {number // 1000}.{number % 1000 // 10}",
        f"update the host's driver, or install a build with CUDA {number // 1000}: envdoctor check tells which",
    )


def _not_installed(need: str, name: str, remedy: str, installed: Mapping[str, Any]) -> Problem:
    """What lies in a folder that cannot be listed need not be missing."""
    unseen = installed.get("unreadable")
    if unseen:
        return Problem(
            need,
            f"whether {name} is installed cannot be told: {unseen}",
            "let the user who runs the self-test list that folder (chmod o+rx), or run it as the program's user",
        )
    return Problem(need, f"{name} is expected and not installed", remedy)


def torch(installed: Mapping[str, Any], told: Mapping[str, Any]) -> Problem | None:
    found = installed.get("torch")
    if found is None:
        return _not_installed("torch", "torch", "install a CUDA build of torch in the image", installed)
    if found["cuda"] == "":
        return Problem(
            "torch",
            f"torch {found['version']} is a build without CUDA",
            "install a CUDA build: pip install torch --index-url https://download.pytorch.org/whl/cu126 (or the CUDA you need)",
        )
    return _too_new("torch", f"torch {found['version']}", found["cuda"], told)


def onnxruntime(installed: Mapping[str, Any], told: Mapping[str, Any], need: str) -> Problem | None:
    found = installed.get("onnxruntime")
    if found is None:
        return _not_installed(need, "ONNX Runtime", "install onnxruntime-gpu in the image", installed)
    if not found["whole"]:
        return Problem(
            need,
            "the files of ONNX Runtime are incomplete, as after removing one of two of its packages",
            "pip uninstall -y onnxruntime onnxruntime-gpu, then pip install onnxruntime-gpu",
        )
    if need == "onnxruntime":
        return None
    return (
        _cpu_package(found, installed["packages"], need)
        or _too_new(need, f"onnxruntime-gpu {found['version']}", found["cuda"], told)
        or _provider(found, told, need)
    )


def _cpu_package(found: Mapping[str, Any], packages: Mapping[str, str], need: str) -> Problem | None:
    if found["package"] != "onnxruntime":
        return None
    if "onnxruntime-gpu" in packages:
        return Problem(
            need,
            "onnxruntime and onnxruntime-gpu are both installed, and the files are those of onnxruntime: it runs on the CPU",
            "pip uninstall -y onnxruntime onnxruntime-gpu, then pip install onnxruntime-gpu",
        )
    return Problem(need, f"only the CPU package onnxruntime {found['version']} is installed", "install onnxruntime-gpu")


def _provider(found: Mapping[str, Any], told: Mapping[str, Any], need: str) -> Problem | None:
    name = need.rpartition("-")[2]
    path = found["libraries"].get(name)
    if path is None:
        return Problem(
            need,
            f"ONNX Runtime holds no libonnxruntime_providers_{name}.so",
            "install onnxruntime-gpu instead of the package that is there",
        )
    answer = told.get(f"loader {name}")
    if not isinstance(answer, dict) or "error" not in answer:
        return None
    return Problem(
        need,
        f"ONNX Runtime would run on the CPU, its {name} provider cannot be loaded: {answer['error']}",
        "install the CUDA and cuDNN libraries of the release it was built for: envdoctor check tells which",
    )


def preloaded(told: Mapping[str, Any]) -> tuple[str, ...]:
    """Libraries that the program must load itself."""
    notes = []
    for name in ("cuda", "tensorrt"):
        answer = told.get(f"loader {name}")
        if isinstance(answer, dict) and answer.get("in_packages") and "error" not in answer:
            soname, place = next(iter(answer["in_packages"].items()))
            notes.append(
                f"ONNX Runtime's {name} provider finds {soname} only in {place}: the program must import torch or call "
                "onnxruntime.preload_dlls() first"
            )
    return tuple(notes)


def video(need: str, told: Mapping[str, Any], environment: Mapping[str, str]) -> Problem | None:
    error = told.get(VIDEO[need])
    if error == "":
        return None
    capabilities = environment.get("NVIDIA_DRIVER_CAPABILITIES", "")
    cause = f"{VIDEO[need]}.so.1 cannot be loaded: {error or 'the driver was not asked'}"
    if {"all", "video"} & set(capabilities.split(",")):
        return Problem(need, cause, "the host's driver installation lacks it: install its video libraries there")
    return Problem(
        need,
        f"{cause} (NVIDIA_DRIVER_CAPABILITIES is {capabilities or 'not set'}, without video)",
        "set NVIDIA_DRIVER_CAPABILITIES=compute,utility,video and create the container again",
    )


def opencv(installed: Mapping[str, Any], told: Mapping[str, Any]) -> Problem | None:
    found = installed.get("opencv")
    if found is None:
        return _not_installed("opencv", "OpenCV", "install opencv-python-headless in the image", installed)
    if not found["library"]:
        return Problem(
            "opencv",
            "the files of cv2 are incomplete, as after removing one of two OpenCV packages",
            "pip uninstall -y every opencv package, then install the one you need",
        )
    answer = told.get("loader cv2")
    if not isinstance(answer, dict) or not answer["missing"]:
        return None
    error = answer.get("error") or f"{answer['missing'][0]}: cannot open shared object file"
    return Problem("opencv", f"import cv2 fails: {error}", _library_or_headless(error, installed.get("packages", {})))


def _library_or_headless(error: str, packages: Mapping[str, str]) -> str:
    from envdoctor.selftest.system_library import remedy

    headless = any(name.startswith("opencv") and "headless" in name for name in packages)
    return remedy(error, "install another release of it" if headless else "install opencv-python-headless instead")


def display(environment: Mapping[str, str]) -> Problem | None:
    """The socket is looked for; nothing is sent to it."""
    wayland, name = environment.get("WAYLAND_DISPLAY", ""), environment.get("DISPLAY", "")
    if wayland:
        folder = environment.get("XDG_RUNTIME_DIR", "")
        path = wayland if wayland.startswith("/") else f"{folder}/{wayland}"
        if os.path.exists(path):
            return None
        if not name:
            return Problem("display", f"WAYLAND_DISPLAY={wayland} has no socket {path}", "mount it into the container")
    if not name:
        return Problem(
            "display", "neither DISPLAY nor WAYLAND_DISPLAY is set", "give -e DISPLAY -v /tmp/.X11-unix:/tmp/.X11-unix"
        )
    if not name.startswith((":", "unix:")):
        return None  # over the network: cannot be told without asking it
    number = name.rpartition(":")[2].partition(".")[0]
    path = f"/tmp/.X11-unix/X{number}"  # noqa: S108  # X11's own place
    if os.path.exists(path) or f"@{path}" in (read_text(LIVE, "/proc/net/unix").get() or "").split():
        return None  # an abstract socket is reached without a mount, in the host's network
    return Problem("display", f"DISPLAY={name} has no socket {path}", "give -v /tmp/.X11-unix:/tmp/.X11-unix")


def camera(told: Mapping[str, Any]) -> Problem | None:
    errors: Mapping[str, int] | None = told.get("cameras")
    if errors is None:
        return None  # they did not answer, which is a problem of its own
    if not errors:
        return Problem("camera", "there is no /dev/video* (not a V4L2 camera's node)", "give --device /dev/video0")
    if not {0, errno.EBUSY} & set(errors.values()):
        path, error = next(iter(errors.items()))
        return Problem(
            "camera",
            f"{path} cannot be opened: {os.strerror(error)}",
            "give --device and --group-add video to docker run",
        )
    if told.get("cameras_refused"):
        return Problem(
            "camera", f"process 1 may not open {told['cameras_refused'][0]}", "give --group-add video to docker run"
        )
    return None
