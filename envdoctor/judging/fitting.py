"""What would run here: the pins and tags that remedies print, so that typing them mends the finding and breaks nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from envdoctor.facts import NOWHERE, Facts, FactUnknown, known
from envdoctor.judging import builds, libraries
from envdoctor.judging.code import Coverage, coverage
from envdoctor.judging.components import below_floor, floor_of
from envdoctor.judging.forward_compat import escape
from envdoctor.judging.images import gate_of_cuda
from envdoctor.judging.jetson import is_jetson
from envdoctor.judging.libraries import Supply
from envdoctor.judging.requirement import Device, RequirementError, admits
from envdoctor.matrix import Matrix
from envdoctor.matrix.rows import CudaTagRow, OrtRow, TorchRow
from envdoctor.versions import at_least, major, minor, numbers

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
        if row.cuda is None or not _is_on_an_index(row) or (python is not None and python not in row.python):
            continue
        if covers(facts, row.sm, ()) is Coverage.NATIVE and driver_runs(facts, row.cuda, matrix):
            yield row


def _is_on_an_index(row: TorchRow) -> bool:
    """On PyPI or at an address of its own; a find-links page alone (torch before 1.11) takes another option."""
    variant = f"cu{(row.cuda or '').replace('.', '')}"
    return any(index in ("pypi", variant) for index in row.indexes or ())


def onnxruntime_pin(
    facts: Facts, matrix: Matrix, native_only: bool = False, good: Callable[[OrtRow], bool] = lambda row: True
) -> str | None:
    """The command for the newest onnxruntime-gpu that finds its CUDA and cuDNN in this image, fits its Python, the driver and
    every GPU, and that `good` accepts; one with machine code before one with PTX alone."""
    rows = [row for row in _onnxruntime_rows(facts, matrix) if good(row)]
    native = [row for row in rows if covers(facts, row.sm, ()) is Coverage.NATIVE]
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
        if there[majors] and covers(facts, row.sm, row.ptx) in (Coverage.NATIVE, Coverage.JIT):
            yield row


def _are_there(cuda: int, cudnn: int, facts: Facts, matrix: Matrix) -> bool:
    answers = (libraries.cuda(facts, matrix, cuda), libraries.cudnn(facts, matrix, cudnn))
    return all(answer.supply in (Supply.THERE, Supply.IF_LOADED) for answer in answers)


def covers(facts: Facts, sass: tuple[str, ...] | None, ptx: tuple[str, ...] | None) -> Coverage:
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


def runs(facts: Facts, cuda: str, matrix: Matrix) -> bool:
    """Does the host run an nvidia/cuda image of that CUDA: by its driver alone, or through the cuda-compat package in it?"""
    if driver_runs(facts, cuda, matrix):
        return True
    holding = facts._replace(image=facts.image._replace(compat=known(minor(cuda) or cuda, NOWHERE)))
    return escape(holding, matrix, major(cuda)).answer is True


def cuda_tag(cuda_major: int, cudnn_major: int | None, facts: Facts, matrix: Matrix) -> str | None:
    """A published runtime tag of nvidia/cuda with those majors (None: without cuDNN), as `tag_that`."""
    return tag_that(
        lambda row: (major(row.cudnn) if row.cudnn else None) == cudnn_major, str(cuda_major), facts, matrix
    )


def such_as(cuda: str, cudnn_major: int | None, facts: Facts, matrix: Matrix) -> str:
    """What follows "a base image with CUDA 12": a tag with those majors, or the driver that any such image needs."""
    tag = cuda_tag(major(cuda), cudnn_major, facts, matrix)
    if tag:
        return f", such as {tag}"
    if runs(facts, cuda, matrix):
        return ""
    try:
        return f", which needs driver {floor_of(cuda, facts.host.is_windows, matrix).driver} or newer on the host"
    except FactUnknown:
        return ", which needs a newer driver on the host"


def tag_that(good: Callable[[CudaTagRow], bool], cuda: str, facts: Facts, matrix: Matrix) -> str | None:
    """A published runtime tag of nvidia/cuda within `cuda` that `good` accepts, the host runs and the start gate admits: the
    image's own release if it has one, else the newest that the driver reports to run, on the image's own system if there is
    one. None where there is no such tag, and on a Jetson, whose driver these desktop images do not fit."""
    if is_jetson(facts.host):
        return None
    arch = "arm64" if builds.platform_of(facts) == "linux_aarch64" else "amd64"
    rows = [
        row
        for row in matrix.cuda_tags_of(cuda)
        if row.status == "published" and row.flavor == "runtime" and (not row.arch or arch in row.arch) and good(row)
    ]
    here = {cuda: _starts(facts, cuda, arch, matrix) for cuda in {row.cuda for row in rows}}
    return _newest_tag([row for row in rows if here[row.cuda]], facts)


def _starts(facts: Facts, cuda: str, arch: str, matrix: Matrix) -> bool:
    """A gate that depends on what is not known (the brand) is taken to admit the host."""
    if not runs(facts, cuda, matrix):
        return False
    gates = (gate_of_cuda(cuda, None, arch, matrix).get() or "").split("\n")
    devices = [
        Device(facts.host.driver_cuda.get(), facts.host.driver.get(), gpu.compute_capability.get(), gpu.brand.get())
        for gpu in facts.host.gpus.get() or ()
    ]
    try:
        return all(admits(gate, device) is not False for gate in gates for device in devices)
    except RequirementError:
        return True


def _newest_tag(rows: list[CudaTagRow], facts: Facts) -> str | None:
    system = f"{facts.image.os_id.get()}{facts.image.os_version.get()}"
    ours, driver_cuda = facts.image.cuda.get(), facts.host.driver_cuda.get()
    rows = [row for row in rows if row.cuda == ours] or rows
    rows = [row for row in rows if driver_cuda and at_least(driver_cuda, minor(row.cuda) or row.cuda)] or rows
    rows = [row for row in rows if f"{row.os}{row.os_version}" == system] or [row for row in rows if row.os == "ubuntu"]
    best = max(rows, key=lambda row: (numbers(row.cuda), row.os_version or ""), default=None)
    return f"nvidia/cuda:{best.tag}" if best else None


def loaded_first(rows: tuple[OrtRow, ...], found: str, facts: Facts, matrix: Matrix) -> tuple[str, tuple[str, ...]]:
    """How libraries that are only in wheels come to be loaded: as the end of a sentence, and as remedies. A newer version is
    offered only where the wheels that are there hold the majors it needs."""
    by_torch = ("import torch before the first session",) if "torch" in found else ()
    call = "call onnxruntime.preload_dlls() right after import onnxruntime"
    if rows and all(_preloads(row) for row in rows):
        return "onnxruntime.preload_dlls() or an import of torch before the first session", (call, *by_torch)
    pin = onnxruntime_pin(facts, matrix, good=_preloads)
    return "an import of torch before the first session", (
        *by_torch,
        *((f"move to a version whose preload_dlls() works, and {call}: {pin}",) if pin else ()),
    )


def _preloads(row: OrtRow) -> bool:
    """preload_dlls() came with 1.21; that of 1.27.0 looks in the wrong folders.
    Source: https://github.com/microsoft/onnxruntime/pull/29202"""
    return numbers(row.version) >= (1, 21) and row.version != "1.27.0"
