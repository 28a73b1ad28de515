"""`show` for a GPU, a compute capability, an architecture, a driver and a Jetson release."""

from __future__ import annotations

import re
from collections.abc import Iterator

from envdoctor.browse.conclusions import facts_of
from envdoctor.browse.things import Conclusion, Thing, groups
from envdoctor.browse.wheels import wheels_for
from envdoctor.judging import nearest_known
from envdoctor.judging.components import below_floor
from envdoctor.judging.fitting import torch_pin
from envdoctor.judging.forward_compat import DOCS, best_row
from envdoctor.matrix import Matrix
from envdoctor.matrix.rows import ArchitectureRow, BranchRow, CompatRow, GpuRow, L4tRow, MajorFloorRow, WindowRow
from envdoctor.upkeep.problems import every
from envdoctor.versions import at_least, minor, numbers

_CAPABILITY = re.compile(r"(?:sm_?|compute_?|cc ?)?(\d{1,2})\.?(\d)[af]?", re.ASCII | re.IGNORECASE)


def gpu(text: str, matrix: Matrix) -> Thing:
    """A product by any of its names; several chips where the name can mean several."""
    found = matrix.gpus_named(text)
    if not found:
        return Thing(f"GPU {text}", nearest=matrix.nearest_gpus(text))
    capabilities = tuple(dict.fromkeys(row.capability for row in found))
    architectures = [row for each in capabilities if (row := matrix.architecture(each))]
    told = [*_forward(found), *(each for one in capabilities for each in _of_capability(one, capabilities, matrix))]
    return Thing(f"GPU {text}", groups(("gpus", found), ("architectures", dict.fromkeys(architectures))), tuple(told))


def capability(text: str, matrix: Matrix) -> Thing | None:
    """ "8.9", "sm_89", "compute_90a"; None for a text of another form."""
    match = _CAPABILITY.fullmatch(text.strip())
    if match is None:
        return None
    asked = f"{match.group(1)}.{match.group(2)}"
    row = matrix.architecture(asked)
    if row is None:
        known = [each for row in matrix.architectures() for each in row.capabilities]
        near = sorted(known, key=lambda each: abs(float(each) - float(asked)))[:3]
        return Thing(f"compute capability {asked}", nearest=tuple(near))
    products = tuple(each for each in every(matrix, "gpus", GpuRow) if each.capability == asked)
    listed = groups(("architectures", (row,)), ("gpus", products))
    return Thing(f"compute capability {asked}", listed, tuple(_of_capability(asked, (asked,), matrix)))


def architecture(text: str, matrix: Matrix) -> Thing | None:
    """ "Hopper", "blackwell ultra": its rows, and every product of it."""
    rows = tuple(row for row in matrix.architectures() if row.name.lower() == text.strip().lower())
    if not rows:
        return None
    capabilities = tuple(each for row in rows for each in row.capabilities)
    products = tuple(row for row in every(matrix, "gpus", GpuRow) if row.capability in capabilities)
    told = (each for one in capabilities for each in _toolkits(one, f"as {one}: ", matrix))
    return Thing(f"architecture {rows[0].name}", groups(("architectures", rows), ("gpus", products)), tuple(told))


def _forward(found: tuple[GpuRow, ...]) -> Iterator[Conclusion]:
    answers = {row.forward_compat for row in found}
    if all(row.tegra for row in found):
        yield Conclusion("a Jetson: which CUDA it runs depends on its L4T release (envdoctor matrix list l4t)")
    elif answers == {True}:
        yield Conclusion("forward compatibility (cuda-compat): yes", (DOCS,))
    elif answers == {False}:
        yield Conclusion("forward compatibility (cuda-compat): no, a newer CUDA major needs a newer driver", (DOCS,))


def _of_capability(asked: str, among: tuple[str, ...], matrix: Matrix) -> Iterator[Conclusion]:
    """`among` several, each sentence names its own."""
    prefix = f"as {asked}: " if len(among) > 1 else ""
    yield from _toolkits(asked, prefix, matrix)
    for each in wheels_for(asked, matrix):
        yield each._replace(text=prefix + each.text)


def _toolkits(asked: str, prefix: str, matrix: Matrix) -> Iterator[Conclusion]:
    target = asked.replace(".", "")
    cudas = [row.cuda for row in every(matrix, "windows", WindowRow) if target in row.sm]
    if cudas:
        yield Conclusion(f"{prefix}toolkits that build for it: CUDA {cudas[0]} to {cudas[-1]}")


def driver(text: str, matrix: Matrix) -> Thing | None:
    """ "535", "535.104.05"; a number that Linux has none of may be a Windows driver's, "551.61"."""
    parts = numbers(text)
    if not parts:
        return None
    row = matrix.branch(text)
    on_windows = matrix.branch(text, windows=True) if row is None else None
    if on_windows is not None:
        told = tuple(_of_driver(text, on_windows, True, matrix))
        return Thing(f"driver {text} (Windows, of R{on_windows.branch})", groups(("branches", (on_windows,))), told)
    if row is None:
        near = sorted(matrix.branches(), key=lambda each: abs(each.branch - parts[0]))[:2]
        known = tuple(f"driver {each.branch}" for each in sorted(near))
        return Thing(f"driver {text}", nearest=known)
    compat = [each for each in every(matrix, "compat", CompatRow) if each.branch == row.branch]
    listed = groups(("branches", (row,)), ("compat", compat))
    return Thing(f"driver {text}", listed, tuple(_of_driver(text, row, False, matrix)))


