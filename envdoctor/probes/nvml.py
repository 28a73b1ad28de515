"""NVML's own account of the driver and the GPUs: asked in a child process with a deadline, parsed here."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from envdoctor.facts import Fact, Gpu, Origin, known, unknown
from envdoctor.probes.kernel_log import address

if TYPE_CHECKING:
    import subprocess

ORIGIN = Origin("NVML")
DEADLINE = (
    20.0  # seconds; without persistence mode the driver first starts every GPU, which takes seconds on large hosts
)
_MOST_BYTES = 1024 * 1024
# The child gets the parent's own search path: it finds what the parent finds, in a checkout, a wheel or a zip file.
_CHILD = "import sys, json; sys.path[:] = json.loads(sys.argv[1]); from envdoctor.probes.nvml_child import main; main(int(sys.argv[2]))"

# NVML's brand numbers: nvmlBrandType_t in nvml.h
_BRANDS = {
    0: "Unknown", 1: "Quadro", 2: "Tesla", 3: "NVS", 4: "GRID", 5: "GeForce", 6: "TITAN",
    7: "NVIDIA Virtual Applications", 8: "NVIDIA Virtual PC", 9: "NVIDIA Virtual Compute Server",
    10: "NVIDIA RTX Virtual Workstation", 11: "NVIDIA Cloud Gaming", 12: "Quadro RTX", 13: "NVIDIA RTX", 14: "NVIDIA",
    15: "GeForce RTX", 16: "TITAN RTX",
}  # fmt: skip

# NVML's numbers: nvmlComputeMode_t in nvml.h
_COMPUTE_MODES = {0: "default", 1: "exclusive-thread", 2: "prohibited", 3: "exclusive-process"}
_LOST = (15, 16)  # NVML_ERROR_GPU_IS_LOST, NVML_ERROR_RESET_REQUIRED
_DRIVER = re.compile(r"[1-9][0-9]{2}(?:\.[0-9]{1,9}){0,3}")
DRIVER_NOT_LOADED = 9
LIBRARY_NOT_FOUND = 12
VERSION_MISMATCH = 18
_HINTS = {
    VERSION_MISMATCH: ' ("Driver/library version mismatch" in nvidia-smi: the driver was upgraded without a restart)',
}


class ProbedGpu(NamedTuple):
    """`brand` in NVML's words, which tell more than what the start gate makes of it. `uncorrected_errors` are those of the
    memory since the driver started. `pci` as "0000:65:00". `error` is why NVML gives nothing of this GPU ("GPU is lost")."""

    index: int  # type: ignore[assignment]  # tuple.index is not used
    name: Fact[str] = Gpu(0).name
    compute_capability: Fact[str] = Gpu(0).compute_capability
    brand: str | None = None
    memory_mib: int | None = None
    mig: bool | None = None
    ecc: bool | None = None
    uncorrected_errors: int | None = None
    compute_mode: str | None = None
    pci: str | None = None
    error: str | None = None


class NvmlFacts(NamedTuple):
    """`error` is the NVML error number that `nvmlInit` gave, if it was reached and failed. `missing`: NVML could not be
    asked at all (no pynvml, no library), so other sources are."""

    driver: Fact[str]
    driver_cuda: Fact[str]
    gpus: Fact[tuple[ProbedGpu, ...]]
    error: int | None = None
    missing: bool = False


def probe(deadline: float = DEADLINE) -> NvmlFacts:
    answer = ask(deadline)
    return _nothing(answer) if isinstance(answer, str) else parse_answer(answer)


def ask(deadline: float) -> Mapping[str, object] | str:
    """The child's answer, or the reason why there is none."""
    import subprocess

    from envdoctor.probes.child import hear_of_children

    if not sys.executable:
        return "there is no Python program to start the process that asks NVML"
    hear_of_children()
    search_path = json.dumps([str(entry) for entry in sys.path])
    command = [sys.executable, "-I", "-S", "-W", "ignore", "-c", _CHILD, search_path, str(os.getpid())]
    try:
        child = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True
        )
    except OSError as error:
        return f"the process that asks NVML could not be started: {error.strerror}"
    content = _output(child, deadline)
    if content is None:
        return f"NVML did not answer within {deadline:g} s"
    if child.returncode != 0:
        return f"the process that asked NVML ended with {_ending(child.returncode)}"
    return _decoded(content)


def _output(child: subprocess.Popen[bytes], deadline: float) -> bytes | None:
    """What the child wrote, at most _MOST_BYTES, once it has ended; None if the deadline passed, then it is killed.

    A thread reads, so that this works where pipes cannot be waited for; a child that writes more than is read blocks
    and meets the deadline."""
    import subprocess
    import threading

    assert child.stdout is not None
    chunks: list[bytes] = []
    pipe = child.stdout
    reader = threading.Thread(target=lambda: chunks.append(pipe.read(_MOST_BYTES)), daemon=True)
    reader.start()
    try:
        child.wait(deadline)
    except subprocess.TimeoutExpired:
        _kill(child)
        return None
    finally:
        reader.join(1.0)
        if not reader.is_alive():
            pipe.close()
    return b"".join(chunks)


def _kill(child: subprocess.Popen[bytes]) -> None:
    """A process stuck inside the kernel driver cannot be killed: it is left behind rather than waited for."""
    import subprocess

    child.kill()
    try:
        child.wait(1.0)
    except subprocess.TimeoutExpired:
        return


