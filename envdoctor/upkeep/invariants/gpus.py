"""Architectures, products and the SM targets of toolkits against each other."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from envdoctor.matrix import Matrix, rows
from envdoctor.upkeep.problems import Problem, every, of_row
from envdoctor.versions import at_least, parse


def every_capability_has_one_architecture(matrix: Matrix) -> Iterator[Problem]:
    first: dict[str, str] = {}
    for row in matrix.architectures():
        for capability in row.capabilities:
            if capability in first:
                text = f"{capability} is {first[capability]}'s already"
                yield of_row(matrix, "architectures", row, "capabilities", text)
            first.setdefault(capability, row.name)


def every_product_has_an_architecture_that_fits(matrix: Matrix) -> Iterator[Problem]:
    names = {capability: row.name for row in matrix.architectures() for capability in row.capabilities}
    for gpu in every(matrix, "gpus", rows.GpuRow):
        if names.get(gpu.capability) != gpu.architecture:
            text = f"capability {gpu.capability} is {names.get(gpu.capability, 'of no architecture that has a row')}"
            yield of_row(matrix, "gpus", gpu, "architecture", text)


def the_toolkits_of_an_architecture_can_build_for_it_and_no_others(matrix: Matrix) -> Iterator[Problem]:
    windows = every(matrix, "windows", rows.WindowRow)
    for row in matrix.architectures():
        targets = {capability.replace(".", "") for capability in row.capabilities}
        for window in windows:
            if bool(targets & set(window.sm)) != _within(row, window.cuda):
                can = "can" if targets & set(window.sm) else "cannot"
                span = f"{row.name} is of the toolkits {row.first_cuda or 'of old'} to {row.last_cuda or 'today'}"
                yield of_row(matrix, "windows", window, "sm", f"this toolkit {can} build for it, but {span}")


def _within(row: rows.ArchitectureRow, cuda: str) -> bool:
    started = row.first_cuda is None or bool(at_least(cuda, row.first_cuda))
    return started and (row.last_cuda is None or bool(at_least(row.last_cuda, cuda)))


def every_products_capability_is_in_the_window_of_a_toolkit(matrix: Matrix) -> Iterator[Problem]:
    targets = {sm for window in every(matrix, "windows", rows.WindowRow) for sm in window.sm}
    for gpu in every(matrix, "gpus", rows.GpuRow):
        if gpu.capability.replace(".", "") not in targets:
            yield of_row(matrix, "gpus", gpu, "capability", "no toolkit's window holds it")


def the_ptx_isa_never_falls(matrix: Matrix) -> Iterator[Problem]:
    known = [row for row in every(matrix, "windows", rows.WindowRow) if row.ptx_isa]
    for older, newer in itertools.pairwise(known):
        if parse(newer.ptx_isa or "0") < parse(older.ptx_isa or "0"):
            text = f"CUDA {older.cuda} has {older.ptx_isa}"
            yield of_row(matrix, "windows", newer, "ptx_isa", text)
