"""What ffmpeg prints, of releases 4.4 and 7.0."""

from __future__ import annotations

import json
from pathlib import Path

from envdoctor.probes.ffmpeg import ask, parse_coders, parse_hwaccels, program

HWACCELS = "Hardware acceleration methods:\nvdpau\ncuda\nvaapi\nqsv\ndrm\nopencl\nvulkan\n\n"
DECODERS = """Decoders:
 V..... = Video
 A..... = Audio
 ------
 V....D 012v                 Uncompressed 4:2:2 10-bit
 VFS..D h264                 H.264 / AVC / MPEG-4 AVC / MPEG-4 part 10
 V..... h264_cuvid           Nvidia CUVID H264 decoder (codec h264)
 V..... hevc_cuvid           Nvidia CUVID HEVC decoder (codec hevc)
 A....D aac                  AAC (Advanced Audio Coding)
"""


def test_nothing() -> None:
    assert parse_hwaccels("") == []
    assert parse_hwaccels("ffmpeg: error while loading shared libraries: libx.so.1\n") == []
    assert parse_coders("", "_cuvid") == []


def test_lists() -> None:
    assert parse_hwaccels(HWACCELS) == ["vdpau", "cuda", "vaapi", "qsv", "drm", "opencl", "vulkan"]
    assert parse_coders(DECODERS, "_cuvid") == ["h264_cuvid", "hevc_cuvid"]
    assert parse_coders(DECODERS, "_nvenc") == []


def test_a_recording_without_an_answer_says_so(tmp_path: Path) -> None:
    assert program(str(tmp_path), "/usr/bin") == ""
    (tmp_path / "usr/bin").mkdir(parents=True)
    (tmp_path / "usr/bin/ffmpeg").write_text("")
    assert program(str(tmp_path), "relative:/usr/bin") == "/usr/bin/ffmpeg"
    told = ask("/usr/bin/ffmpeg", root=str(tmp_path))
    assert told["error"] == "/usr/bin/ffmpeg cannot be asked: the recording holds no answer of it"


def test_recorded_answers(tmp_path: Path) -> None:
    texts = {"-hwaccels": HWACCELS, "-decoders": DECODERS, "-encoders": " V....D h264_nvenc  NVIDIA NVENC\n"}
    entries = [{"argv": ["/bin/ffmpeg", "-hide_banner", what], "output": text} for what, text in texts.items()]
    (tmp_path / "commands.json").write_text(json.dumps(entries))
    told = ask("/bin/ffmpeg", root=str(tmp_path))
    assert (told["cuvid"], told["nvenc"], told["error"]) == (["h264_cuvid", "hevc_cuvid"], ["h264_nvenc"], "")
