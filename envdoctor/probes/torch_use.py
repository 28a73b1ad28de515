"""PyTorch at work on every GPU, in a child (`child.ask`): a kernel and a small convolution, compared with the CPU's. Tells:

import_error   why torch cannot be imported
torch          {"version", "cuda", "cudnn", "cudnn_error", "available", "why", "count", "arch_list"}
torch gpus     [{"index", "name", "capability", "memory", "error", "right"}]
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from importlib import import_module
from typing import TYPE_CHECKING, Any

from envdoctor.probes.imported import explained, prepared

if TYPE_CHECKING:
    from envdoctor.probes.child import Say

_MOST_BYTES = 256 * 1024 * 1024  # of GPU memory for PyTorch's allocator: the workload may need the rest


def probe(say: Say, site: str, gpus: Iterable[int] | None) -> None:
    """`gpus`: the CUDA indexes to compute on, None for all."""
    log = prepared(site)
    say("call", "import torch")
    try:
        torch: Any = import_module("torch")
    except Exception as error:
        say("import_error", explained(error))
        return
    found = _state(say, torch, log)
    say("torch", found)
    wanted = range(found["count"]) if gpus is None else [index for index in gpus if index < found["count"]]
    tested: list[dict[str, Any]] = []
    for index in wanted if found["available"] else ():
        say("call", f"PyTorch on GPU {index}")
        tested.append(_gpu(torch, index))
        say("torch gpus", tested)


def _state(say: Say, torch: Any, log: Callable[[], str]) -> dict[str, Any]:
    say("call", "torch.cuda.is_available()")
    found: dict[str, Any] = {"version": str(torch.__version__), "cuda": torch.version.cuda}
    found.update(available=bool(torch.cuda.is_available()), why="", count=0, arch_list=[], cudnn=None, cudnn_error="")
    if not found["available"]:
        return {**found, "why": _why(torch, log)}
    found["count"] = int(torch.cuda.device_count())
    found["arch_list"] = [str(name) for name in torch.cuda.get_arch_list()]
    say("call", "torch.backends.cudnn.version()")
    try:
        found["cudnn"] = torch.backends.cudnn.version()
    except Exception as error:  # RuntimeError: cuDNN version incompatibility: PyTorch was compiled against …
        found["cudnn_error"] = explained(error)
    return found


def _why(torch: Any, log: Callable[[], str]) -> str:
    """is_available() swallows the reason, or warns of it; init() raises it."""
    warned = [line for line in log().splitlines() if "CUDA initialization: " in line]
    if warned:
        return warned[-1].partition("CUDA initialization: ")[2].strip()[:500]
    try:
        torch.cuda.init()
    except Exception as error:
        return str(error).strip()[:500] or type(error).__name__
    return ""


def _gpu(torch: Any, index: int) -> dict[str, Any]:
    found: dict[str, Any] = {"index": index, "name": "", "capability": "", "memory": None, "error": "", "right": False}
    try:
        properties = torch.cuda.get_device_properties(index)
        found.update(name=str(properties.name), capability=f"{properties.major}.{properties.minor}")
        found.update(memory=int(properties.total_memory))
        torch.cuda.set_per_process_memory_fraction(min(1.0, _MOST_BYTES / max(found["memory"], 1)), index)
        found["right"] = _kernel(torch, index) and _convolution(torch, index)
    except Exception as error:
        found["error"] = explained(error)
    return found


def _kernel(torch: Any, index: int) -> bool:
    values = torch.arange(4096, dtype=torch.float32)
    return _same((values * 2 + 1).tolist(), (values.to(f"cuda:{index}") * 2 + 1).cpu().tolist())


def _convolution(torch: Any, index: int) -> bool:
    """Small whole numbers, which TF32 holds exactly; an algorithm may still round on its way."""
    image = (torch.arange(3 * 16 * 16, dtype=torch.float32) % 7).reshape(1, 3, 16, 16)
    weight = (torch.arange(4 * 3 * 3 * 3, dtype=torch.float32) % 5 - 2).reshape(4, 3, 3, 3)
    convolve = torch.nn.functional.conv2d
    with torch.no_grad():
        there = convolve(image.to(f"cuda:{index}"), weight.to(f"cuda:{index}")).cpu()
        return _same(convolve(image, weight).flatten().tolist(), there.flatten().tolist())


def _same(ours: list[float], theirs: list[float]) -> bool:
    """Within 1 % of the largest; a NaN is never the same."""
    most = 0.01 * max(abs(value) for value in ours)
    return len(ours) == len(theirs) and all(abs(one - other) <= most for one, other in zip(ours, theirs, strict=True))
