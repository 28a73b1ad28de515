"""The base image's tag was removed from the registry, or never existed: the build cannot pull it."""

from __future__ import annotations

from collections.abc import Iterator

from envdoctor.facts import Facts
from envdoctor.findings import Finding, Kind, Severity
from envdoctor.judging.evidence import of
from envdoctor.judging.images import nearest_published, split
from envdoctor.matrix import Matrix
from envdoctor.rules.rule import Rule

_SOURCES = (
    "https://gitlab.com/nvidia/container-images/cuda/-/blob/master/doc/support-policy.md",
    "https://github.com/NVIDIA/nvidia-docker/issues/1768",
)


def check(facts: Facts, matrix: Matrix) -> Iterator[Finding]:
    reference = facts.image.reference.need()
    status = facts.image.status.need()
    if status not in ("removed", "never-published"):
        return
    name = reference if split(reference)[1] else f"{reference}, which means its tag latest,"
    what = "was removed from the registry" if status == "removed" else "was never published"
    nearest = nearest_published(reference, matrix)
    pinned = facts.image.digest.is_known
    yield Finding(
        message=f"{name} {what}: the pull fails"
        + (" unless the digest is still held by a mirror" if pinned else "")
        + ".",
        severity=Severity.ERROR,
        remedy=(f"use {nearest}",) if nearest else ("use a tag of a CUDA release that is still published",),
        verify=f"docker manifest inspect {reference}",
        at=facts.image.reference.origin,
        evidence=(of("image.reference", facts.image.reference), of("matrix.status", facts.image.status)),
        sources=_SOURCES,
    )


RULE = Rule(
    id="image-tag-removed",
    kind=Kind.COMPATIBILITY,
    severity=Severity.ERROR,
    title="the base image's tag was removed from the registry or never published",
    seen=("manifest for nvidia/cuda:11.3.0-devel-ubuntu20.04 not found: manifest unknown: manifest unknown",),
    why=(
        "NVIDIA deletes nvidia/cuda tags of releases that are superseded or past their end of life: everything up to 10.2 and most point releases that have a newer update"
        " went in 2023. There is no latest tag. Some combinations never existed: no cudnn tags for 12.2.0, 12.3.0, 12.3.1, 12.4.0, 12.5.0; no image of CUDA 12.7."
    ),
    remedy=(
        "use the last point release of the same CUDA minor",
        "keep a copy of the base images you depend on in a registry of your own",
    ),
    sources=_SOURCES,
    check=check,
)
