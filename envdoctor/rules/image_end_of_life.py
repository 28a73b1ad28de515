"""The base image's release is on NVIDIA's list of unsupported tags: it can be pulled today and be gone tomorrow."""

from __future__ import annotations

from collections.abc import Iterator

from envdoctor.facts import FactAbsent, Facts, FactUnknown
from envdoctor.findings import Finding, Kind, Severity
from envdoctor.judging.evidence import of, of_row
from envdoctor.judging.images import nearest_supported, split
from envdoctor.matrix import Matrix
from envdoctor.rules.rule import Rule

_SOURCES = (
    "https://gitlab.com/nvidia/container-images/cuda/-/blob/master/doc/unsupported-tags.md",
    "https://gitlab.com/nvidia/container-images/cuda/-/blob/master/doc/support-policy.md",
)


def check(facts: Facts, matrix: Matrix) -> Iterator[Finding]:
    reference = facts.image.reference.need()
    if facts.image.family.get() != "nvidia/cuda":
        raise FactAbsent("the matrix knows the end of life of nvidia/cuda tags only")
    tag = split(reference)[1]
    row = matrix.cuda_tag(tag)
    if row is None or (row.status == "published" and row.supported is None):
        other = nearest_supported(reference, matrix) or f"nvidia/cuda {matrix.newest_cuda_tag_release()}"
        near = f" (nearest known: {other})" if row is None else ""
        raise FactUnknown(f"whether {tag or 'latest'} is still supported is not in the matrix{near}")
    if row.status != "published":
        raise FactAbsent("the tag is gone: image-tag-removed tells it")
    if row.supported:
        return
    newer = nearest_supported(reference, matrix)
    yield Finding(
        message=f"{reference} is on NVIDIA's list of unsupported tags: no more fixes, and by NVIDIA's policy it may be deleted without notice.",
        severity=Severity.NOTE,
        remedy=(f"move to {newer}",) if newer else ("move to a tag of a supported CUDA release",),
        verify=f"docker manifest inspect {reference}",
        at=facts.image.reference.origin,
        evidence=(of("image.reference", facts.image.reference), of_row("cuda_tags", tag, "unsupported")),
        sources=_SOURCES,
    )


RULE = Rule(
    id="image-end-of-life",
    kind=Kind.HYGIENE,
    severity=Severity.NOTE,
    title="the base image's tag is past its end of life",
    seen=(),
    why="NVIDIA supports the newest point release of each CUDA minor. Older tags move to the list of unsupported ones and are deleted some time later, without a date.",
    remedy=("move to the newest point release of the same minor", "or keep a copy in a registry of your own"),
    sources=_SOURCES,
    check=check,
)
