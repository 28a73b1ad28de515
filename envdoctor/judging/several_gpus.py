"""Over how many GPUs a workload spreads itself, as far as launch and host tell."""

from __future__ import annotations

from envdoctor.facts import Facts, Launch
from envdoctor.patterns import lazily

# Source: https://docs.vllm.ai/en/latest/serving/parallelism_scaling.html ; SGLang and TensorRT-LLM write --tp and --tp_size.
_TENSOR_PARALLEL = lazily(r"(?:--tensor[-_]parallel[-_]size|-tp|--tp|--tp[-_]size)[ =](\d{1,4})(?!\S)")
_LONGEST = 50_000  # characters of the command that are searched


def gpus_of(facts: Facts) -> int | None:
    """How many GPUs the container gets; None if that is not known."""
    asked = facts.launch.gpus.get()
    present = facts.host.gpus.get()
    if asked is None or asked == "all":
        return None if present is None else len(present)
    if asked.isascii() and asked.isdigit() and len(asked) < 5:
        return int(asked)
    devices = [part for part in asked.removeprefix("device=").strip("\"'").split(",") if part]
    return len(devices) if asked.startswith("device=") and "$" not in asked and "all" not in devices else None


def command_of(launch: Launch) -> str:
    """The words of entrypoint and command that are known."""
    words = (*(launch.entrypoint.get() or ()), *(launch.command.get() or ()))
    return " ".join(word for word in words if word)[:_LONGEST]


def is_tensor_parallel(launch: Launch) -> bool:
    """Does it serve a model on several GPUs? vLLM, SGLang and TensorRT-LLM then join them with NCCL."""
    return any(int(number) > 1 for number in _TENSOR_PARALLEL.findall(command_of(launch)))
