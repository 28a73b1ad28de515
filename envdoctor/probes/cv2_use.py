"""OpenCV at work, in a child (`child.ask`): an image encoded and decoded, what was built in, the GPUs it sees. Tells:

    import_error   why cv2 cannot be imported
    cv2            {"version", "file", "whole", "build": {"GUI": "NONE", …}, "error", "right", "cuda_devices"}

`whole` is False where removing one of two packages left a folder without its library: Python imports it as a namespace
package. `cuda_devices` is None where there is no cv2.cuda, -1 where driver and build do not fit.
https://docs.opencv.org/4.x/d8/d40/group__cudacore__init.html
"""

from __future__ import annotations

import re
from importlib import import_module
from typing import TYPE_CHECKING, Any

from envdoctor.probes.imported import explained, prepared

if TYPE_CHECKING:
    from envdoctor.probes.child import Say


def probe(say: Say, site: str) -> None:
    prepared(site)
    say("call", "import cv2")
    try:
        cv2: Any = import_module("cv2")
    except Exception as error:
        say("import_error", explained(error))
        return
    file = getattr(cv2, "__file__", None)
    whole = file is not None and all(hasattr(cv2, name) for name in ("getBuildInformation", "imencode", "imdecode"))
    found: dict[str, Any] = {"version": str(getattr(cv2, "__version__", "")), "file": file, "whole": whole}
    if whole:
        say("call", "cv2.getBuildInformation()")
        found["build"] = parse_build(cv2.getBuildInformation())
        say("call", "cv2.imencode() and cv2.imdecode()")
        found["error"], found["right"] = _coded(cv2)
        say("cv2", found)
        say("call", "cv2.cuda.getCudaEnabledDeviceCount()")
        found["cuda_devices"] = _cuda_devices(cv2)
    say("cv2", found)


#   GUI:                           QT5
#   Video I/O:
#     FFMPEG:                      YES
#     v4l/v4l2:                    YES (linux/videodev2.h)
#   NVIDIA CUDA:                   YES (ver 12.4, CUFFT CUBLAS)
_BUILD = re.compile(r"^ {1,8}(GUI|NVIDIA CUDA|FFMPEG|v4l/v4l2): {1,60}(\S[^\n]{0,100})$", re.MULTILINE)


def parse_build(text: str) -> dict[str, str]:
    return {name: value.strip() for name, value in _BUILD.findall(text[:65536])}


def _coded(cv2: Any) -> tuple[str, bool]:
    """PNG loses nothing; BMP is in every build."""
    try:
        numpy: Any = import_module("numpy")
        image = numpy.arange(16 * 16 * 3, dtype=numpy.uint8).reshape(16, 16, 3)
        for kind in (".png", ".bmp"):
            done, content = cv2.imencode(kind, image)
            if done:
                return "", bool((cv2.imdecode(content, cv2.IMREAD_COLOR) == image).all())
    except Exception as error:
        return explained(error), False
    return "it encodes neither PNG nor BMP", False


def _cuda_devices(cv2: Any) -> int | None:
    try:
        return int(cv2.cuda.getCudaEnabledDeviceCount())
    except Exception:  # no cv2.cuda, or it raises: the build has no CUDA
        return None
