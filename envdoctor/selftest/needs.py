"""What the image needs: stated, or found by what is installed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

NEEDS = {
    "cuda": "CUDA starts and sees a GPU",
    "torch": "PyTorch with CUDA",
    "onnxruntime": "ONNX Runtime, on the CPU or a GPU",
    "onnxruntime-cuda": "ONNX Runtime's CUDA provider",
    "onnxruntime-tensorrt": "ONNX Runtime's TensorRT provider",
    "nvdec": "video decoding on the GPU",
    "nvenc": "video encoding on the GPU",
    "opencv": "the Python package cv2",
    "display": "an X11 or Wayland display",
    "camera": "a V4L2 camera",
}
NOTHING = "none"
ON_A_GPU = ("cuda", "torch", "onnxruntime-cuda", "onnxruntime-tensorrt", "nvdec", "nvenc")
# What the deep self-test really uses, in this order: what is quick leaves its time to the others.
USED_BY_DEEP = ("opencv", "nvdec", "nvenc", "onnxruntime", "onnxruntime-cuda", "onnxruntime-tensorrt", "torch")
_CUDA_ALONE = re.compile(r"cupy-cuda\w+|tensorrt(-.*)?|jax-cuda\w+-plugin")
_CUDA_WHEEL = re.compile(r"nvidia-(?:cublas|cudnn|cuda-runtime)(?:-cu1[0-9])?")
_FRAMEWORKS = ("torch", "onnxruntime")


class UnknownNeed(ValueError):
    """A stated need that is none of NEEDS."""


def stated(text: str, where: str) -> dict[str, str]:
    """The needs in a list such as "torch,nvdec"; none for "none". Raises UnknownNeed."""
    names = [name.strip() for name in text.split(",") if name.strip()]
    if not names:
        raise UnknownNeed(f"{where} is empty; expected a list such as torch,onnxruntime-cuda, or {NOTHING}")
    for name in names:
        if name not in NEEDS and name != NOTHING:
            raise UnknownNeed(f"{where}: {name[:60]!r} is not known; the names are {', '.join(NEEDS)}, or {NOTHING}")
    if NOTHING in names and len(names) > 1:
        raise UnknownNeed(f"{where}: {NOTHING} stands alone; leave it out or give nothing else")
    return {name: where for name in names if name != NOTHING}


def found(installed: Mapping[str, Any], environment: Mapping[str, str]) -> dict[str, str]:
    """The needs that follow from what is installed, each with its reason."""
    needs = dict(_of_packages(installed))
    if needs.keys() & set(ON_A_GPU) or any(name in installed for name in _FRAMEWORKS):
        return needs
    if environment.get("NVIDIA_REQUIRE_CUDA"):  # an image built on nvidia/cuda, with programs that are not Python's
        return {"cuda": "NVIDIA_REQUIRE_CUDA is set in the image", **needs}
    return needs


def _of_packages(installed: Mapping[str, Any]) -> list[tuple[str, str]]:
    packages: Mapping[str, str] = installed.get("packages", {})
    needs: list[tuple[str, str]] = []
    torch = installed.get("torch")
    if torch and (torch["cuda"] or (torch["cuda"] is None and "cu" in torch["version"].partition("+")[2])):
        needs.append(("torch", f"torch {torch['version']} with CUDA is installed"))
    if "onnxruntime-gpu" not in packages and "onnxruntime" in packages:
        needs.append(("onnxruntime", f"onnxruntime {packages['onnxruntime']} is installed"))
    if "onnxruntime-gpu" in packages:
        needs.append(("onnxruntime-cuda", f"onnxruntime-gpu {packages['onnxruntime-gpu']} is installed"))
    if "pynvvideocodec" in packages:
        needs.append(("nvdec", "PyNvVideoCodec is installed"))
    alone = next((name for name in packages if _CUDA_ALONE.fullmatch(name)), None)
    on_a_gpu = any(need in ON_A_GPU for need, _ in needs)
    if alone is None and not on_a_gpu and not torch:  # beside a CPU build of PyTorch they are left over
        alone = next((name for name in packages if _CUDA_WHEEL.fullmatch(name)), None)  # TensorFlow, CTranslate2
    if alone:
        needs.append(("cuda", f"{alone} {packages[alone]} is installed"))
    if "opencv" in installed:
        name = next((name for name in packages if name.startswith("opencv")), "")
        needs.append(("opencv", f"{name} {packages[name]} is installed" if name else "cv2 is installed"))
    return needs
