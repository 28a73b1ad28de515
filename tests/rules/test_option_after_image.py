"""Options behind the image."""

from __future__ import annotations

import pytest

from envdoctor.findings import Severity
from tests.rules.test_command_cut_short import IMAGE, started
from tests.rules.vocabulary import document, does_not_apply, fires, silent, workload

RULE = "option-after-image"


@pytest.mark.parametrize(
    "script",
    [
        f"docker run --rm --gpus all {IMAGE} nvidia-smi -L\n",
        f"docker run --rm --gpus all {IMAGE} python train.py --gpus 4 --rm\n",
        "docker run --runtime nvidia vllm/vllm-openai:v0.6.0 --model a --gpu-memory-utilization 0.9\n",
        f"docker run --rm --gpus all {IMAGE}\n",
    ],
)
def test_options_of_the_program(script: str) -> None:
    silent(RULE, started(script))


def test_a_gpu_request_behind_the_image() -> None:
    finding = fires(RULE, started(f"docker run --rm {IMAGE} --gpus all\n"))
    assert finding.severity is Severity.WARNING
    assert "the container gets no GPU" in finding.message
    assert finding.remedy[0].startswith("put it in front of the image: docker run --gpus")


def test_other_options_behind_the_image() -> None:
    finding = fires(RULE, started(f"docker run --rm --gpus all {IMAGE} --shm-size 1g -v /data:/data\n"))
    assert "starts without it" in finding.message


def test_no_launch() -> None:
    does_not_apply(RULE, workload(IMAGE))
    does_not_apply(RULE, document(image={"reference": IMAGE}))
