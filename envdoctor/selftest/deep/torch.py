"""PyTorch: a kernel and a convolution on every GPU, and why not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from envdoctor.probes import torch_use
from envdoctor.selftest.deep.part import Asked, failed, ok, short, skipped
from envdoctor.selftest.system_library import missing, remedy
from envdoctor.selftest.verdict import DeepResult

if TYPE_CHECKING:
    from envdoctor.probes.child import Say

REMEDY = "install torch again, or another build of it; look for Xid in the host's dmesg; restart the container"
# What PyTorch says, and what helps; the first that fits. https://github.com/pytorch/pytorch/blob/main/c10/cuda
_REMEDIES = (
    ("driver on your system is too old", "update the host's driver, or install torch for an older CUDA: envdoctor check tells which"),
    ("Error 802", "on the host, start nvidia-fabricmanager of the driver's own release"),
    ("Error 803", "restart the host after its driver's upgrade, or create the container again; take cuda-compat out of LD_LIBRARY_PATH"),
    ("Error 804", "take /usr/local/cuda/compat out of LD_LIBRARY_PATH: this GPU does not support forward compatibility"),
    ("no kernel image", "install a torch build that has code for this GPU: envdoctor check tells which"),
    ("devices are busy or unavailable", "look at the GPU's compute mode and processes: nvidia-smi on the host"),
    ("cuDNN version incompatibility", "take the other cuDNN out of LD_LIBRARY_PATH, or out of the image"),
    ("CUDNN_STATUS", "take another cuDNN out of LD_LIBRARY_PATH; install torch again"),
)  # fmt: skip


def work(asked: Asked) -> Callable[[Say], None]:
    return partial(torch_use.probe, site=asked.installed["torch"]["site"], gpus=asked.gpus)


def judge(asked: Asked, told: Mapping[str, Any]) -> DeepResult:
    need = asked.need
    if "import_error" in told:
        return _not_imported(need, told["import_error"])
    torch = told["torch"]
    name = f"torch {torch['version']}"
    if not torch["available"]:
        if not torch["cuda"]:
            return failed(need, f"{name} is a build without CUDA", "install a CUDA build of torch in the image")
        why = short(torch["why"]) or "it gives no reason"
        return _failed(need, f"torch.cuda.is_available() is False with {name}: {why}")
    if torch["cudnn_error"]:
        return _failed(need, f"{name} cannot use cuDNN: {short(torch['cudnn_error'])}")
    gpus = told.get("torch gpus") or []
    for gpu in gpus:
        found = _gpu(need, name, gpu, torch["arch_list"])
        if found:
            return found
    if not gpus:
        return skipped(need, f"{name} sees no GPU that has room")
    names = ", ".join(dict.fromkeys(gpu["name"] or "a GPU" for gpu in gpus))
    more = f" (cuDNN {cudnn(torch['cudnn'])})" if torch["cudnn"] else ""
    left = torch["count"] - len(gpus)
    return ok(
        need, f"{name} computed on {names}{more}" + (f", not on {left} more that had no room" if left > 0 else "")
    )


def _not_imported(need: str, error: str) -> DeepResult:
    again = "install torch again: its wheel requires the NVIDIA libraries that it loads"
    helps = remedy(error, again) if missing(error) else again
    return failed(need, f"import torch fails: {short(error)}", helps)


def _gpu(need: str, name: str, gpu: Mapping[str, Any], arch_list: list[str]) -> DeepResult | None:
    which = f"GPU {gpu['index']} ({gpu['name']})" if gpu["name"] else f"GPU {gpu['index']}"
    if gpu["error"]:
        without = _without_code(gpu["capability"], arch_list)
        if without and "no kernel image" in gpu["error"]:
            return _failed(
                need, f"{name} has no code for {which}, sm_{without}, only {' '.join(arch_list)}: no kernel image"
            )
        return _failed(need, f"{name} cannot compute on {which}: {short(gpu['error'])}")
    if not gpu["right"]:
        return failed(
            need, f"{name} computes wrong results on {which}", "update the driver; test the GPU with dcgmi diag"
        )
    return None


def _without_code(capability: str, arch_list: list[str]) -> str:
    """ "120" where the build has neither machine code nor PTX for that GPU."""
    from envdoctor.judging.code import Coverage, coverage

    def of(kind: str) -> list[str]:
        return [name.removeprefix(kind) for name in arch_list if name.startswith(kind)]

    try:
        answer = coverage(capability, of("sm_"), of("compute_"))
    except (ValueError, IndexError):  # a name of a kind that we do not know
        return ""
    return capability.replace(".", "") if answer is Coverage.NONE else ""


def _failed(need: str, cause: str) -> DeepResult:
    helps = next((text for words, text in _REMEDIES if words in cause), REMEDY)
    return failed(need, cause, helps)


def cudnn(version: int) -> str:
    """90100 is 9.1.0, 8902 is 8.9.2. https://docs.nvidia.com/deeplearning/cudnn/backend/latest/api/cudnn-graph-library.html"""
    step = 10_000 if version >= 90_000 else 1000
    return f"{version // step}.{version % step // 100}.{version % 100}"
