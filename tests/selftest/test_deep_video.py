"""NVDEC and NVENC in `--deep`: compiled stand-ins that check NVIDIA's layouts, through the real ctypes path."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.selftest.conftest import Run, compiled, processes

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs Linux: not on this system")
TWO = "NVIDIA A100-SXM4-80GB|14|8.0|81920|0;Tesla T4|2|7.5|15360|-1"


def test_what_is_decoded_and_encoded(with_driver: Run) -> None:
    done = with_driver("--deep", "--expect", "nvdec,nvenc")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith(
        "; nvdec, nvenc; deep: NVDEC of Tesla T4 decodes mpeg2, h264, jpeg, hevc, vp8, vp9, "
        "NVENC 12.1 of Tesla T4 encodes h264, hevc\n"
    )


def test_a_driver_with_an_older_api(with_driver: Run) -> None:
    assert (
        "NVENC 10.0 of Tesla T4 encodes" in with_driver("--deep", "--expect", "nvenc", STAND_IN_NVENC_API="160").stdout
    )


def test_every_gpu_is_asked(with_driver: Run) -> None:
    done = with_driver("--deep", "--expect", "nvdec", "--format", "json", STAND_IN_GPUS=TWO)
    (part,) = json.loads(done.stdout)["deep"]
    assert [gpu["name"] for gpu in part["observed"]["video"]] == ["NVIDIA A100-SXM4-80GB", "Tesla T4"]


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"STAND_IN_NVENC_SESSION": "10"}, "nvenc: no NVENC session is free (code 10): others use them"),
        ({"STAND_IN_CONTEXT": "2"}, "nvdec, nvenc: there was no GPU memory for a CUDA context"),
        ({"STAND_IN_USED": "15000"}, "nvdec, nvenc: GPU 0 has 360 MiB of memory free, and the test takes up to 512"),
        ({"STAND_IN_MODE": "3"}, "nvdec, nvenc: GPU 0 is in exclusive compute mode"),
    ],
)
def test_what_the_workload_uses_is_left_alone(with_driver: Run, settings: dict[str, str], words: str) -> None:
    done = with_driver("--deep", "--expect", "nvdec,nvenc", **settings)
    assert done.returncode == 0
    assert f"; deep skipped: {words}" in done.stdout


def test_libraries_of_a_kind_that_cannot_be_asked(run: Run, libraries: Path, tmp_path: Path) -> None:
    for name in ("libcuda.so.1", "libnvidia-ml.so.1"):
        (tmp_path / name).symlink_to(libraries / name)
    for name in ("libnvcuvid.so.1", "libnvidia-encode.so.1"):
        compiled("empty.c", tmp_path / name)
    done = run("--deep", "--expect", "nvdec,nvenc", LD_LIBRARY_PATH=str(tmp_path))
    assert done.returncode == 0
    assert "nvdec: this libnvcuvid.so.1 has no cuvidGetDecoderCaps" in done.stdout
    assert "nvenc: this libnvidia-encode.so.1 has no function to ask" in done.stdout


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"STAND_IN_NVENC_SESSION": "2"}, "Tesla T4 encodes no video: it has no NVENC"),
        ({"STAND_IN_NVENC_SESSION": "8"}, "nvEncOpenEncodeSessionEx gave 8 on Tesla T4 (API 12.1)"),
        ({"STAND_IN_DECODES": "99"}, "Tesla T4 decodes no video: it has no NVDEC"),
        ({"STAND_IN_DECODER_CAPS": "999"}, "cuvidGetDecoderCaps gave 999 on Tesla T4"),
        ({"STAND_IN_CONTEXT": "999"}, "cuCtxCreate gave 999 on Tesla T4"),
        ({"STAND_IN_MODE": "2"}, "the compute mode of Tesla T4 is Prohibited"),
        ({"STAND_IN_CRASHES": "cuvidGetDecoderCaps"}, "NVDEC crashed in cuvidGetDecoderCaps: signal SIGSEGV"),
        (
            {"STAND_IN_HANGS": "nvEncOpenEncodeSessionEx"},
            "NVENC does not answer in nvEncOpenEncodeSessionEx: no answer",
        ),
    ],
)
def test_failures(with_driver: Run, settings: dict[str, str], words: str) -> None:
    done = with_driver("--deep", "--expect", "nvdec,nvenc", "--timeout", "3", **settings)
    assert (done.returncode, done.stdout.count("\n")) == (1, 1)
    assert done.stdout.startswith(f"unhealthy: {words}")
    assert "; remedy: " in done.stdout


def test_after_a_part_that_cannot_be_killed_none_is_started(with_driver: Run, tmp_path: Path) -> None:
    preloaded = compiled("unkillable.c", tmp_path / "unkillable.so")
    settings = {"STAND_IN_HANGS": "cuvidGetDecoderCaps", "LD_PRELOAD": str(preloaded)}
    try:
        done = with_driver("--deep", "--expect", "nvdec,nvenc", "--timeout", "4", "--format", "json", **settings)
        (left,) = processes(tmp_path)
        first, second = json.loads(done.stdout)["deep"]
        assert (first["result"], second["result"]) == ("failed", "skipped")
        assert second["text"] == f"process {left} of an earlier part hangs and cannot be killed"
        again = with_driver("--deep-first", "--expect", "nvdec,nvenc")
        assert f"process {left} of an earlier self-test still hangs" in again.stdout
        assert processes(tmp_path) == {left}
    finally:
        for pid in processes(tmp_path):
            os.kill(pid, signal.SIGKILL)


def test_a_driver_that_hangs_after_the_quick_self_test(with_driver: Run) -> None:
    done = with_driver("--deep", "--expect", "nvdec", "--timeout", "3", STAND_IN_HANGS="nvmlDeviceGetComputeMode")
    assert done.stdout.startswith("unhealthy: the driver does not answer: no answer within ")
    assert " in nvmlDeviceGetComputeMode; remedy: " in done.stdout


FFMPEG = """#!/bin/sh
[ "$1" = -hide_banner ] || exit 1
case "$2" in
-hwaccels) printf 'Hardware acceleration methods:\\nvdpau\\n%s\\n' "$ACCELERATION" ;;
-decoders) printf ' V....D h264                 H.264 (codec h264)\\n%s\\n' "$DECODER" ;;
esac
"""
CUVID = " V..... h264_cuvid           Nvidia CUVID H264 decoder (codec h264)"


@pytest.mark.parametrize(
    ("acceleration", "decoder", "noted"), [("cuda", "", False), ("", CUVID, False), ("vaapi", "", True)]
)
def test_ffmpeg_without_nvdec_is_a_note(
    with_driver: Run, tmp_path: Path, acceleration: str, decoder: str, noted: bool
) -> None:
    program = tmp_path / "ffmpeg"
    program.write_text(FFMPEG)
    program.chmod(0o755)
    settings = {"PATH": f"{tmp_path}:/usr/bin:/bin", "ACCELERATION": acceleration, "DECODER": decoder}
    document = json.loads(with_driver("--deep", "--expect", "nvdec", "--format", "json", **settings).stdout)
    assert document["healthy"] is True
    assert document["deep"][0]["observed"]["ffmpeg"]["path"] == str(program)
    assert (f"{program} was built without NVDEC (no cuvid decoder)" in document["notes"]) == noted


HANGING = "#!/bin/sh\nsleep 300\nsleep 300\n"


def all_of(folder: Path) -> set[int]:
    """Every process that is there now and was started with that XDG_RUNTIME_DIR."""
    mark, found = f"XDG_RUNTIME_DIR={folder}".encode(), set()
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            if mark in Path(f"/proc/{name}/environ").read_bytes().split(b"\0"):
                found.add(int(name))
        except OSError:
            continue
    return found


def nothing_stays(folder: Path) -> None:
    until = time.monotonic() + 20
    while all_of(folder) and time.monotonic() < until:
        time.sleep(0.02)
    assert not all_of(folder)


@pytest.fixture
def hanging_ffmpeg(tmp_path: Path) -> dict[str, str]:
    program = tmp_path / "ffmpeg"
    program.write_text(HANGING)
    program.chmod(0o755)
    return {"PATH": f"{tmp_path}:/usr/bin:/bin"}


def test_an_ffmpeg_that_hangs_is_no_failure(with_driver: Run, tmp_path: Path, hanging_ffmpeg: dict[str, str]) -> None:
    done = with_driver("--deep", "--expect", "nvdec", "--timeout", "8", **hanging_ffmpeg)
    assert (done.returncode, "deep: NVDEC of Tesla T4 decodes" in done.stdout) == (0, True)
    nothing_stays(tmp_path)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_killed_command_takes_ffmpeg_along(
    libraries: Path,
    environment: dict[str, str],
    tmp_path: Path,
    hanging_ffmpeg: dict[str, str],
    number: signal.Signals,
) -> None:
    settings = {**environment, **hanging_ffmpeg, "LD_LIBRARY_PATH": str(libraries)}
    command = [sys.executable, "-m", "envdoctor", "selftest", "--deep", "--expect", "nvdec", "--timeout", "60"]
    with subprocess.Popen(command, env=settings, cwd=tmp_path, stdout=subprocess.DEVNULL) as running:
        until = time.monotonic() + 30
        while len(all_of(tmp_path)) < 4:  # the command, its child, the shell, sleep
            assert time.monotonic() < until
            time.sleep(0.01)
        running.send_signal(number)
    nothing_stays(tmp_path)
