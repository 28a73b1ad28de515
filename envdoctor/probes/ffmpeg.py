"""What an installed ffmpeg was built with, in its own words. For a child (`child.ask`).

Sources: `ffmpeg -hide_banner -hwaccels`, `-decoders`, `-encoders`. https://ffmpeg.org/ffmpeg.html#Generic-options
"""

from __future__ import annotations

import os
import re
import time

from envdoctor.probes.command import output


def program() -> str:
    """The first ffmpeg of PATH, "" if there is none."""
    for folder in os.environ.get("PATH", "").split(":")[:100]:
        path = f"{folder}/ffmpeg"
        if folder.startswith("/") and os.access(path, os.X_OK) and os.path.isfile(path):
            return path
    return ""


def ask(path: str, seconds: float = 3.0) -> dict[str, object]:
    """One that takes longer is an error: only a note hangs on it.

    {"path", "hwaccels": ["cuda"], "cuvid": ["h264_cuvid"], "nvenc": ["h264_nvenc"], "error": ""}"""
    found: dict[str, object] = {"path": path, "error": ""}
    until = time.monotonic() + seconds
    try:
        found["hwaccels"] = parse_hwaccels(_asked(path, "-hwaccels", until))
        found["cuvid"] = parse_coders(_asked(path, "-decoders", until), "_cuvid")
        found["nvenc"] = parse_coders(_asked(path, "-encoders", until), "_nvenc")
    except OSError as error:
        found["error"] = f"{path} cannot be asked: {error.strerror}"
    return found


def _asked(path: str, what: str, until: float) -> str:
    return output([path, "-hide_banner", what], os.environ, until)


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
