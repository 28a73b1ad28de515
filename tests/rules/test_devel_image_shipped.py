"""-devel images that nothing compiles in."""

from __future__ import annotations

import pytest

from envdoctor.findings import Severity
from tests.rules.builds import built
from tests.rules.vocabulary import PYTHON, document, does_not_apply, fires, silent, workload

RULE = "devel-image-shipped"
DEVEL = "FROM nvidia/cuda:12.4.1-cudnn-devel-ubuntu22.04\n"


@pytest.mark.parametrize(
    "text",
    [
        "RUN pip install torch==2.4.0 flash-attn==2.6.3",
        "RUN pip install torch==2.4.0 deepspeed==0.15.0",
        "RUN pip install cupy==13.0.0",
        "RUN pip install torch==2.4.0\nENV TORCH_CUDA_ARCH_LIST=8.6",
        "ARG TORCH_CUDA_ARCH_LIST=8.6\nRUN pip install torch==2.4.0",
        "RUN pip install git+https://github.com/NVlabs/tiny-cuda-nn",
        "RUN pip install torch==2.4.0 && make -C /src",
        "RUN nvcc --version && pip install numpy",
        "RUN apt-get install -y cmake && pip install numpy",
        "RUN git clone https://github.com/a/b && pip install numpy",
        "RUN pip install -r requirements.txt",
        "RUN echo nothing is known to be installed",
        "RUN pip install numpy\nCOPY install.sh /\nRUN /install.sh",
    ],
)
def test_something_compiles_or_may(text: str) -> None:
    silent(RULE, built(f"{DEVEL}{text}\n"))


def test_nothing_compiles() -> None:
    finding = fires(
        RULE, built(f"{DEVEL}RUN apt-get update && apt-get install -y git\nRUN pip install torch==2.4.0 tqdm\n")
    )
    assert finding.severity is Severity.NOTE
    assert finding.remedy[0] == "FROM nvidia/cuda:12.4.1-cudnn-runtime-ubuntu22.04"
    assert finding.at is not None
    assert finding.at.line == 1


def test_a_release_that_is_removed() -> None:
    finding = fires(RULE, built("FROM nvidia/cuda:11.3.0-devel-ubuntu20.04\nRUN pip install numpy\n"))
    assert "a release that is published" in finding.remedy[0]


def test_an_image_of_pytorch() -> None:
    finding = fires(RULE, built("FROM pytorch/pytorch:2.4.0-cuda12.4-cudnn9-devel\nRUN pip install tqdm\n"))
    assert finding.remedy[0] == "FROM pytorch/pytorch:2.4.0-cuda12.4-cudnn9-runtime"


def test_other_images() -> None:
    does_not_apply(RULE, built("FROM nvidia/cuda:12.4.1-runtime-ubuntu22.04\nRUN pip install tqdm\n"))
    does_not_apply(RULE, built("FROM nvcr.io/nvidia/pytorch:24.12-py3\nRUN pip install tqdm\n"))
    does_not_apply(RULE, built(f"{DEVEL}RUN make\nFROM nvidia/cuda:12.4.1-base-ubuntu22.04\nCOPY --from=0 /a /a\n"))
    does_not_apply(RULE, workload(PYTHON))
    does_not_apply(RULE, document(image={"reference": "nvidia/cuda:12.4.1-devel-ubuntu22.04"}))
