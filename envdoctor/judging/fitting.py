"""What would run here: the pins and tags that remedies print, so that typing them mends the finding and breaks nothing else."""

from __future__ import annotations

from collections.abc import Iterator

from envdoctor.facts import Facts, FactUnknown
from envdoctor.judging import builds, libraries
from envdoctor.judging.code import Coverage, coverage
from envdoctor.judging.components import below_floor
from envdoctor.judging.jetson import is_jetson
from envdoctor.judging.libraries import Supply
from envdoctor.matrix import Matrix
from envdoctor.matrix.rows import OrtRow, TorchRow
from envdoctor.versions import VersionError, at_least, major, minor, parse

_WHEELS = "https://download.pytorch.org/whl/cu"


def torch_pin(facts: Facts, matrix: Matrix, version: str | None = None) -> str | None:
    """The command for a PyTorch with code for every GPU of the host, a wheel for its Python and a CUDA that its driver runs:
    another build of `version` if there is one, else of the newest release, whose default build goes before the others."""
    rows = list(_torch_rows(facts, matrix))
    same = [row for row in rows if row.version == version]
    newest = [row for row in rows if row.version == rows[0].version]
    choices = same or newest
    row = next((row for row in choices if row.default), choices[0] if choices else None)
    if row is None:
        return None
    index = "" if row.default else f" --index-url {_WHEELS}{(row.cuda or '').replace('.', '')}"
    return f'pip install "torch=={row.version}"{index}  # CUDA {row.cuda}'


def _torch_rows(facts: Facts, matrix: Matrix) -> Iterator[TorchRow]:
    python = builds.python_of(facts)
    for row in matrix.torch(builds.platform_of(facts)):
        if row.cuda is None or (python is not None and python not in row.python):
            continue
        if _covers(facts, row.sm, ()) is Coverage.NATIVE and driver_runs(facts, row.cuda, matrix):
            yield row


def onnxruntime_pin(facts: Facts, matrix: Matrix, native_only: bool = False) -> str | None:
    """The command for the newest onnxruntime-gpu that finds its CUDA and cuDNN in this image, fits its Python, the driver and
    every GPU; one with machine code before one with PTX alone."""
    rows = list(_onnxruntime_rows(facts, matrix))
    native = [row for row in rows if _covers(facts, row.sm, ()) is Coverage.NATIVE]
    best = next(iter(native or ([] if native_only else rows)), None)
    return f'pip install "onnxruntime-gpu=={best.version}"  # CUDA {best.cuda}, cuDNN {best.cudnn}' if best else None


def _onnxruntime_rows(facts: Facts, matrix: Matrix) -> Iterator[OrtRow]:
    python = builds.python_of(facts)
    there: dict[tuple[int, int], bool] = {}
    for row in matrix.onnxruntime(builds.platform_of(facts)):
        if row.index != "pypi" or not row.python or (python is not None and python not in row.python):
            continue
        majors = (major(row.cuda), row.cudnn)
        if majors not in there:
            there[majors] = _are_there(*majors, facts, matrix) and driver_runs(facts, row.cuda, matrix)
        if there[majors] and _covers(facts, row.sm, row.ptx) in (Coverage.NATIVE, Coverage.JIT):
            yield row


def _are_there(cuda: int, cudnn: int, facts: Facts, matrix: Matrix) -> bool:
    answers = (libraries.cuda(facts, matrix, cuda), libraries.cudnn(facts, matrix, cudnn))
    return all(answer.supply in (Supply.THERE, Supply.IF_LOADED) for answer in answers)


def _covers(facts: Facts, sass: tuple[str, ...] | None, ptx: tuple[str, ...] | None) -> Coverage:
    """The worst over all GPUs; without any stated everything is covered."""
    capabilities = [gpu.compute_capability.get() for gpu in facts.host.gpus.get() or ()]
    answers = {coverage(capability, sass or (), ptx or ()) for capability in capabilities if capability}
    worst_first = (Coverage.NONE, Coverage.UNPROMISED, Coverage.JIT, Coverage.NATIVE)
    return next(answer for answer in worst_first if answer in answers or answer is Coverage.NATIVE)


def driver_runs(facts: Facts, cuda: str, matrix: Matrix) -> bool:
    """Does the host's driver run programs of that CUDA by itself? An unknown driver is taken to."""
    driver = facts.host.driver.get()
    if driver is None or is_jetson(facts.host):
        return True
    try:
        return below_floor(driver, (cuda,), facts.host.is_windows, matrix)[0] is False
    except FactUnknown:
        return False


def cuda_tag(cuda_major: int, cudnn_major: int, facts: Facts, matrix: Matrix) -> str | None:
    """A published runtime tag of nvidia/cuda with those majors: the image's own release if it has one, else the newest that
    the driver reports to run (its start gate is sure to admit it), on the image's own system if there is one."""
    system = f"{facts.image.os_id.get()}{facts.image.os_version.get()}"
    rows = [
        row
        for row in matrix.cuda_tags_of(str(cuda_major))
        if row.status == "published" and row.flavor == "runtime" and row.cudnn and major(row.cudnn) == cudnn_major
    ]
    ours, driver_cuda = facts.image.cuda.get(), facts.host.driver_cuda.get()
    rows = [row for row in rows if row.cuda == ours] or rows
    rows = [row for row in rows if driver_cuda and at_least(driver_cuda, minor(row.cuda) or row.cuda)] or rows
    rows = [row for row in rows if f"{row.os}{row.os_version}" == system] or [row for row in rows if row.os == "ubuntu"]
    best = max(rows, key=lambda row: (_numbers(row.cuda), row.os_version or ""), default=None)
    return f"nvidia/cuda:{best.tag}" if best else None


def _numbers(version: str) -> tuple[int, ...]:
    try:
        return parse(version)
    except VersionError:
        return ()


def loaded_first(rows: tuple[OrtRow, ...], found: str) -> tuple[str, tuple[str, ...]]:
    """How libraries that are only in wheels come to be loaded: as the end of a sentence, and as remedies.
    preload_dlls() came with 1.21; that of 1.27.0 looks in the wrong folders (https://github.com/microsoft/onnxruntime/pull/29202)."""
    works = bool(rows) and all(_numbers(row.version) >= (1, 21) and row.version != "1.27.0" for row in rows)
    by_torch = ("import torch before the first session",) if "torch" in found else ()
    if works:
        call = "onnxruntime.preload_dlls()"
        return f"{call} or an import of torch before the first session", (
            f"call {call} right after import onnxruntime",
            *by_torch,
        )
    newer = (
        "move to onnxruntime-gpu 1.21 or newer (not 1.27.0) and call onnxruntime.preload_dlls() right after the import"
    )
    return "an import of torch before the first session", (*by_torch, newer)
