"""A second CUDA beside the image's own."""

from __future__ import annotations

import pytest

from envdoctor.findings import Severity
from tests.rules.builds import built
from tests.rules.vocabulary import PYTHON, document, does_not_apply, fires, silent, workload

RULE = "cuda-installed-twice"
DEVEL = "FROM nvidia/cuda:12.4.1-devel-ubuntu22.04\n"
BASE = "FROM nvidia/cuda:12.4.1-base-ubuntu22.04\n"


@pytest.mark.parametrize(
    "text",
    [
        f"{BASE}RUN apt-get install -y cuda-toolkit-12-4",
        f"{BASE}RUN apt-get install -y cuda-nvcc-12-4 libcublas-12-4",
        f"{BASE}RUN apt-get install -y cuda-compat-12-8 cuda-keyring",
        f"{DEVEL}RUN pip install torch==2.4.0 nvidia-cudnn-cu12==9.1.0.70",
        f"{DEVEL}RUN apt-get install -y libcudnn9-cuda-12 cuda-nsight-systems-12-6",
        f"{BASE}RUN conda install -y pytorch pytorch-cuda=12.1 -c pytorch -c nvidia",
        f"{DEVEL}RUN conda install -y numpy",
    ],
)
def test_one_cuda_or_the_ordinary_case(text: str) -> None:
    silent(RULE, built(f"{text}\n"))


def test_a_toolkit_of_another_release() -> None:
    finding = fires(RULE, built(f"{DEVEL}RUN apt-get update && apt-get install -y cuda-toolkit-11-8\n"))
    assert finding.severity is Severity.WARNING
    assert "The image has CUDA 12.4, and cuda-toolkit-11-8 installs CUDA 11.8" in finding.message
    assert "cuda-toolkit-12-4" in finding.remedy[0]


def test_libraries_of_another_release_may_be_meant() -> None:
    assert fires(RULE, built(f"{BASE}RUN apt-get install -y cuda-libraries-11-8\n")).severity is Severity.NOTE


def test_the_toolkit_of_the_distribution() -> None:
    finding = fires(RULE, built(f"{DEVEL}RUN apt-get install -y nvidia-cuda-toolkit\n"))
    assert "installs CUDA 11.5" in finding.message
    assert "/usr/bin/nvcc" in finding.message


def test_conda_brings_its_own() -> None:
    finding = fires(RULE, built(f"{DEVEL}RUN conda install -y cudatoolkit=11.8 && pip install torch==2.4.0\n"))
    assert finding.severity is Severity.NOTE
    assert "the wheel of torch a third" in finding.message
    assert len(finding.remedy) == 2


def test_an_image_without_cuda() -> None:
    does_not_apply(RULE, workload(PYTHON))
    does_not_apply(RULE, built("FROM ubuntu:22.04\nRUN apt-get install -y nvidia-cuda-toolkit\n"))
    does_not_apply(RULE, document(image={"reference": "our_base:1"}))