def _of_driver(text: str, row: BranchRow, windows: bool, matrix: Matrix) -> Iterator[Conclusion]:
    yield from _runs(text, windows, matrix)
    by_compat = [cuda for cuda in _compat_releases(matrix) if _says_yes(cuda, row.branch, matrix)]
    if by_compat and not windows:
        text_of = f"forward compatibility (cuda-compat, data-center GPUs) brings CUDA {', '.join(by_compat)}"
        yield Conclusion(text_of, (DOCS,))
    drives = [each.name for each in matrix.architectures() if _drives(row, each)]
    yield Conclusion(f"it drives {', '.join(dict.fromkeys(drives))}, as far as their branches are known")
    pin = torch_pin(facts_of(driver=text, windows=windows), matrix)
    if pin:
        yield Conclusion(f"the newest PyTorch for it: {pin}")


def _runs(driver: str, windows: bool, matrix: Matrix) -> Iterator[Conclusion]:
    """By itself: releases up to CUDA 10.2 by the driver that each came with, later majors as a whole."""
    answers: dict[str, bool | None] = {}
    for name, cuda in _asked_for(windows, matrix):
        answers[name] = below_floor(driver, (cuda,), windows, matrix)[0]
    runs = [name for name, below in answers.items() if below is False]
    if runs:
        yield Conclusion(f"on {'Windows' if windows else 'Linux'} it runs CUDA {', '.join(runs)} by itself")
    unsure = [name for name, below in answers.items() if below is None]
    if unsure:
        yield Conclusion(f"whether it runs CUDA {', '.join(unsure)} depends on its full version")


def _asked_for(windows: bool, matrix: Matrix) -> Iterator[tuple[str, str]]:
    """(name, CUDA release to ask the floor of), newest first."""
    floors = every(matrix, "major_floors", MajorFloorRow)
    for row in reversed(floors):
        yield f"{row.cuda_major}.x", str(row.cuda_major)
    majors = {row.cuda_major for row in floors}
    older = [row for row in reversed(matrix.toolkits_all()) if numbers(row.cuda)[0] not in majors]
    known = (row.cuda for row in older if (row.driver_windows if windows else row.driver_linux))
    yield from ((each, each) for each in dict.fromkeys(minor(cuda) or cuda for cuda in known))


def _compat_releases(matrix: Matrix) -> tuple[str, ...]:
    return tuple(dict.fromkeys(row.cuda for row in every(matrix, "compat", CompatRow)))


def _says_yes(cuda: str, branch: int, matrix: Matrix) -> bool:
    row = best_row(matrix.compat(cuda, branch))
    return row is not None and row.answer == "C"


def _drives(row: BranchRow, architecture: ArchitectureRow) -> bool:
    """Where the first branch is not known: one that reports a CUDA older than the architecture does not drive it."""
    if architecture.last_branch is not None and row.branch > architecture.last_branch:
        return False
    if architecture.first_branch is not None:
        return row.branch >= architecture.first_branch
    return architecture.first_cuda is None or bool(at_least(row.cuda, architecture.first_cuda))


def l4t(text: str, matrix: Matrix) -> Thing | None:
    """A Jetson release, "36.4.3" is within the row 36.4."""
    if not numbers(text):
        return None
    row = matrix.l4t(text)
    if row is None:
        known = [each.l4t for each in every(matrix, "l4t", L4tRow)]
        near = sorted(known, key=lambda each: abs(numbers(each)[0] - numbers(text)[0]))[:2]
        return Thing(f"Jetson L4T {text}", nearest=tuple(f"L4T {each}" for each in near))
    return Thing(f"Jetson L4T {text}", groups(("l4t", (row,))), (_natively(row),))


def jetpack(text: str, matrix: Matrix) -> Thing | None:
    """ "6.1", "6": the L4T releases of it."""
    asked = numbers(text)
    if not asked:
        return None
    rows = tuple(row for row in every(matrix, "l4t", L4tRow) if _is_within(row.jetpack, asked))
    if not rows:
        known = [row.jetpack for row in every(matrix, "l4t", L4tRow) if row.jetpack]
        return Thing(f"JetPack {text}", nearest=tuple(f"JetPack {each}" for each in nearest_known.around(text, known)))
    return Thing(f"JetPack {text}", groups(("l4t", rows)), tuple(_natively(row) for row in rows))


def _is_within(version: str | None, asked: tuple[int, ...]) -> bool:
    """ "5.1" is within the row of JetPack 5, and "6" holds that of 6.1."""
    ours = numbers(version or "")
    shared = min(len(ours), len(asked))
    return shared > 0 and ours[:shared] == asked[:shared]


def _natively(row: L4tRow) -> Conclusion:
    more = f", with the upgrade packages up to {row.cuda_by_compat}" if row.cuda_by_compat else ""
    return Conclusion(f"L4T {row.l4t}: natively CUDA {row.cuda}{more}", row.source)
