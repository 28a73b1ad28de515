"""The pins and tags that remedies print."""

from __future__ import annotations

import pytest

from envdoctor.facts import Host
from envdoctor.judging import fitting
from tests.rules.vocabulary import (
    BASE_12_4,
    CUDNN8_12_2,
    CUDNN_12_4,
    CUDNN_12_8,
    CUDNN_13_0,
    MATRIX,
    NOT_STATED,
    PYTHON,
    on,
    workload,
)

R570 = on("570.211.01", ["RTX 5090"])


@pytest.mark.parametrize(
    ("image", "host", "version", "pin"),
    [
        (PYTHON, NOT_STATED, None, 'pip install "torch==2.15.0"  # CUDA 13.2'),
        (
            PYTHON,
            R570,
            None,
            'pip install "torch==2.11.0" --index-url https://download.pytorch.org/whl/cu128  # CUDA 12.8',
        ),
        (PYTHON, R570, "2.8.0", 'pip install "torch==2.8.0"  # CUDA 12.8'),  # the default build before 12.9
        (
            PYTHON,
            on("470.57.02", ["RTX 3090"]),
            None,
            'pip install "torch==2.7.1" --index-url https://download.pytorch.org/whl/cu118  # CUDA 11.8',
        ),
        ("python:3.8", on("580.65.06", ["T4"]), None, 'pip install "torch==2.4.1"  # CUDA 12.1'),
        (PYTHON, on("580.65.06", ["V100", "RTX 5090"]), None, 'pip install "torch==2.10.0"  # CUDA 12.8'),  # both GPUs
        ("python:3.8", R570, None, None),
    ],
)
def test_torch(image: str, host: Host, version: str | None, pin: str | None) -> None:
    assert fitting.torch_pin(workload(image, host=host), MATRIX, version) == pin


@pytest.mark.parametrize(
    ("image", "host", "version"),
    [
        (CUDNN_12_4, NOT_STATED, "1.23.2"),  # Python 3.10
        (CUDNN_12_8, NOT_STATED, "1.26.0"),
        (CUDNN_13_0, on("580.65.06", ["T4"]), "1.31.1"),
        (CUDNN_13_0, on("580.65.06", ["B200"]), "1.28.0"),
        (CUDNN_13_0, on("570.211.01", ["T4"]), None),  # CUDA 13 needs R580
        ("nvidia/cuda:11.8.0-cudnn8-runtime-ubuntu22.04", NOT_STATED, "1.18.1"),
        (CUDNN8_12_2, NOT_STATED, None),  # PyPI has no build for CUDA 12 with cuDNN 8
        (BASE_12_4, NOT_STATED, None),
    ],
)
def test_onnxruntime(image: str, host: Host, version: str | None) -> None:
    pin = fitting.onnxruntime_pin(workload(image, host=host), MATRIX)
    assert pin is None if version is None else pin is not None and f'"onnxruntime-gpu=={version}"' in pin


@pytest.mark.parametrize(
    ("image", "host", "cuda", "cudnn", "tag"),
    [
        (BASE_12_4, NOT_STATED, 12, 9, "12.4.1-cudnn-runtime-ubuntu22.04"),  # the same release
        ("nvidia/cuda:12.2.0-base-ubuntu20.04", NOT_STATED, 12, 8, "12.2.2-cudnn8-runtime-ubuntu20.04"),
        (PYTHON, on("550.54.14", ["RTX 4090"]), 12, 9, "12.4.1-cudnn-runtime-ubuntu22.04"),  # what the driver reports
        (PYTHON, NOT_STATED, 11, 8, "11.8.0-cudnn8-runtime-ubuntu22.04"),
        (PYTHON, NOT_STATED, 11, 9, None),
        (PYTHON, NOT_STATED, 17, 9, None),
        (PYTHON, on("550.54.14", ["RTX 4090"]), 13, 9, None),  # R550 does not run CUDA 13
        (PYTHON, on("470.57.02", ["RTX 3090"]), 12, 9, None),
        (PYTHON, on("470.57.02", ["T4"]), 12, 9, "12.8.1-cudnn-runtime-ubuntu24.04"),  # by forward compatibility
        (PYTHON, on("580.65.06", ["T4"]), 12, None, "12.9.1-runtime-ubuntu24.04"),
        (PYTHON, on(None, ["Jetson AGX Orin"], l4t="36.4"), 12, 9, None),
    ],
)
def test_tags(image: str, host: Host, cuda: int, cudnn: int | None, tag: str | None) -> None:
    assert fitting.cuda_tag(cuda, cudnn, workload(image, host=host), MATRIX) == (f"nvidia/cuda:{tag}" if tag else None)
