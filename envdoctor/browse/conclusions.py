"""What follows from rows, in sentences; the same functions decide that judge a workload."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from envdoctor.browse.things import Conclusion
from envdoctor.facts import NOWHERE, Facts, FactUnknown, Gpu, Host, known
from envdoctor.judging.code import Coverage, coverage
from envdoctor.judging.components import floor_of
from envdoctor.judging.images import nearest_supported
from envdoctor.matrix import Matrix
from envdoctor.matrix.rows import ArchitectureRow, TorchRow
from envdoctor.versions import major, minor, numbers

_LINKS = "torch_stable.html"
_HOW = {
    Coverage.NATIVE: "machine code for {}",
    Coverage.JIT: "only PTX, compiled at start-up, for {}",
    Coverage.UNPROMISED: "code that NVIDIA promises nothing about for {}",
    Coverage.NONE: "none for {}",
}


def driver_floor(cuda: str, matrix: Matrix) -> Iterator[Conclusion]:
    """On Linux and on Windows, of every release within that CUDA that has a floor of its own."""
    if not numbers(cuda):
        yield Conclusion(f"not known: {cuda[:40]} is no release of CUDA")
        return
    for release in _with_own_floor(cuda, matrix):
        for windows in (False, True):
            try:
                floor = floor_of(release, windows, matrix)
            except FactUnknown as error:
                yield Conclusion(f"not known: {error}")
            else:
                yield Conclusion(floor.rule, floor.sources)


def _with_own_floor(cuda: str, matrix: Matrix) -> tuple[str, ...]:
    """ "12.4" and "10.1" themselves; "10" is 10.0, 10.1 and 10.2, which share no floor."""
    if minor(cuda) or matrix.major_floor(major(cuda)):
        return (cuda,)
    return tuple(dict.fromkeys(minor(row.cuda) or row.cuda for row in reversed(matrix.toolkits(cuda)))) or (cuda,)


def cudas_by_floor(cudas: Iterable[str | None], matrix: Matrix) -> tuple[str, ...]:
    """One CUDA for each floor: of a major that has one the first, of older ones every release."""
    found: dict[str, str] = {}
    for cuda in cudas:
        if cuda and numbers(cuda):
            found.setdefault(str(major(cuda)) if matrix.major_floor(major(cuda)) else cuda, cuda)
    return tuple(found.values())


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


def facts_of(driver: str | None = None, gpu: str | None = None, *, arm: bool = False, windows: bool = False) -> Facts:
    """A host with nothing stated but its driver or the compute capability of its GPU, and on what it runs."""
    host = Host()
    if arm:
        host = host._replace(arch=known("aarch64", NOWHERE))
    if windows:
        host = host._replace(os_id=known("windows", NOWHERE))
    if driver:
        host = host._replace(driver=known(driver, NOWHERE))
    if gpu:
        host = host._replace(gpus=known((Gpu(0, compute_capability=known(gpu, NOWHERE)),), NOWHERE))
    return Facts("matrix show", host)


def install(row: TorchRow) -> Conclusion:
    """The command for one build of PyTorch. Before 1.11 the other variants are links on one page, and no index."""
    if not row.default and row.indexes == (_LINKS,):
        address = f"https://download.pytorch.org/whl/{_LINKS}"
        return Conclusion(f'pip install "torch=={row.version}+{variant(row)}" -f {address}')
    index = "" if row.default else f" --index-url https://download.pytorch.org/whl/{variant(row)}"
    return Conclusion(f'pip install "torch=={row.version}"{index}')


def variant(row: TorchRow) -> str:
    """ "cu121", "cpu"."""
    return f"cu{row.cuda.replace('.', '')}" if row.cuda else "cpu"


def instead(reference: str, matrix: Matrix) -> Iterator[Conclusion]:
    other = nearest_supported(reference, matrix)
    if other and other.partition(":")[2] != reference.partition(":")[2]:
        yield Conclusion(f"the nearest tag that NVIDIA still supports: {other}")
