"""The workload encodes (or decodes) video on the GPU, and the GPU has no engine for it."""

from __future__ import annotations

from collections.abc import Iterator

from envdoctor.facts import FactAbsent, Facts, Gpu
from envdoctor.findings import Finding, Kind, Severity
from envdoctor.judging import video
from envdoctor.judging.evidence import of
from envdoctor.judging.launching import needs_a_gpu_in_the_container
from envdoctor.matrix import Matrix
from envdoctor.matrix.rows import VideoEngineRow
from envdoctor.rules.rule import Rule

_SOURCES = ("https://developer.nvidia.com/video-encode-decode-support-matrix",)


def check(facts: Facts, matrix: Matrix) -> Iterator[Finding]:
    needs_a_gpu_in_the_container(facts)
    uses = video.in_use(facts)
    gpus = facts.host.gpus.get()
    if not gpus:
        raise FactAbsent("the host's GPUs are not stated")
    for use in uses:
        lacking = [gpu for gpu in gpus if _lacks(gpu, use, matrix)]
        if lacking:
            yield _finding(facts, use, lacking, some=len(lacking) < len(gpus))


def _lacks(gpu: Gpu, use: str, matrix: Matrix) -> bool:
    name = gpu.name.get()
    row: VideoEngineRow | None = matrix.video_engines(name) if name else None
    return row is not None and not (row.nvdec if use == "nvdec" else row.nvenc)


def _finding(facts: Facts, use: str, lacking: list[Gpu], some: bool) -> Finding:
    names = " and ".join(dict.fromkeys(gpu.label for gpu in lacking))
    engine, work, other = ("NVDEC", "decode", "decodes") if use == "nvdec" else ("NVENC", "encode", "encodes")
    where = "Work that lands on it fails" if some else "Opening the codec fails on this host, whatever the driver"
    return Finding(
        message=f"The workload {other} video with {engine}, and {names} has no {engine}: the chip lacks a hardware unit to {work}. {where}.",
        severity=Severity.WARNING if some else Severity.ERROR,
        remedy=(
            f"run it on a GPU with {engine} (L4, L40S, A10, T4, GeForce RTX)",
            f"or {work} on the CPU (ffmpeg: {'-c:v libx264' if use == 'nvenc' else 'without -hwaccel'})",
        ),
        verify=f"ffmpeg -f lavfi -i testsrc=d=1 -c:v {'h264_nvenc' if use == 'nvenc' else 'libx264'} -f null -",
        at=facts.host.gpus.origin,
        evidence=(of("host.gpus", facts.host.gpus), of("uses", facts.uses)),
        sources=_SOURCES,
    )


RULE = Rule(
    id="gpu-without-video-engine",
    kind=Kind.COMPATIBILITY,
    severity=Severity.ERROR,
    title="the workload encodes or decodes video on the GPU, and the GPU has no engine for it",
    seen=(
        "OpenEncodeSessionEx failed: unsupported device (2): (no details)",
        "No capable devices found",
        "Provided device doesn't support required NVENC features",
    ),
    why=(
        "A100, A30, H100 and their kin decode video but have no encoder; neither have the smallest GeForce chips. The driver's libraries are there all the same, so it fails"
        " only when the codec is opened."
    ),
    remedy=("use a GPU with the engine", "or do that part on the CPU"),
    sources=_SOURCES,
    check=check,
)
