"""Tags that cannot be pulled any more, and those of which that is not known."""

from __future__ import annotations

import pytest

from envdoctor.findings import Severity
from tests.rules.vocabulary import BASE_12_4, CUDNN_12_4, document, does_not_apply, fires, silent, undecided, workload

RULE = "image-tag-removed"


@pytest.mark.parametrize(
    "image",
    [
        CUDNN_12_4,
        f"docker.io/{CUDNN_12_4}",
        "nvcr.io/nvidia/cuda:12.4.1-cudnn-runtime-ubuntu22.04",
        "nvidia/cuda:11.8.0-cudnn8-devel-ubuntu22.04",
        "nvcr.io/nvidia/pytorch:24.05-py3",
        "nvcr.io/nvidia/pytorch:24.05-py3-igpu",
        f"{BASE_12_4}@sha256:{'0' * 64}",
    ],
)
def test_published_tags_are_silent(image: str) -> None:
    silent(RULE, workload(image))


@pytest.mark.parametrize(
    ("tag", "what", "instead"),
    [
        ("11.3.0-devel-ubuntu20.04", "was removed", "11.3.1-devel-ubuntu20.04"),
        ("12.4.0-cudnn-runtime-ubuntu22.04", "was never published", "12.4.1-cudnn-runtime-ubuntu22.04"),
        ("12.2.0-cudnn8-devel-ubuntu22.04", "was never published", "12.2.2-cudnn8-devel-ubuntu22.04"),
        ("12.7.0-base-ubuntu22.04", "was never published", "12."),
        ("12.4.1-cudnn9-runtime-ubuntu22.04", "was never published", "12.4.1-cudnn-runtime-ubuntu22.04"),
        ("12.4.1-cudnn8-runtime-ubuntu22.04", "was never published", "12.4.1-cudnn-runtime-ubuntu22.04"),
        ("12.2.2-cudnn-runtime-ubuntu22.04", "was never published", "12.2.2-cudnn8-runtime-ubuntu22.04"),
        ("12.3.2-cudnn-devel-ubuntu22.04", "was never published", "12.3.2-cudnn9-devel-ubuntu22.04"),
    ],
)
def test_gone_and_never_published(tag: str, what: str, instead: str) -> None:
    finding = fires(RULE, workload(f"nvidia/cuda:{tag}"))
    assert finding.severity is Severity.ERROR
    assert (
        finding.message
        == f"nvidia/cuda:{tag} {what}{' from the registry' if 'removed' in what else ''}: the pull fails."
    )
    assert finding.remedy[0].startswith(f"use nvidia/cuda:{instead}")
    silent(RULE, workload(finding.remedy[0].removeprefix("use ")))


@pytest.mark.parametrize("image", ["nvidia/cuda", "nvidia/cuda:latest", "docker.io/nvidia/cuda"])
def test_there_is_no_latest(image: str) -> None:
    finding = fires(RULE, workload(image))
    assert "latest" in finding.message
    assert "removed" in finding.message


def test_a_mirror_may_still_hold_a_digest() -> None:
    assert "mirror" in fires(RULE, workload(f"nvidia/cuda:11.3.0-devel-ubuntu20.04@sha256:{'0' * 64}")).message


@pytest.mark.parametrize(
    ("tag", "reason"),
    [
        ("14.0.0-base-ubuntu24.04", "newer than the matrix (its newest nvidia/cuda release is 13.4.2)"),
        ("13.4.2-cudnn-runtime-ubuntu26.04", "nearest known: 13.4.2-cudnn-runtime-ubuntu24.04"),
        ("12.4.1-cudnn-runtime-ubuntu24.04", "nearest known: 12.4.1-cudnn-runtime-ubuntu22.04"),
        ("12.4.1", "nearest known: 12.4.1-base-ubuntu22.04"),
        ("banana", "not one of nvidia/cuda's form"),
    ],
)
def test_an_unlisted_tag_is_never_said_not_to_exist(tag: str, reason: str) -> None:
    assert reason in undecided(RULE, workload(f"nvidia/cuda:{tag}"))


def test_an_unlisted_ngc_release_names_the_nearest() -> None:
    assert "25.07-py3 is not in the matrix (nearest known: 25.06)" in undecided(
        RULE, workload("nvcr.io/nvidia/pytorch:25.07-py3")
    )
    assert "nearest known: 26.09" in undecided(RULE, workload("nvcr.io/nvidia/pytorch:27.01-py3"))


def test_other_repositories_and_documents() -> None:
    for image in (
        "python:3.11",
        "ubuntu:22.04",
        "our_base:latest",
        "nvcr.io/nvidia/tensorflow:24.05-tf2-py3",
        "nvcr.io/nvidia/tritonserver:24.05-py3-sdk",
        "nvcr.io/nvidia/l4t-jetpack:r34.1",
        "pytorch/pytorch:1.9.0-cuda11.1-cudnn8-runtime",
    ):
        does_not_apply(RULE, workload(image))
    does_not_apply(RULE, workload(None))


def test_a_document_that_names_a_tag_alone_is_a_plan() -> None:
    gone = {"reference": "nvidia/cuda:11.3.0-devel-ubuntu20.04", "cuda": "11.3.0"}
    assert "was removed" in fires(RULE, document(image=gone)).message
    silent(RULE, document(image={"reference": CUDNN_12_4}))
    does_not_apply(RULE, document(image={"reference": "nvidia/cuda:14.0.0-base-ubuntu24.04"}))


@pytest.mark.parametrize(
    "parts",
    [
        {"packages": [{"name": "torch"}]},
        {"packages": []},
        {"launch": {"gpus": "all"}},
        {"host": {"engine": {"default_runtime": "nvidia"}}},
        {"observed": {"container": True}},
    ],
)
def test_a_document_of_what_was_seen_or_run_describes_an_image_that_exists(parts: dict[str, object]) -> None:
    gone = {"reference": "nvidia/cuda:11.3.0-devel-ubuntu20.04"}
    assert "exists" in does_not_apply(RULE, document(image=gone, **parts))
    assert "exists" in does_not_apply(RULE, document(image={**gone, "digest": f"sha256:{'0' * 64}"}))


@pytest.mark.parametrize(
    ("tag", "what", "instead"),
    [
        ("11.1-cudnn8-devel-ubuntu20.04", "was removed", "11.1.1-cudnn8-devel-ubuntu20.04"),
        ("11.1-devel-ubuntu20.04", "was removed", "11.1.1-devel-ubuntu20.04"),
        ("12.4-devel-ubuntu22.04", "was never published", "12.4.1-devel-ubuntu22.04"),
    ],
)
def test_from_11_1_on_every_tag_names_its_patch_release(tag: str, what: str, instead: str) -> None:
    finding = fires(RULE, workload(f"nvidia/cuda:{tag}"))
    assert what in finding.message
    assert finding.remedy == (f"use nvidia/cuda:{instead}",)


@pytest.mark.parametrize(
    "image",
    [
        "nvcr.io/nvidia/tensorrt:24.05-py3",
        "nvcr.io/nvidia/l4t-jetpack:r36.4.0",
        "pytorch/pytorch:2.4.0-cuda12.4-cudnn9-runtime",
    ],
)
def test_a_tag_that_a_row_names_is_silent(image: str) -> None:
    silent(RULE, workload(image))


def test_a_pytorch_tag_of_another_cuda_is_not_said_not_to_exist() -> None:
    reason = undecided(RULE, workload("pytorch/pytorch:2.8.0-cuda12.4-cudnn9-devel"))
    assert "cuda12.6-cudnn9, cuda12.8-cudnn9, cuda12.9-cudnn9" in reason
