"""Which drivers an image asks for and brings: floor, its CUDA's own driver, forward compatibility. All for Linux."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from envdoctor.comparison import jetson, start_gate
from envdoctor.facts import NOWHERE, Fact, FactAbsent, Facts, FactUnknown, absent, known, unknown
from envdoctor.judging import images
from envdoctor.judging.components import anything_unseen, cuda_components, floor_of
from envdoctor.judging.forward_compat import best_row
from envdoctor.matrix import Matrix
from envdoctor.versions import leading, major, parse

if TYPE_CHECKING:
    from envdoctor.comparison.rows import View

AT_LEAST = "at least "


def floor(facts: Facts, matrix: Matrix) -> Fact[str]:
    """The oldest driver on which everything in it runs by itself. "at least" where more may be in it than could be read."""
    try:
        drivers = [
            _floor_of_all(component.label, component.cudas, matrix) for component in cuda_components(facts, matrix)
        ]
    except (FactUnknown, FactAbsent) as missing:
        return unknown(missing.reason)
    highest = max(drivers, key=parse, default=None)
    try:
        anything_unseen(facts)
    except FactUnknown as missing:
        return known(AT_LEAST + highest, NOWHERE) if highest else unknown(missing.reason)
    return known(highest, NOWHERE) if highest else absent("nothing in it needs CUDA")


def _floor_of_all(label: str, cudas: tuple[str, ...], matrix: Matrix) -> str:
    """Raises FactUnknown where the CUDA releases it can be built with have different floors."""
    found = {floor_of(cuda, False, matrix).driver for cuda in cudas}
    if len(found) != 1:
        raise FactUnknown(f"which CUDA {label} was built with is not known")
    return found.pop()


def native(facts: Facts, matrix: Matrix) -> Fact[str]:
    """The driver that the toolkit came with, or that an NGC image bundles as cuda-compat."""
    found = _native(facts, matrix)
    if not found.is_known:
        return found
    branch = matrix.branch(found.need())
    number = found.need()
    return known(f"{number} (R{branch.branch})" if branch and "." in number else f"R{number}", found.origin)


def _native(facts: Facts, matrix: Matrix) -> Fact[str]:
    """ "550.54.15", or "550" where only the branch is certain."""
    cuda = facts.image.cuda
    row = matrix.ngc(images.ngc_release(facts.image.reference.get()) or "")
    if row is not None and row.driver_bundled and leading(row.driver_bundled):
        return known(leading(row.driver_bundled) or "", cuda.origin)
    number = leading(cuda.get() or "")
    if not number:
        return cuda
    drivers = [row.driver_linux for row in matrix.toolkits(number) if row.driver_linux]
    if len(set(drivers)) == 1:
        return known(drivers[0], cuda.origin)
    branches = {str(major(driver)) for driver in drivers}
    if len(branches) == 1:
        return known(branches.pop(), cuda.origin)
    return unknown(f"the matrix does not know the driver that CUDA {number} came with")


def end_of_life(facts: Facts, matrix: Matrix) -> Fact[str]:
    """Of the branch that `native` names."""
    found = _native(facts, matrix)
    if not found.is_known:
        return found
    branch = matrix.branch(found.need())
    if branch is None or branch.end_of_life is None:
        return unknown(f"the end of life of driver branch R{major(found.need())} has no source")
    ended = "ended " if branch.supported is False else ""
    return known(ended + branch.end_of_life, found.origin)


def forward_compat(facts: Facts, matrix: Matrix) -> Fact[str]:
    """The branches on which the image's cuda-compat package runs, on GPUs that NVIDIA lists."""
    compat = facts.image.compat
    if not compat.is_known:
        return compat
    branches = _branches(compat.need(), matrix)
    if not branches:
        return unknown(f"on which driver branches cuda-compat {compat.need()} runs is not in the matrix", compat.origin)
    told = ", ".join(f"R{branch}" for branch in branches)
    return known(f"cuda-compat {compat.need()} on {told}", compat.origin)


def _branches(compat: str, matrix: Matrix) -> list[int]:
    rows = {branch.branch: best_row(matrix.compat(compat, branch.branch)) for branch in matrix.branches()}
    return [number for number, row in rows.items() if row is not None and row.answer == "C"]


def sentences(a: View, b: View) -> Iterator[str]:
    """Which drivers drop out or come back, whatever the hosts."""
    if jetson.is_for_boards(a.facts.image) or jetson.is_for_boards(b.facts.image):
        yield from jetson.sentences(a, b)
        return
    yield from _by_floor(a, b)
    oldest = floor(a.facts, a.matrix).get() or floor(b.facts, b.matrix).get()
    if oldest:
        yield from start_gate.sentences(a.facts, b.facts, a.matrix, major(oldest.removeprefix(AT_LEAST)))


def _by_floor(a: View, b: View) -> Iterator[str]:
    before, after = floor(a.facts, a.matrix).get(), floor(b.facts, b.matrix).get()
    if after is None:
        return
    wanted = after.removeprefix(AT_LEAST)
    if before is None:
        if floor(a.facts, a.matrix).is_absent:
            yield f"A needs no driver; B needs {after} or newer."
        return
    had = before.removeprefix(AT_LEAST)
    if parse(wanted) > parse(had):
        yield f"Linux drivers from {had} to before {wanted} run A and, by themselves, no longer B.{_escape(b, had, wanted)}"
    elif parse(wanted) < parse(had) and AT_LEAST not in after:
        yield f"Linux drivers from {wanted} to before {had} run B and not A."
    yield from _by_compat(a, b, had, wanted)


def _by_compat(a: View, b: View, had: str, wanted: str) -> Iterator[str]:
    """The branches below A's floor that only A's cuda-compat package covers."""
    before = a.facts.image.compat.get()
    if b.facts.image.compat.is_unknown:
        return
    covered = _covered(b, wanted)
    first = min(major(had), major(wanted))
    lost = [number for number in _covered(a, had) if number < first and number not in covered]
    if lost:
        told = ", ".join(f"R{number}" for number in lost)
        yield f"On data center GPUs the cuda-compat {before} package in A also covers {told}; B has none that does."


def _escape(b: View, had: str, wanted: str) -> str:
    """The branches in between that the cuda-compat package of B still covers."""
    compat = b.facts.image.compat.get()
    between = [number for number in _covered(b, wanted) if major(had) <= number < major(wanted)]
    if not between:
        return ""
    return (
        f" On data center GPUs the cuda-compat {compat} package in B makes up for it on"
        f" {', '.join(f'R{number}' for number in between)}."
    )


def _covered(seen: View, wanted: str) -> list[int]:
    """The branches on which the cuda-compat package stands in for a driver that reaches `wanted`."""
    compat = seen.facts.image.compat.get()
    try:
        enough = compat is not None and parse(floor_of(compat, False, seen.matrix).driver) >= parse(wanted)
    except FactUnknown:
        enough = False
    return _branches(compat, seen.matrix) if compat is not None and enough else []
