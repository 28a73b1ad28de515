"""What follows from rows, in sentences; the same functions decide that judge a workload."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from envdoctor.browse.things import Conclusion
from envdoctor.facts import NOWHERE, Facts, FactUnknown, Gpu, Host, known
from envdoctor.judging.code import Coverage, coverage
from envdoctor.judging.components import floor_of
from envdoctor.judging.fitting import torch_pin
from envdoctor.judging.images import nearest_supported
from envdoctor.matrix import Matrix
from envdoctor.matrix.rows import ArchitectureRow, TorchRow
from envdoctor.versions import parse

FORWARD = "https://docs.nvidia.com/deploy/cuda-compatibility/forward-compatibility.html"
_HOW = {
    Coverage.NATIVE: "machine code for {}",
    Coverage.JIT: "only PTX, compiled at start-up, for {}",
    Coverage.UNPROMISED: "code that NVIDIA promises nothing about for {}",
    Coverage.NONE: "none for {}",
}


def driver_floor(cuda: str, matrix: Matrix) -> Iterator[Conclusion]:
    """On Linux and on Windows."""
    for windows in (False, True):
        try:
            floor = floor_of(cuda, windows, matrix)
        except FactUnknown as error:
            yield Conclusion(f"not known: {error}")
        else:
            yield Conclusion(floor.rule, floor.sources)


def code_for(what: str, sass: Iterable[str] | None, ptx: Iterable[str] | None, matrix: Matrix) -> Iterator[Conclusion]:
    """The capabilities of every architecture by how these targets serve them."""
    if sass is None:
        yield Conclusion(f"for which GPUs {what} holds code is not known")
        return
    targets, compiled = tuple(sass), tuple(ptx or ())
    served: dict[Coverage, list[str]] = {}
    for row in matrix.architectures():
        for capability in row.capabilities:
            served.setdefault(coverage(capability, targets, compiled), []).append(capability)
    told = [text.format(_named(served[how], matrix)) for how, text in _HOW.items() if how in served]
    yield Conclusion(f"{what} has {'; '.join(told)}")


def window_of(cuda: str, matrix: Matrix) -> Iterator[Conclusion]:
    """Which architectures that toolkit's own libraries can hold code for."""
    window = matrix.window(cuda)
    if window is not None:
        names = [row.name for row in matrix.architectures() if _can_build(row, window.sm)]
        text = f"the toolkit of CUDA {window.cuda} builds for {', '.join(dict.fromkeys(names))}"
        yield Conclusion(text, window.source)


def _can_build(row: ArchitectureRow, targets: tuple[str, ...]) -> bool:
    return any(capability.replace(".", "") in targets for capability in row.capabilities)


def _named(capabilities: list[str], matrix: Matrix) -> str:
    """ "Turing 7.5, Ampere 8.0 8.6 8.7"."""
    by_name: dict[str, list[str]] = {}
    for capability in capabilities:
        row = matrix.architecture(capability)
        by_name.setdefault(row.name if row else "?", []).append(capability)
    return ", ".join(f"{name} {' '.join(found)}" for name, found in by_name.items())


def wheels_for(capability: str, matrix: Matrix) -> Iterator[Conclusion]:
    """The oldest and the newest PyTorch and ONNX Runtime from PyPI for Linux with code for a GPU, and what pip is told."""
    torch = [row for row in matrix.torch() if row.cuda and row.sm is not None]
    yield from _span("torch", [row.version for row in torch if _native(capability, row.sm, ())])
    ort = [row for row in matrix.onnxruntime() if row.index == "pypi" and row.sm is not None]
    yield from _span("onnxruntime-gpu", [row.version for row in ort if _native(capability, row.sm, ())])
    by_ptx = [row.version for row in ort if _how(capability, row.sm, row.ptx) is Coverage.JIT]
    if by_ptx:
        yield Conclusion(f"onnxruntime-gpu {_reach(by_ptx)} serves it through PTX, compiled at start-up")
    pin = torch_pin(facts_of(gpu=capability), matrix)
    if pin:
        yield Conclusion(f"the newest PyTorch for it: {pin}")


def _span(name: str, versions: list[str]) -> Iterator[Conclusion]:
    if versions:
        yield Conclusion(f"{name} {_reach(versions)} has machine code for it")
    else:
        yield Conclusion(f"no {name} in the matrix is known to have machine code for it")


def _reach(versions: Iterable[str]) -> str:
    listed = sorted(set(versions), key=parse)
    return listed[0] if len(listed) == 1 else f"{listed[0]} to {listed[-1]}"


def _native(capability: str, sass: Iterable[str] | None, ptx: Iterable[str] | None) -> bool:
    return _how(capability, sass, ptx) is Coverage.NATIVE


def _how(capability: str, sass: Iterable[str] | None, ptx: Iterable[str] | None) -> Coverage:
    return coverage(capability, sass or (), ptx or ())


def facts_of(driver: str | None = None, gpu: str | None = None) -> Facts:
    """A host with nothing stated but its driver or the compute capability of its GPU."""
    host = Host()
    if driver:
        host = host._replace(driver=known(driver, NOWHERE))
    if gpu:
        host = host._replace(gpus=known((Gpu(0, compute_capability=known(gpu, NOWHERE)),), NOWHERE))
    return Facts("matrix show", host)


def install(row: TorchRow) -> Conclusion:
    """The command for one build of PyTorch."""
    index = "" if row.default else f" --index-url https://download.pytorch.org/whl/{variant(row)}"
    return Conclusion(f'pip install "torch=={row.version}"{index}')


def variant(row: TorchRow) -> str:
    """ "cu121", "cpu"."""
    return f"cu{row.cuda.replace('.', '')}" if row.cuda else "cpu"


def instead(reference: str, matrix: Matrix) -> Iterator[Conclusion]:
    other = nearest_supported(reference, matrix)
    if other and other.partition(":")[2] != reference.partition(":")[2]:
        yield Conclusion(f"the nearest tag that NVIDIA still supports: {other}")
