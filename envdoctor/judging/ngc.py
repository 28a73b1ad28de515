"""What the PyTorch of an NGC image holds code for, and which NGC image would serve a GPU."""

from __future__ import annotations

from envdoctor.facts import Facts, FactUnknown
from envdoctor.judging import builds, fitting
from envdoctor.judging.code import Coverage, coverage
from envdoctor.judging.images import NGC_PYTORCH, ngc_release, split
from envdoctor.matrix import Matrix
from envdoctor.matrix.rows import NgcRow
from envdoctor.versions import leading

Targets = tuple[tuple[str, ...], tuple[str, ...]]  # SASS, PTX


def targets(facts: Facts, matrix: Matrix) -> list[Targets]:
    """Of the image in `facts`; empty if its release is not known. Raises FactUnknown for the Jetson build."""
    reference = facts.image.reference.get() or ""
    if split(reference)[1].endswith("-igpu"):
        raise FactUnknown("for which GPUs the -igpu (Jetson) build of the NGC image holds code has no source")
    if split(reference)[0] != NGC_PYTORCH:
        raise FactUnknown(f"for which GPUs the PyTorch in {reference} holds code has no source")
    return _of_row(matrix.ngc(ngc_release(reference) or ""), facts, matrix)


def _of_row(row: NgcRow | None, facts: Facts, matrix: Matrix) -> list[Targets]:
    on_arm = builds.platform_of(facts) == "linux_aarch64"
    sass = (row.sm_arm64 if on_arm else row.sm_amd64) if row else None
    if row is None or sass is None:
        return _documented(row, matrix)
    return [(sass, (row.ptx_arm64 if on_arm else row.ptx_amd64) or ())]


def _documented(row: NgcRow | None, matrix: Matrix) -> list[Targets]:
    """Release notes give the lowest compute capability; nothing newer than the toolkit can be in the binaries."""
    window = matrix.window(leading(row.cuda or "") or "") if row else None
    if row is None or row.min_capability is None or window is None:
        return []
    lowest = row.min_capability.replace(".", "")
    return [(tuple(target for target in window.sm if int(target.rstrip("af")) >= int(lowest)), ())]


def image_for(capability: str, facts: Facts, matrix: Matrix) -> str | None:
    """The newest NGC PyTorch image that has code for the GPU and whose CUDA the driver runs."""
    for release in reversed(matrix.ngc_releases()):
        row = matrix.ngc(release)
        held = _of_row(row, facts, matrix)
        covered = bool(held) and all(coverage(capability, sass, ptx) is Coverage.NATIVE for sass, ptx in held)
        if row and row.cuda and covered and fitting.driver_runs(facts, leading(row.cuda) or "", matrix):
            return f"{NGC_PYTORCH}:{release}-py3"
    return None
