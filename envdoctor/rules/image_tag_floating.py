"""The base image has no exact tag: what it holds changes under the same name."""

from __future__ import annotations

from collections.abc import Iterator

from envdoctor.facts import FactAbsent, Facts
from envdoctor.findings import Finding, Kind, Severity
from envdoctor.judging.evidence import of
from envdoctor.judging.images import split
from envdoctor.matrix import Matrix
from envdoctor.rules.rule import Rule

_SOURCES = ("https://docs.docker.com/build/building/best-practices/#pin-base-image-versions",)


def check(facts: Facts, matrix: Matrix) -> Iterator[Finding]:
    reference = facts.image.reference.need()
    if not facts.image.family.is_known:
        raise FactAbsent("a local or private image: its tags are its owner's")
    if facts.image.family.get() == "service" and not facts.build.is_known:
        raise FactAbsent("a service beside the workload")
    repository, tag, digest = split(reference)
    if digest or (tag and tag != "latest") or repository == "scratch":
        return
    yield Finding(
        message=f"{reference} names no release: what it holds changes from build to build, and no verdict on it can last.",
        severity=Severity.NOTE,
        remedy=(f"name the release, as {repository}:TAG, or pin the digest",),
        at=facts.image.reference.origin,
        evidence=(of("image.reference", facts.image.reference),),
        sources=_SOURCES,
    )


RULE = Rule(
    id="image-tag-floating",
    kind=Kind.HYGIENE,
    severity=Severity.NOTE,
    title="the base image has no tag, or latest",
    seen=(),
    why="An image without a tag is :latest. For GPU images that means another CUDA, cuDNN or Python after the next push.",
    remedy=("name the exact tag", "or pin the digest"),
    sources=_SOURCES,
    check=check,
)
