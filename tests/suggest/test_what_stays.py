"""What was made for the old PyTorch or the old CUDA is told; what was not is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.suggest.ask import INFERENCE, TRAINING
from tests.suggest.patching import patched

_SLIM = "FROM python:3.10-slim\n"
_BUILT = """\
FROM {builder} AS build
RUN apt-get update && apt-get install -y python3-pip
{wheel}
FROM nvidia/cuda:11.8.0-cudnn8-runtime-ubuntu22.04
RUN apt-get update && apt-get install -y python3-pip
RUN <<EOF
set -e
pip install \\
   onnxruntime-gpu==1.16.3 \\
   "numpy<2"
EOF
COPY --from=build /wheels /wheels
"""


def test_of_other_packages_nothing_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = f"{_SLIM}RUN pip install torch==2.2.0 transformers==4.40.0 xformers requests -f https://host/wheels\n"
    assert patched(tmp_path, monkeypatch, text, TRAINING).notices == []


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("xformers==0.0.19", "Dockerfile:3: xformers==0.0.19 stays, whose builds are each for one PyTorch"),
        ("flash-attn==2.5.0", "Dockerfile:3: flash-attn==2.5.0 stays"),
        ("x -f https://data.pyg.org/whl/torch-2.2.0+cu118.html", "Dockerfile:3: https://data.pyg.org/whl/torch-2.2.0+cu118.html stays, whose builds are for CUDA 11.8"),
        ("nvidia-cudnn-cu11==8.9.5.29", "Dockerfile:3: nvidia-cudnn-cu11 stays, which is for another CUDA than 1"),
    ],
)  # fmt: skip
def test_what_is_tied_to_the_old_torch_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str, said: str
) -> None:
    text = f"{_SLIM}RUN pip install torch==2.2.0\nRUN pip install {command}\n"
    notices = patched(tmp_path, monkeypatch, text, TRAINING).notices
    assert [notice for notice in notices if notice.startswith(said)]


def test_a_stage_that_is_of_no_gpu_is_left_unmentioned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = _BUILT.format(builder="node:20", wheel="RUN npm ci")
    assert patched(tmp_path, monkeypatch, text, INFERENCE).notices == []


def test_a_stage_that_stays_on_the_old_cuda_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = _BUILT.format(
        builder="nvidia/cuda:11.8.0-cudnn8-devel-ubuntu22.04", wheel="RUN pip wheel onnxruntime-gpu==1.16.3 -w /wheels"
    )
    after = patched(tmp_path, monkeypatch, text, INFERENCE)
    assert after.notices == [
        "Dockerfile:1: this stage stays on nvidia/cuda:11.8.0-cudnn8-devel-ubuntu22.04 (CUDA 11.8.0); what it builds is for that",
        "Dockerfile:3: onnxruntime-gpu==1.16.3 stays in this stage",
    ]
    assert after.changed[1].startswith("   onnxruntime-gpu==1.")
