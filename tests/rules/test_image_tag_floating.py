"""Images without an exact tag."""

from __future__ import annotations

from envdoctor.facts import Build, Origin, absent, known
from envdoctor.findings import Severity
from tests.rules.vocabulary import CUDNN_12_4, does_not_apply, fires, silent, workload

RULE = "image-tag-floating"


def test_a_tag_or_a_digest_is_enough() -> None:
    for image in (CUDNN_12_4, "python:3.11-slim", f"ubuntu@sha256:{'0' * 64}", "nvcr.io/nvidia/pytorch:24.05-py3"):
        silent(RULE, workload(image))


def test_latest_and_none() -> None:
    for image in ("python", "ubuntu:latest", "nvidia/cuda"):
        finding = fires(RULE, workload(image))
        assert finding.severity is Severity.NOTE
        assert finding.message.startswith(f"{image} names no release")
        assert ":TAG" in finding.remedy[0]


def test_a_local_image_is_its_owners() -> None:
    does_not_apply(RULE, workload("our_base:latest"))
    does_not_apply(RULE, workload(None))


def test_a_service_beside_the_workload_is_not_worth_a_word() -> None:
    service = workload("redis:latest")
    does_not_apply(RULE, service._replace(build=absent("an image of a registry")))
    assert fires(RULE, service._replace(build=known(Build(), Origin("Dockerfile:1")))).message.startswith(
        "redis:latest names no release"
    )
