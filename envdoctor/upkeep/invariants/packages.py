"""Wheels against toolkits, their windows and each other; cuDNN releases against each other."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from envdoctor.matrix import Matrix, rows
from envdoctor.upkeep.invariants.toolkits import has_toolkit
from envdoctor.upkeep.problems import Problem, every, of_row
from envdoctor.versions import below, parse

_OLDEST_TORCH = "1.7"  # companions of older releases have rows; those releases have not


def _wheels(matrix: Matrix) -> Iterator[tuple[str, rows.TorchRow | rows.OrtRow]]:
    yield from (("torch", row) for row in every(matrix, "torch", rows.TorchRow))
    yield from (("onnxruntime", row) for row in every(matrix, "onnxruntime", rows.OrtRow))


def every_wheels_cuda_has_a_toolkit(matrix: Matrix) -> Iterator[Problem]:
    for table, row in _wheels(matrix):
        if row.cuda is not None and not has_toolkit(matrix, row.cuda):
            text = "no row of toolkits holds this CUDA"
            yield of_row(matrix, table, row, "cuda", text)


def a_wheels_code_is_in_its_toolkits_window(matrix: Matrix) -> Iterator[Problem]:
    for table, row in _wheels(matrix):
        window = matrix.window(row.cuda) if row.cuda else None
        beyond = set(row.sm or ()) - set(window.sm) if window else set()
        if beyond:
            text = f"CUDA {row.cuda} cannot build for {', '.join(sorted(beyond))}"
            yield of_row(matrix, table, row, "sm", text)


def torch_has_one_default_build_per_version_and_platform(matrix: Matrix) -> Iterator[Problem]:
    """`default` is the build that PyPI serves; every version has one for Linux on x86_64."""
    listed = every(matrix, "torch", rows.TorchRow)
    defaults: set[tuple[str, str]] = set()
    for row in listed:
        if row.default and (row.version, row.platform) in defaults:
            yield of_row(matrix, "torch", row, "default", f"{row.version} has another default on {row.platform}")
        if row.default:
            defaults.add((row.version, row.platform))
    without = {row.version: row for row in listed if (row.version, "linux_x86_64") not in defaults}
    for version, row in without.items():
        yield of_row(matrix, "torch", row, "default", f"no build of {version} is PyPI's for linux_x86_64")


def a_cpu_build_has_no_gpu_code_and_no_cudnn(matrix: Matrix) -> Iterator[Problem]:
    for row in every(matrix, "torch", rows.TorchRow):
        if row.cuda is None:
            for column, wanted in (("sm", ()), ("ptx", ()), ("cudnn", None)):
                if getattr(row, column) != wanted:
                    text = "a build without CUDA has neither; a known nothing is an empty list"
                    yield of_row(matrix, "torch", row, column, text)


def companions_name_a_torch_that_has_a_row(matrix: Matrix) -> Iterator[Problem]:
    known = {row.version for row in matrix.torch()}
    for row in every(matrix, "companions", rows.CompanionRow):
        wanted = row.torch.lstrip("=>").split("+")[0]
        if wanted and wanted not in known and not below(wanted, _OLDEST_TORCH):
            text = f"no row of torch holds {wanted}"
            yield of_row(matrix, "companions", row, "torch", text)


def cudnn_never_regains_an_old_gpu_and_never_loses_a_new_one(matrix: Matrix) -> Iterator[Problem]:
    listed = every(matrix, "cudnn", rows.CudnnRow)
    for major in sorted({row.cuda_major for row in listed}):
        for column in ("min_capability", "max_capability"):
            known = [row for row in listed if row.cuda_major == major and getattr(row, column)]
            for older, newer in itertools.pairwise(known):
                if parse(getattr(newer, column)) < parse(getattr(older, column)):
                    text = f"cuDNN {older.version} for CUDA {major} has {getattr(older, column)}"
                    yield of_row(matrix, "cudnn", newer, column, text)
