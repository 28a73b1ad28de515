"""The image has no build for the host's CPU architecture."""

from __future__ import annotations

from collections.abc import Iterator

from envdoctor.facts import FactAbsent, Facts
from envdoctor.findings import Finding, Kind, Severity
from envdoctor.judging.evidence import of
from envdoctor.matrix import Matrix
from envdoctor.rules.rule import Rule

_AS_IMAGE = {"x86_64": "amd64", "aarch64": "arm64", "ppc64le": "ppc64le", "amd64": "amd64", "arm64": "arm64"}
_SOURCES = ("https://docs.docker.com/build/building/multi-platform/",)


def check(facts: Facts, matrix: Matrix) -> Iterator[Finding]:
    if facts.host.arch.is_unknown or facts.image.arch.is_unknown:
        raise FactAbsent("the CPU architecture of the host or of the image is not stated; they are assumed to fit")
    host = _AS_IMAGE.get(facts.host.arch.need(), facts.host.arch.need())
    arches = facts.image.arch.need()
    if host in arches:
        return
    yield Finding(
        message=f'The image is built for {", ".join(arches)} and the host is {host}: the container stops with "exec format error" (or runs under emulation, without the GPU).',
        severity=Severity.ERROR,
        remedy=(f"use a tag that has a build for {host}",),
        verify="docker manifest inspect IMAGE",
        at=facts.image.reference.origin,
        evidence=(of("image.arch", facts.image.arch), of("host.arch", facts.host.arch)),
        sources=_SOURCES,
    )


RULE = Rule(
    id="image-wrong-architecture",
    kind=Kind.COMPATIBILITY,
    severity=Severity.ERROR,
    title="the image has no build for the host's CPU architecture",
    seen=(
        "exec /usr/bin/python: exec format error",
        "no matching manifest for linux/arm64/v8 in the manifest list entries",
    ),
    why="A container runs on the host's kernel and CPU. GPU images for amd64 do not run on Grace, Jetson or DGX Spark (arm64), nor the reverse.",
    remedy=("use a tag with a build for the host's architecture",),
    sources=_SOURCES,
    check=check,
)
