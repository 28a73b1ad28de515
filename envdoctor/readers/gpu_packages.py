"""Which Python packages bear on a GPU, by their names. Only to tell what is worth a look: what they need is in the matrix."""

from __future__ import annotations

from collections.abc import Iterable

from envdoctor.facts import Package

_NAMES = frozenset(
    "torch torchvision torchaudio onnxruntime tensorflow tensorflow-gpu jax jaxlib tensorrt xformers vllm flash-attn"
    " bitsandbytes deepspeed cupy paddlepaddle-gpu decord pynvvideocodec torchcodec ctranslate2 faster-whisper numba-cuda"
    " cuda-python pycuda triton sglang insightface ultralytics".split()
)
_PREFIXES = ("nvidia-", "cupy-", "jax-cuda", "mxnet-cu", "onnxruntime-", "tensorrt-", "torch-")


def bears_on_gpu(name: str) -> bool:
    return name in _NAMES or name.startswith(_PREFIXES)


def brings_gpu(packages: Iterable[Package]) -> bool:
    """Does one of them bear on a GPU? A file without any is none of our business in a directory."""
    return any(bears_on_gpu(item.name) for item in packages)