def _ending(code: int) -> str:
    if code >= 0:
        return f"exit status {code}"
    import signal

    try:
        return f"signal {signal.Signals(-code).name}"
    except ValueError:
        return f"signal {-code}"


def _decoded(content: bytes) -> Mapping[str, object] | str:
    try:
        answer = json.loads(content)
    except ValueError:
        return "the process that asked NVML answered something that is not JSON"
    return answer if isinstance(answer, dict) else "the process that asked NVML answered something unexpected"


def _nothing(reason: str, error: int | None = None, missing: bool = False) -> NvmlFacts:
    return NvmlFacts(unknown(reason, ORIGIN), unknown(reason, ORIGIN), unknown(reason, ORIGIN), error, missing)


def parse_answer(answer: Mapping[str, object]) -> NvmlFacts:
    """The facts in the child's JSON (the shape is in nvml_child)."""
    if "missing" in answer:
        return _nothing(f"NVML could not be asked: {answer['missing']}", missing=True)
    failed = _errors(answer).get("nvmlInit")
    if failed is not None:
        return _nothing(f"NVML: {failed[1]}{_HINTS.get(failed[0], '')}", failed[0], failed[0] == LIBRARY_NOT_FOUND)
    return NvmlFacts(_driver(answer), _cuda(answer), _gpus(answer))


def _errors(answer: Mapping[str, object]) -> dict[str, tuple[int, str]]:
    errors = answer.get("errors")
    found = errors.items() if isinstance(errors, dict) else ()
    return {name: (int(pair[0]), str(pair[1])[:200]) for name, pair in found}


def _failed(answer: Mapping[str, object], call: str) -> str:
    error = _errors(answer).get(call)
    return f"NVML: {call}: {error[1]}" if error else f"NVML: {call} gave nothing that can be read"


def _driver(answer: Mapping[str, object]) -> Fact[str]:
    version = answer.get("driver")
    if isinstance(version, str) and _DRIVER.fullmatch(version):
        return known(version, ORIGIN)
    return unknown(_failed(answer, "nvmlSystemGetDriverVersion"), ORIGIN)


def _cuda(answer: Mapping[str, object]) -> Fact[str]:
    """12020 is CUDA 12.2."""
    number = answer.get("cuda")
    if isinstance(number, int) and number >= 1000:
        return known(f"{number // 1000}.{number % 1000 // 10}", ORIGIN)
    return unknown(_failed(answer, "nvmlSystemGetCudaDriverVersion"), ORIGIN)


def _gpus(answer: Mapping[str, object]) -> Fact[tuple[ProbedGpu, ...]]:
    gpus = answer.get("gpus")
    if not isinstance(gpus, list):
        return unknown(_failed(answer, "nvmlDeviceGetCount"), ORIGIN)
    return known(tuple(_gpu(index, gpu) for index, gpu in enumerate(gpus)), ORIGIN)


def _gpu(index: int, answer: Mapping[str, object]) -> ProbedGpu:
    handle = _errors(answer).get("nvmlDeviceGetHandleByIndex")
    if handle is not None:  # for example "GPU is lost"
        lost: Fact[str] = unknown(f"NVML: {handle[1]}", ORIGIN)
        return ProbedGpu(index, lost, lost, error=handle[1])
    name, brand, memory, mig = (answer.get(key) for key in ("name", "brand", "memory", "mig"))
    ecc, uncorrected, mode = (answer.get(key) for key in ("ecc", "uncorrected", "compute_mode"))
    return ProbedGpu(
        index=index,
        name=known(name[:200], ORIGIN)
        if isinstance(name, str) and name.strip()
        else unknown(_failed(answer, "nvmlDeviceGetName"), ORIGIN),
        compute_capability=_capability(answer),
        brand=_BRANDS.get(brand) if isinstance(brand, int) else None,
        memory_mib=memory // (1024 * 1024) if isinstance(memory, int) else None,
        mig=bool(mig) if isinstance(mig, int) else None,
        ecc=bool(ecc) if isinstance(ecc, int) else None,
        uncorrected_errors=uncorrected if isinstance(uncorrected, int) and uncorrected >= 0 else None,
        compute_mode=_COMPUTE_MODES.get(mode) if isinstance(mode, int) else None,
        pci=pci_address(answer.get("pci")),
        error=_lost(answer),
    )


# 00000000:65:00.0
def pci_address(told: object) -> str | None:
    """As "0000:65:00"; None for what is no address."""
    fine = isinstance(told, str) and re.fullmatch(
        r"[0-9A-Fa-f]{4,8}:[0-9A-Fa-f]{2}:[0-9A-Fa-f]{2}(\.[0-9A-Fa-f])?", told
    )
    return address(str(told)) if fine else None


def _lost(answer: Mapping[str, object]) -> str | None:
    """A GPU may fail after its handle was given."""
    return next((text for code, text in _errors(answer).values() if code in _LOST), None)


def _capability(answer: Mapping[str, object]) -> Fact[str]:
    pair = answer.get("capability")
    if isinstance(pair, list) and len(pair) == 2 and all(isinstance(part, int) and 0 <= part < 100 for part in pair):
        return known(f"{pair[0]}.{pair[1]}", ORIGIN)
    return unknown(_failed(answer, "nvmlDeviceGetCudaComputeCapability"), ORIGIN)
