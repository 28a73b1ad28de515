"""CUDA forward compatibility: can a cuda-compat package in the image run a newer CUDA on an older driver?

Only on GPUs that NVIDIA lists (data center, some RTX), only on driver branches that the package supports, not under
Windows or WSL. Source: https://docs.nvidia.com/deploy/cuda-compatibility/forward-compatibility.html
"""

from __future__ import annotations

from typing import NamedTuple

from envdoctor.facts import Facts
from envdoctor.judging import nearest_known
from envdoctor.matrix import Matrix
from envdoctor.matrix.rows import CompatRow
from envdoctor.versions import major, matches

DOCS = "https://docs.nvidia.com/deploy/cuda-compatibility/forward-compatibility.html"


class Escape(NamedTuple):
    """`answer` None: it depends on what is not known. `basis` as in CompatRow, for an answer of True."""

    answer: bool | None
    reason: str
    basis: str = ""
    sources: tuple[str, ...] = (DOCS,)


def escape(facts: Facts, matrix: Matrix, cuda_major: int) -> Escape:
    """Does the image's cuda-compat package run CUDA `cuda_major` on this host's driver and all its GPUs?"""
    compat = facts.image.compat
    if facts.host.is_windows:
        return Escape(False, "forward compatibility does not exist on Windows and WSL")
    if compat.is_absent:
        no_image = facts.image.reference.is_absent  # a requirements file, a pyproject.toml
        return Escape(False, "there is no image here that could bring cuda-compat" if no_image else compat.reason)
    if compat.is_known and major(compat.need()) < cuda_major:
        return Escape(False, f"the image's cuda-compat package is of CUDA {compat.get()}, older than what is needed")
    ineligible = [gpu.label for gpu in facts.host.gpus.get() or () if gpu.forward_compat.get() is False]
    if ineligible:
        return Escape(False, f"forward compatibility does not exist on {ineligible[0]}")
    if not compat.is_known:
        return Escape(None, "only a cuda-compat package in the image could help, and its contents are not known")
    dropped = _dropped(facts, matrix, compat.need())
    if dropped:
        return Escape(False, dropped)
    return _on_this_branch(facts, matrix, compat.need())


def _dropped(facts: Facts, matrix: Matrix, compat: str) -> str | None:
    """cuda-compat is the user-mode part of the branch that reports its CUDA: what that branch no longer drives, it does not
    either (cuda-compat 12.4 is R550's, and Kepler ended with R470)."""
    native = matrix.branch_for_cuda(compat)
    for gpu in facts.host.gpus.get() or ():
        row = matrix.architecture(gpu.compute_capability.get() or "")
        if native and row and row.last_branch is not None and row.last_branch < native.branch:
            return f"cuda-compat {compat} is of driver branch R{native.branch}, and R{row.last_branch} was the last for {row.name} GPUs ({gpu.label})"
    return None


def _on_this_branch(facts: Facts, matrix: Matrix, compat: str) -> Escape:
    branch = matrix.branch(facts.host.driver.need())
    if branch is None:
        driver = facts.host.driver.need()
        near = nearest_known.driver(driver, matrix)
        return Escape(None, f"the matrix does not know driver {driver}{near}")
    row = best_row(matrix.compat(compat, branch.branch))
    if row is None or row.answer != "C":
        return Escape(False, f"cuda-compat {compat} does not support driver branch R{branch.branch}")
    if any(gpu.forward_compat.get() is None for gpu in facts.host.gpus.get() or ()) or not facts.host.gpus.get():
        return Escape(None, "only forward compatibility could help, which depends on the GPU", row.basis, row.source)
    return Escape(True, f"cuda-compat {compat} supports driver branch R{branch.branch}", row.basis, row.source)


def by_entrypoint(facts: Facts) -> bool:
    """The entrypoint of NGC images tries their cuda-compat libraries and puts them on the path itself, whatever the toolkit.
    Source: https://docs.nvidia.com/deploy/cuda-compatibility/frequently-asked-questions.html"""
    return (facts.image.family.get() or "").startswith("ngc/")


def not_activated(facts: Facts) -> bool:
    """Toolkit 1.17.4 stopped mounting the image's compat libraries; 1.17.5 brought them back through a hook.
    Source: https://github.com/NVIDIA/nvidia-container-toolkit/blob/main/CHANGELOG.md"""
    if by_entrypoint(facts):
        return False
    version = facts.host.toolkit_version.get()
    return bool(version and matches(version, "1.17.4"))


def best_row(rows: tuple[CompatRow, ...]) -> CompatRow | None:
    """NVIDIA's current table before release notes before an image's own gate; a C of a weaker basis still counts,
    because the table only lists branches that are not past their end of life."""
    ranked = sorted(rows, key=lambda row: (row.answer != "C", ("matrix", "release-notes", "gate").index(row.basis)))
    return ranked[0] if ranked else None
