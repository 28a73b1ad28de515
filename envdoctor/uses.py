"""What a workload uses, inferred from what it installs, how it is built and how it is started.

An inferred use may lead to an error, so only what is certain counts: a decoder that a command names, a device that is
passed, several processes that are started. That an image happens to hold OpenCV, or a package that could decode video,
says nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

from envdoctor.facts import Build, Facts, Package
from envdoctor.matrix import Matrix
from envdoctor.patterns import lazily

# OpenCV's packages and those for video are tables of the matrix.
_PACKAGES = {"torch": "torch", "onnxruntime-gpu": "onnxruntime-cuda", "onnxruntime": "onnxruntime"}
_LONGEST = 200_000  # characters of commands and entrypoint that are searched
_SOCKET = "/tmp/.X11-unix"  # noqa: S108 - where X servers listen

# ffmpeg's and GStreamer's names. Sources: https://trac.ffmpeg.org/wiki/HWAccelIntro ,
# https://gstreamer.freedesktop.org/documentation/nvcodec/
_DECODES = lazily(
    r"\b(?:h264|hevc|av1|vp8|vp9|mpeg1|mpeg2|mpeg4|mjpeg|vc1)_cuvid\b|-hwaccel[ =](?:cuda|nvdec|cuvid)\b|\bnv(?:h264|h265|av1|vp8|vp9)dec\b"
)
_ENCODES = lazily(r"\b(?:h264|hevc|av1)_nvenc\b|\bnv(?:h264|h265|av1)enc\b")
_DECODES_BUILT = lazily(r"--enable-(?:cuvid|nvdec)|-DWITH_NVCUVID(?::BOOL)?=(?:ON|1|YES|TRUE)")
_ENCODES_BUILT = lazily(r"--enable-nvenc|-DWITH_NVCUVENC(?::BOOL)?=(?:ON|1|YES|TRUE)")
_PROCESSES = lazily(r"--(?:nproc[_-]per[_-]node|num[_-]processes|num[_-]gpus|np)[ =](\w{1,8})|\s-np (\d{1,5})\b")
_LAUNCHERS = lazily(
    r"(?:^|[\s/])(?:torchrun|deepspeed|horovodrun|accelerate launch)\s|\btorch\.distributed\.(?:run|launch)\b"
)
_WORKERS = lazily(r"(?:^|\s)-{0,2}(?:[\w.]{0,40}[._-])?num[_-]workers[ =](\d{1,5})(?:\s|$)")


def inferred(facts: Facts, matrix: Matrix) -> frozenset[str]:
    """Of the contract's list of uses, those that are certain."""
    packages = facts.packages.get()
    items = packages.items if packages else ()
    found = {use for item in items for use in _of_package(item, matrix)}
    text = _commands(facts)
    found.update(_of_video(text, facts.build.get()))
    found.update(_of_launch(facts))
    if _several_processes(text) or any(name.startswith("NCCL_") for name in _environment(facts)):
        found.add("nccl")
    if "torch" in found and any(int(count) > 0 for count in _WORKERS.findall(text)):
        found.add("dataloader-workers")
    return frozenset(found)


def of_package(item: Package, matrix: Matrix) -> str | None:
    """What a package being installed says of the workload's use of the GPU."""
    return next(iter(_of_package(item, matrix)), None)


def _of_package(item: Package, matrix: Matrix) -> Iterator[str]:
    if "opencv" in item.name:
        if item.manager != "image" and matrix.opencv(item.name):
            yield "opencv"
        return
    if item.name in _PACKAGES:
        yield _PACKAGES[item.name]
    row = matrix.video_package(item.name)
    if row is not None and row.nvdec:
        yield "nvdec"
    if row is not None and row.nvenc:
        yield "nvenc"


def _commands(facts: Facts) -> str:
    """The command lines that the container runs, and the script that its entrypoint is. What the launch gives replaces
    what the image declares."""
    launch, build = facts.launch, facts.build.get() or Build()
    command = launch.command.get() or build.cmd.get() or ()
    entrypoint = launch.entrypoint.get() or build.entrypoint.get() or ()
    words = " ".join(word for word in (*entrypoint, *command) if word)
    script = build.entrypoint_script.get() if not launch.entrypoint.is_known else None
    return f"{words}\n{script.text if script else ''}"[:_LONGEST]


def _of_video(text: str, build: Build | None) -> Iterator[str]:
    if _DECODES.search(text):
        yield "nvdec"
    if _ENCODES.search(text):
        yield "nvenc"
    for statement in build.statements if build else ():
        program = (statement.words[0] or "").rpartition("/")[2] if statement.words else ""
        if program in ("configure", "cmake"):
            words = " ".join(word for word in statement.words if word).replace("-D ", "-D")
            if _DECODES_BUILT.search(words):
                yield "nvdec"
            if _ENCODES_BUILT.search(words):
                yield "nvenc"


def _of_launch(facts: Facts) -> Iterator[str]:
    launch = facts.launch
    if any(device.startswith("/dev/video") for device in launch.devices.get() or ()):
        yield "camera"
    sockets = (volume for volume in launch.volumes.get() or () if volume.startswith(_SOCKET))
    if "DISPLAY" in _environment(facts) and any(sockets):
        yield "display"


def _environment(facts: Facts) -> frozenset[str]:
    return frozenset(facts.launch.env.get() or ()) | facts.launch.passed


def _several_processes(text: str) -> bool:
    """Started as several processes of one job. torchrun without a number starts one."""
    if not _LAUNCHERS.search(text):
        return False
    counts = [first or second for first, second in _PROCESSES.findall(text)]
    return any(count in ("gpu", "auto") or (count.isdigit() and int(count) > 1) for count in counts)
