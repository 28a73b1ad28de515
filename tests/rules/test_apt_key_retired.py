"""apt in images that know only the key that NVIDIA retired."""

from __future__ import annotations

import pytest

from envdoctor.findings import Severity
from tests.rules.vocabulary import CUDNN_12_4, dockerfile, document, does_not_apply, fires, silent, workload

RULE = "apt-key-retired"
OLD = "pytorch/pytorch:1.11.0-cuda11.3-cudnn8-devel"
GONE = "nvidia/cuda:11.3.0-devel-ubuntu20.04"
UPDATE = "apt-get update && apt-get install -y ffmpeg"


@pytest.mark.parametrize(
    "image",
    [
        CUDNN_12_4,
        "pytorch/pytorch:1.12.1-cuda11.3-cudnn8-devel",
        "pytorch/pytorch:1.11.0-cuda11.3-cudnn8-runtime",  # rests on plain Ubuntu
        "nvidia/cuda:11.3.1-devel-ubuntu20.04",
        "nvidia/cuda:10.1-devel-ubuntu16.04",
        "ubuntu:20.04",
        "our_base:1",
    ],
)
def test_images_with_the_new_key(image: str) -> None:
    does_not_apply(RULE, dockerfile(UPDATE, image=image))


@pytest.mark.parametrize(
    "before",
    [
        "rm /etc/apt/sources.list.d/cuda.list",
        "rm -rf /etc/apt/sources.list.d/*",
        "rm -f /etc/apt/sources.list.d/nvidia-ml.list",
        "apt-key adv --fetch-keys https://developer.download.nvidia.com/compute/cuda/repos/ubuntu1804/x86_64/3bf863cc.pub",
        "dpkg -i cuda-keyring_1.0-1_all.deb",
        "bash /tmp/setup.sh",
        "sed -i '/developer/d' /etc/apt/sources.list.d/cuda.list",
    ],
)
def test_the_list_is_taken_away_or_the_key_is_brought(before: str) -> None:
    silent(RULE, dockerfile(before, UPDATE, image=OLD))
    silent(RULE, dockerfile(f"{before} && {UPDATE}", image=OLD))


def test_nothing_is_updated() -> None:
    silent(RULE, dockerfile("pip install tqdm", image=OLD))
    silent(RULE, dockerfile("if [ -f /x ]; then apt-get update; fi", image=OLD))
    silent(RULE, dockerfile("apt-get clean", image=OLD))
    silent(RULE, dockerfile("apt-get update || true", image=OLD))
    silent(RULE, dockerfile("apt-get update --allow-insecure-repositories", image=OLD))
    silent(RULE, dockerfile("apt-get -o Acquire::AllowInsecureRepositories=true update", image=OLD))


@pytest.mark.parametrize("image", [OLD, "pytorch/pytorch:1.7.1-cuda11.0-cudnn8-devel"])
def test_pytorch_images_that_were_never_rebuilt(image: str) -> None:
    finding = fires(RULE, dockerfile(UPDATE, image=image))
    assert finding.severity is Severity.ERROR
    assert "NO_PUBKEY A4B469963BF863CC" in finding.message
    assert finding.at is not None
    assert finding.at.line == 2
    silent(RULE, dockerfile(finding.remedy[0].partition("RUN ")[2], UPDATE, image=image))


def test_too_late_is_too_late() -> None:
    assert fires(RULE, dockerfile(UPDATE, "rm /etc/apt/sources.list.d/cuda.list", image=OLD)).at


def test_a_copy_of_a_tag_that_is_gone() -> None:
    finding = fires(RULE, dockerfile("apt-get clean && apt-get update -y -qq", image=GONE))
    assert finding.severity is Severity.WARNING
    assert "from a mirror or a cache" in finding.message
    assert "repos/ubuntu2004/" in finding.remedy[1]


def test_without_a_build_nothing_is_updated() -> None:
    does_not_apply(RULE, document(image={"reference": OLD}))
    does_not_apply(RULE, workload(GONE))
    does_not_apply(RULE, document(image={"os": {"id": "ubuntu", "version_id": "18.04"}}))


REPOSITORY = "https://developer.download.nvidia.com/compute/cuda/repos/ubuntu2004/x86_64"
FETCH = f"apt-key adv --fetch-keys {REPOSITORY}/7fa2af80.pub"
LIST = f'echo "deb {REPOSITORY} /" > /etc/apt/sources.list.d/cuda.list'


@pytest.mark.parametrize(
    "commands",
    [
        [FETCH, f"apt-key adv --fetch-keys {REPOSITORY}/3bf863cc.pub", LIST, UPDATE],
        [FETCH, f"curl -O {REPOSITORY}/cuda-keyring_1.1-1_all.deb && dpkg -i cuda-keyring_1.1-1_all.deb", LIST, UPDATE],
        [FETCH, LIST],  # nothing is updated
        [FETCH, UPDATE],  # the repository is not listed
        [FETCH, LIST, "rm /etc/apt/sources.list.d/cuda.list", UPDATE],
        [FETCH, LIST, "apt-get update || true"],
        [FETCH, LIST.replace("deb ", "deb [trusted=yes] "), UPDATE],
        [FETCH, LIST, "bash /tmp/setup.sh", UPDATE],
    ],
)
def test_the_old_key_is_fetched_to_no_harm(commands: list[str]) -> None:
    silent(RULE, dockerfile(*commands, image="ubuntu:20.04"))


def test_the_old_key_on_an_image_that_has_the_new_one() -> None:
    silent(RULE, dockerfile(FETCH, LIST, UPDATE, image=CUDNN_12_4))
    machine_learning = FETCH.replace("compute/cuda", "compute/machine-learning")
    does_not_apply(RULE, dockerfile(machine_learning, LIST, UPDATE, image="ubuntu:20.04"))
    silent(RULE, dockerfile(FETCH, LIST, UPDATE, image="ubuntu:16.04"))


@pytest.mark.parametrize("fetch", [FETCH, f"curl -fsSL {REPOSITORY}/7fa2af80.pub | apt-key add -"])
def test_the_old_key_is_fetched(fetch: str) -> None:
    finding = fires(RULE, dockerfile(fetch, LIST, UPDATE, image="ubuntu:20.04"))
    assert finding.severity is Severity.ERROR
    assert "apt-get update at Dockerfile:4 stops" in finding.message
    assert "repos/ubuntu2004/x86_64/cuda-keyring" in finding.remedy[0]
    assert finding.at is not None
    assert finding.at.line == 2
