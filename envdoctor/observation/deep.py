"""What PyTorch, ONNX Runtime and OpenCV do when they are imported and used: `envdoctor probe --deep`.

Each in a child of its own, as the deep self-test does it; only what is installed. What a package did not tell is left out,
so that a rule reads the versions instead.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from envdoctor.facts import Fact, unknown
from envdoctor.probes import child, cv2_use, installed, onnxruntime_session, torch_use
from envdoctor.probes.child import Answers
from envdoctor.probes.presence import LIVE

if TYPE_CHECKING:
    from envdoctor.probes.child import Say

_SECONDS_OF_SCAN = 15.0
_SECONDS = 120.0  # importing PyTorch from a cold disk, and its first kernel on every GPU
_CPU, _CUDA = "onnxruntime", "onnxruntime-cuda"


def ask() -> dict[str, Any]:
    """Parts of `observed`, by component."""
    found = child.ask(_scan, time.monotonic() + _SECONDS_OF_SCAN).told.get("installed")
    if not isinstance(found, dict):
        return {}
    seen: dict[str, Any] = {}
    if "torch" in found:
        work = partial(torch_use.probe, site=found["torch"]["site"], gpus=None)
        seen["torch"] = of_torch(_asked(work))
    if "onnxruntime" in found:
        needs = [_CUDA] if "onnxruntime-gpu" in found["packages"] else [_CPU]
        site = found["onnxruntime"]["site"]
        work = partial(onnxruntime_session.probe, site=site, needs=needs, preload=False)
        seen["onnxruntime"] = of_onnxruntime(_asked(work), onnxruntime_session.PROVIDERS[needs[0]])
    if "opencv" in found:
        seen["opencv"] = of_opencv(_asked(partial(cv2_use.probe, site=found["opencv"]["site"])))
    return seen


def _scan(say: Say) -> None:
    """A folder on a network drive may hang."""
    say("installed", installed.scan(LIVE, installed.folders(LIVE)))


def _asked(work: Any) -> Answers:
    from envdoctor.selftest import observed

    return observed.remembered(child.ask(work, time.monotonic() + _SECONDS))


def _lacking(answers: Answers) -> Fact[Any]:
    during = f" (in {answers.during})" if answers.during else ""
    return unknown(f"not told: {answers.ending or 'no answer'}{during}")


def of_torch(answers: Answers) -> dict[str, Any]:
    """`gpus`: whether a kernel and a convolution gave the CPU's result on each."""
    told = answers.told.get("torch")
    if not isinstance(told, dict):
        error = answers.told.get("import_error")
        return {"cuda_available": False, "error": error} if error else {"cuda_available": _lacking(answers)}
    gpus = answers.told.get("torch gpus")
    seen: dict[str, Any] = {
        "cuda_available": told["available"],
        "version": told["version"],
        "cudnn": told["cudnn"] if isinstance(told["cudnn"], int) else _unless(told["cudnn_error"]),
        "error": told["why"] or told["cudnn_error"] or None,
    }
    if told["arch_list"]:
        seen["arch_list"] = told["arch_list"]
    if isinstance(gpus, list):
        seen["gpus"] = [{"name": gpu["name"], "right": gpu["right"], "error": gpu["error"] or None} for gpu in gpus]
    return seen


def _unless(error: str) -> Fact[Any]:
    return unknown(error or "PyTorch names no cuDNN where it has no GPU")


def of_onnxruntime(answers: Answers, provider: str) -> dict[str, Any]:
    """`session_providers` of a real session that was asked for `provider`: without it, the session fell back to the CPU."""
    told = answers.told.get(f"session {provider}")
    if not isinstance(told, dict):
        error = answers.told.get("import_error")
        return {"session_providers": [], "warnings": [error]} if error else {"session_providers": _lacking(answers)}
    lines = [line.strip() for line in str(told.get("log") or "").splitlines() if line.strip()]
    return {
        "session_providers": list(told["providers"]),
        "warnings": [*([told["error"]] if told["error"] else []), *lines][:50],
    }


def of_opencv(answers: Answers) -> dict[str, Any]:
    told = answers.told.get("cv2")
    if not isinstance(told, dict):
        error = answers.told.get("import_error")
        return {"importable": False, "error": error} if error else {"importable": _lacking(answers)}
    build: Mapping[str, str] = told.get("build") or {}
    return {
        "importable": told["whole"],
        "version": told["version"] or None,
        "cuda": build.get("NVIDIA CUDA", "NO").startswith("YES") if build else unknown("its build is not told"),
        "gui": build.get("GUI") or unknown("its build is not told"),
        "right": told.get("right"),
        "cuda_devices": told.get("cuda_devices"),
    }
