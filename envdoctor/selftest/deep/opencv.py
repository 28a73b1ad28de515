"""OpenCV: imported, an image encoded and decoded, its GPUs where it was built for them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from envdoctor.probes import cv2_use
from envdoctor.selftest import system_library
from envdoctor.selftest.deep.part import Asked, failed, ok, short
from envdoctor.selftest.needs import ON_A_GPU
from envdoctor.selftest.verdict import DeepResult

if TYPE_CHECKING:
    from envdoctor.probes.child import Say

REMEDY = "install opencv-python-headless again, of another release"
_ALL = "opencv-python opencv-python-headless opencv-contrib-python opencv-contrib-python-headless"


def work(asked: Asked) -> Callable[[Say], None]:
    return partial(cv2_use.probe, site=asked.installed["opencv"]["site"])


def judge(asked: Asked, told: Mapping[str, Any]) -> DeepResult:
    need, owners = asked.need, _owners(asked)
    if "import_error" in told:
        return _not_imported(need, told["import_error"], owners)
    cv2 = told["cv2"]
    if not cv2["whole"]:
        return failed(need, f"cv2 has no imencode, its files are incomplete{_mixed(owners)}", _again(owners))
    if cv2["error"] or not cv2["right"]:
        why = short(cv2["error"]) or "it is not the same image"
        return failed(need, f"OpenCV {cv2['version']} cannot encode and decode an image: {why}", _again(owners))
    cuda = cv2["build"].get("NVIDIA CUDA", "NO")
    if cuda.startswith("YES") and set(asked.needs) & set(ON_A_GPU) and (cv2["cuda_devices"] or 0) < 1:
        return failed(
            need,
            f"OpenCV {cv2['version']} is built with CUDA {cuda[4:].strip('() ')} and sees no GPU "
            f"(getCudaEnabledDeviceCount() gives {cv2['cuda_devices']})",
            "update the host's driver, or build OpenCV with a CUDA that it runs",
        )
    return ok(need, f"OpenCV {cv2['version']} encodes and decodes")


def _owners(asked: Asked) -> list[str]:
    """The distributions that own the folder cv2."""
    packages: Mapping[str, str] = asked.installed.get("packages", {})
    return [f"{name} {version}" for name, version in packages.items() if name.startswith("opencv")]


def _mixed(owners: list[str]) -> str:
    return f" ({' and '.join(owners)} own the same folder)" if len(owners) > 1 else ""


def _again(owners: list[str]) -> str:
    keep = owners[0].partition(" ")[0] if len(owners) == 1 else "the one that you need"
    return f"pip uninstall -y {_ALL}, then pip install {keep}"


def _not_imported(need: str, error: str, owners: list[str]) -> DeepResult:
    cause = f"import cv2 fails: {short(error)}{_mixed(owners)}"
    if system_library.missing(error):
        headless = any("headless" in owner for owner in owners)
        otherwise = "install another release of it" if headless else "install opencv-python-headless instead"
        return failed(need, cause, system_library.remedy(error, otherwise))
    if "numpy" in error:
        return failed(need, cause, "pip install 'numpy<2', or opencv-python 4.10.0.84 or newer, which run with numpy 2")
    return failed(need, cause, _again(owners))
