"""A stand-in for PyTorch: what the self-test calls of it, with the texts that PyTorch documents for its failures.

STAND_IN_TORCH_IMPORT   "crash", "hang", "killed", "eat" (memory, without end), or the text of an ImportError
STAND_IN_TORCH_GPUS     "NVIDIA L4|8.9" joined by ";"                                     (Tesla T4|7.5)
STAND_IN_TORCH_CUDA     torch.version.cuda, empty for a build without CUDA                (12.4)
STAND_IN_TORCH_ARCHS    what get_arch_list() gives                                        (sm_75 sm_80 sm_90)
STAND_IN_TORCH_WARNS    is_available() warns of that and is False
STAND_IN_TORCH_INIT     is_available() is False, and init() raises that
STAND_IN_TORCH_RAISES   anything on a GPU raises that
STAND_IN_TORCH_WRONG    results on a GPU are wrong
STAND_IN_TORCH_COUNTS   path of a file that gets a byte with each import
STAND_IN_TORCH_CUDNN    the version, or the text of a RuntimeError                        (90100)
"""

from __future__ import annotations

import os
import signal
import time
import warnings
from contextlib import nullcontext
from types import SimpleNamespace


def _set(name: str, otherwise: str = "") -> str:
    return os.environ.get(f"STAND_IN_TORCH_{name}", otherwise)


def _misbehave(how: str) -> None:
    if how in ("crash", "killed"):
        os.kill(os.getpid(), signal.SIGSEGV if how == "crash" else signal.SIGKILL)
    kept = []
    while how == "eat":
        kept.append(b"x" * (4 << 20))
    while how == "hang":
        time.sleep(60)
    if how:
        raise ImportError(how)


if _set("COUNTS"):
    with open(_set("COUNTS"), "a") as file:
        file.write("x")
_misbehave(_set("IMPORT"))

__version__ = "2.5.1+cu124"
float32 = "float32"
version = SimpleNamespace(cuda=_set("CUDA", "12.4") or None)
no_grad = nullcontext
_gpus = [text.split("|") for text in _set("GPUS", "Tesla T4|7.5").split(";")]


class Tensor:
    def __init__(self, values: list[float], device: str = "cpu") -> None:
        self.values, self.device = values, device

    def _each(self, function) -> Tensor:
        off = 1e6 if self.device != "cpu" and _set("WRONG") else 0.0
        return Tensor([function(value) + off for value in self.values], self.device)

    def __mul__(self, other: float) -> Tensor:
        return self._each(lambda value: value * other)

    def __add__(self, other: float) -> Tensor:
        return self._each(lambda value: value + other)

    def __sub__(self, other: float) -> Tensor:
        return self._each(lambda value: value - other)

    def __mod__(self, other: float) -> Tensor:
        return self._each(lambda value: value % other)

    def reshape(self, *_shape: int) -> Tensor:
        return self

    flatten = reshape

    def to(self, device: str) -> Tensor:
        if _set("RAISES"):
            raise RuntimeError(_set("RAISES"))
        return Tensor(self.values, device)

    def cpu(self) -> Tensor:
        return Tensor(self.values)

    def tolist(self) -> list[float]:
        return self.values


def arange(number: int, dtype: str) -> Tensor:
    assert dtype == float32
    return Tensor([float(value) for value in range(number)])


def _conv2d(image: Tensor, weight: Tensor) -> Tensor:
    assert image.device == weight.device
    total = sum(one * other for one, other in zip(image.values, weight.values, strict=False))
    return Tensor([total], image.device)._each(lambda value: value)


def _is_available() -> bool:
    if _set("WARNS"):
        warnings.warn(f"CUDA initialization: {_set('WARNS')}", stacklevel=2)
    return not (_set("WARNS") or _set("INIT") or not version.cuda)


def _init() -> None:
    if _set("INIT"):
        raise RuntimeError(_set("INIT"))


def _properties(index: int) -> SimpleNamespace:
    name, capability = _gpus[index]
    major, minor = map(int, capability.split("."))
    return SimpleNamespace(name=name, major=major, minor=minor, total_memory=16 << 30)


def _cudnn() -> int:
    text = _set("CUDNN", "90100")
    if text.isdigit():
        return int(text)
    raise RuntimeError(text)


nn = SimpleNamespace(functional=SimpleNamespace(conv2d=_conv2d))
backends = SimpleNamespace(cudnn=SimpleNamespace(version=_cudnn))
cuda = SimpleNamespace(
    is_available=_is_available,
    init=_init,
    device_count=lambda: len(_gpus),
    get_arch_list=lambda: _set("ARCHS", "sm_75 sm_80 sm_90").split(),
    get_device_properties=_properties,
    set_per_process_memory_fraction=lambda fraction, index: None,
)
