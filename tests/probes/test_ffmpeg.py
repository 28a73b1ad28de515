"""What ffmpeg prints, of releases 4.4 and 7.0."""

from __future__ import annotations

from envdoctor.probes.ffmpeg import parse_coders, parse_hwaccels

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
