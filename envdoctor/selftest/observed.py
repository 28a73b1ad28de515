"""Asks the probes, each in a child, until the deadline."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING, Any

from envdoctor.probes import child, device_nodes, driver_calls, installed, stamp
from envdoctor.probes.child import Answers
from envdoctor.probes.files import listed
from envdoctor.probes.presence import LIVE

if TYPE_CHECKING:
    from envdoctor.probes.child import Say


def packages(until: float) -> Answers:
    """What is installed, and what the loader cannot find for it."""
    return remembered(child.ask(_packages, until), stamp.FILES)


def cameras(until: float) -> Answers:
    return remembered(child.ask(_cameras, until), stamp.CAMERA)


def driver(until: float, video: Iterable[str]) -> Answers:
    """What the driver itself says, then what the files around it say: NVML and CUDA share one child."""
    return remembered(child.ask(partial(_driver, video=tuple(video)), until))


def kernel_log(until: float) -> dict[str, Any]:
    """{"xids": [{"xid": 79, "pci": "0000:65:00", …}], "pci": ["0000:65:00"]}; empty if the log cannot be read."""
    return dict(remembered(child.ask(_kernel_log, until), stamp.FILES).told)


def remembered(answers: Answers, kind: str = stamp.DRIVER) -> Answers:
    if answers.stuck is not None:
        stamp.remember(answers.stuck, kind)
    return answers


def _packages(say: Say) -> None:
    from envdoctor.probes import loader

    say("call", "reading what is installed")
    places = installed.folders(LIVE)
    found = installed.scan(LIVE, places)
    found["packages"] = {**cuda_wheels(LIVE, places), **found["packages"]}
    say("installed", found)
    libraries = dict(found.get("onnxruntime", {}).get("libraries", {}))
    if found.get("opencv", {}).get("library"):
        libraries["cv2"] = found["opencv"]["library"]
    site = found.get("onnxruntime", {}).get("site", "")
    for name, path in libraries.items():
        say("call", f"dynamic loader on {path}")
        names = loader.missing(path)
        if names is None:
            continue
        told: dict[str, Any] = {"path": path, "missing": names}
        told["in_packages"] = {
            soname: place for soname in names if (place := installed.in_packages(LIVE, site, soname))
        }
        if set(names) - set(told["in_packages"]):
            say(f"loader {name}", {**told, "error": names[0]})  # in case that dlopen crashes
            told["error"] = loader.error(path) or names[0]
        say(f"loader {name}", told)


# nvidia_cublas_cu12-12.4.5.8.dist-info, nvidia_cuda_runtime-13.0.48.dist-info
_WHEEL = re.compile(r"(nvidia_(?:cublas|cudnn|cuda_runtime)(?:_cu1[0-9])?)-([0-9][0-9.]{0,40})\.dist-info")


def cuda_wheels(root: str, places: Iterable[str]) -> dict[str, str]:
    """NVIDIA's own, which programs bring that were built without a CUDA of their own."""
    matches = (_WHEEL.fullmatch(name) for place in places for name in listed(root, place))
    return {match.group(1).replace("_", "-"): match.group(2) for match in matches if match}


def _driver(say: Say, video: tuple[str, ...]) -> None:
    from envdoctor.probes import surroundings

    libcuda = driver_calls.ask(say, video)
    say("call", "read of /proc/driver/nvidia")
    say("surroundings", surroundings.probe(LIVE, libcuda)._asdict())


def _kernel_log(say: Say) -> None:
    from envdoctor.probes import kernel_log

    found = kernel_log.probe(LIVE)
    if found.is_known:
        say("pci", kernel_log.here(LIVE))
        say("xids", [item._asdict() for item in found.need()])


def _cameras(say: Say) -> None:
    nodes = device_nodes.cameras(LIVE)
    person = device_nodes.first_process(LIVE)
    say("call", "open of /dev/video*")
    say("cameras", device_nodes.opened(LIVE, nodes))
    if person.is_known:
        say("cameras_refused", device_nodes.refused(LIVE, nodes, person.need()))
