"""Which wheels of PyTorch and ONNX Runtime serve a GPU. Asked of the functions that judge a pin of them, so that nothing is
promised here that `check` refuses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from envdoctor.browse.conclusions import facts_of, variant
from envdoctor.browse.things import Conclusion
from envdoctor.facts import TEGRA_CAPABILITIES, Facts, Package
from envdoctor.judging import builds, cudnn, jetpack
from envdoctor.judging.code import Coverage, coverage
from envdoctor.judging.fitting import torch_pin
from envdoctor.matrix import Matrix
from envdoctor.matrix.rows import OrtRow, TorchRow
from envdoctor.versions import major, minor, numbers

_HOW = {Coverage.NATIVE: "has machine code for it", Coverage.JIT: "serves it through PTX, compiled at start-up"}


class _System(NamedTuple):
    """Of which wheels are told."""

    name: str
    facts: Facts


def wheels_for(capability: str, matrix: Matrix) -> Iterator[Conclusion]:
    """A Jetson takes wheels for Arm; any other GPU is found in machines of both kinds."""
    arm = _System("Linux on Arm", facts_of(gpu=capability, arm=True))
    jetson = capability in TEGRA_CAPABILITIES
    for system in (arm,) if jetson else (_System("Linux on x86_64", facts_of(gpu=capability)), arm):
        yield from _torch(capability, system, matrix)
        yield from _onnxruntime(capability, system, matrix)
    if jetson:
        yield Conclusion("wheels that NVIDIA made for Jetson are not in the matrix", (jetpack.TABLE,))
    pin = torch_pin(arm.facts if jetson else facts_of(gpu=capability), matrix)
    if pin:
        yield Conclusion(f"the newest PyTorch for it: {pin}")


def _torch(capability: str, system: _System, matrix: Matrix) -> Iterator[Conclusion]:
    """What pip installs by itself, and the builds of other indexes by their variant."""
    rows = matrix.torch(builds.platform_of(system.facts))
    versions = sorted({row.version for row in rows}, key=numbers)
    by_pip = {each: builds.torch_builds(Package("torch", each), system.facts, matrix) for each in versions}
    good = {version for version, found in by_pip.items() if found and all(_is_native(capability, row) for row in found)}
    others = ", ".join(_others(capability, [row for row in rows if not row.default and row.cuda and row.indexes]))
    if good:
        yield Conclusion(f"{system.name}: torch {_spans(versions, good)} from PyPI has machine code for it")
    if others:
        yield Conclusion(f"{system.name}: builds of torch on other indexes that have it: {others}")
    if not good and not others:
        yield Conclusion(f"{system.name}: no torch in the matrix is known to have machine code for it")


def _others(capability: str, rows: Iterable[TorchRow]) -> Iterator[str]:
    """ "cu118 2.0.0 to 2.7.1"."""
    by_variant: dict[str, list[TorchRow]] = {}
    for row in sorted(rows, key=lambda row: (numbers(row.cuda or ""), numbers(row.version))):
        by_variant.setdefault(variant(row), []).append(row)
    for name, found in by_variant.items():
        good = {row.version for row in found if _is_native(capability, row)}
        if good:
            yield f"{name} {_spans([row.version for row in found], good)}"


def _is_native(capability: str, row: TorchRow) -> bool:
    return row.sm is not None and coverage(capability, row.sm) is Coverage.NATIVE


def _onnxruntime(capability: str, system: _System, matrix: Matrix) -> Iterator[Conclusion]:
    """A build serves a GPU only beside a cuDNN that knows it."""
    rows = [row for row in matrix.onnxruntime(builds.platform_of(system.facts)) if row.index == "pypi" and row.python]
    rows = [row for row in reversed(rows) if row.sm is not None]
    told: dict[tuple[Coverage, str], set[str]] = {}
    for row in rows:
        beside = _beside(capability, row, matrix)
        if beside is not None:
            told.setdefault((coverage(capability, row.sm or (), row.ptx or ()), beside), set()).add(row.version)
    told = {key: good for key, good in told.items() if key[0] in _HOW}
    for (how, beside), good in told.items():
        spans = _spans([row.version for row in rows], good)
        yield Conclusion(f"{system.name}: onnxruntime-gpu {spans} from PyPI {_HOW[how]}{beside}")
    if not told:
        yield Conclusion(f"{system.name}: no onnxruntime-gpu in the matrix is known to serve it")


def _beside(capability: str, row: OrtRow, matrix: Matrix) -> str | None:
    """Which releases of the build's cuDNN support the GPU: empty for all, None for none."""
    releases = cudnn.releases(str(row.cudnn), major(row.cuda), matrix)
    good = [each.version for each in releases if cudnn.supports(capability, each, matrix)]
    if not good:
        return None
    if len(good) == len(releases):
        return ""
    if good[-1] == releases[-1].version:
        return f", with cuDNN {minor(good[0])} or newer"
    return f", with cuDNN {minor(good[-1])} or older"


def _spans(listed: Iterable[str], good: set[str]) -> str:
    """ "1.19.0 to 1.22.0, 1.23.2": each span holds every listed version between its ends."""
    spans: list[list[str]] = []
    before = False
    for version in listed:
        if version in good and before:
            spans[-1].append(version)
        elif version in good:
            spans.append([version])
        before = version in good
    return ", ".join(span[0] if len(span) == 1 else f"{span[0]} to {span[-1]}" for span in spans)
