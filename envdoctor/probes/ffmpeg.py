"""What an installed ffmpeg was built with, in its own words. For a child (`child.ask`).

Sources: `ffmpeg -hide_banner -hwaccels`, `-decoders`, `-encoders`; of a recording, what they printed.
https://ffmpeg.org/ffmpeg.html#Generic-options
"""

from __future__ import annotations

import os
import re
import time

from envdoctor.probes.presence import LIVE, at
from envdoctor.probes.programs import answer


def program(root: str = LIVE, path: str = "") -> str:
    """The first ffmpeg of `path` (that of this machine: of PATH), "" if there is none."""
    for folder in (os.environ.get("PATH", "") if root == LIVE else path).split(":")[:100]:
        file = f"{folder}/ffmpeg"
        if folder.startswith("/") and os.path.isfile(at(root, file)) and (root != LIVE or os.access(file, os.X_OK)):
            return file
    return ""


def ask(path: str, seconds: float = 3.0, root: str = LIVE) -> dict[str, object]:
    """One that takes longer is an error: only a note hangs on it.

    {"path", "hwaccels": ["cuda"], "cuvid": ["h264_cuvid"], "nvenc": ["h264_nvenc"], "error": ""}"""
    found: dict[str, object] = {"path": path, "error": ""}
    until = time.monotonic() + seconds
    try:
        found["hwaccels"] = parse_hwaccels(_asked(root, path, "-hwaccels", until))
        found["cuvid"] = parse_coders(_asked(root, path, "-decoders", until), "_cuvid")
        found["nvenc"] = parse_coders(_asked(root, path, "-encoders", until), "_nvenc")
    except OSError as error:
        found["error"] = f"{path} cannot be asked: {error.strerror}"
    return found


def _asked(root: str, path: str, what: str, until: float) -> str:
    return answer(root, [path, "-hide_banner", what], os.environ, until - time.monotonic())


# Hardware acceleration methods:
# vdpau
# cuda
def parse_hwaccels(text: str) -> list[str]:
    after = text.partition("Hardware acceleration methods:")[2]
    return [word for line in after.splitlines()[:100] if re.fullmatch("[a-z0-9_]{1,30}", word := line.strip())]


#  V..... h264_cuvid           Nvidia CUVID H264 decoder (codec h264)
#  V....D h264_nvenc           NVIDIA NVENC H.264 encoder (codec h264)
def parse_coders(text: str, ending: str) -> list[str]:
    names = re.findall(r"^ [VAS][F.][S.][X.][B.][D.] ([a-z0-9_]{1,60})\s", text, re.MULTILINE)
    return [name for name in names if name.endswith(ending)]
