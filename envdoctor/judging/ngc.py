"""What the PyTorch of an NGC image holds code for, and which NGC image would serve a GPU."""

from __future__ import annotations

from envdoctor.facts import Facts, FactUnknown
from envdoctor.judging import builds, fitting, jetpack
from envdoctor.judging.code import Coverage, coverage
from envdoctor.judging.images import NGC_PYTORCH, is_integrated, ngc_release, split
from envdoctor.judging.jetson import is_jetson
from envdoctor.matrix import Matrix
from envdoctor.matrix.rows import NgcRow
from envdoctor.versions import leading

Targets = tuple[tuple[str, ...], tuple[str, ...]]  # SASS, PTX


def targets(facts: Facts, matrix: Matrix) -> list[Targets]:
    """Of the image in `facts`; empty if its release is not known. Raises FactUnknown where no source tells."""
    reference = facts.image.reference.get() or ""
    repository, tag, _ = split(reference)
    own = matrix.l4t_image(f"{repository}:{tag}")
    if own is not None and own.sm is not None:
        return [(own.sm, ())]
    if repository != NGC_PYTORCH:
        raise FactUnknown(f"for which GPUs the PyTorch in {reference} holds code has no source")
    row = matrix.ngc(ngc_release(reference) or "")
    if is_integrated(tag) or (is_jetson(facts.host) and row is not None and row.sm_arm64 is None):
        return [(_of_boards(reference, facts, matrix), ())]
    return _of_row(row, facts, matrix)


def _of_boards(reference: str, facts: Facts, matrix: Matrix) -> tuple[str, ...]:
    """What is in the build for Jetson was never printed: it runs on the boards of the JetPack that NVIDIA names for it."""
    boards = jetpack.capabilities(reference, matrix)
    others = [gpu for gpu in facts.host.gpus.get() or () if gpu.compute_capability.get() not in boards]
    if not boards:
        raise FactUnknown(f"for which GPUs {reference} holds code has no source, and NVIDIA names no JetPack for it")
    if others:
        raise FactUnknown(
            f"for which GPUs {reference} holds code has no source; NVIDIA names JetPack {jetpack.named(reference, matrix)}"
            f" for it, whose boards are of compute capability {', '.join(boards)}"
        )
    return tuple(each.replace(".", "") for each in boards)


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
    if is_jetson(facts.host):
        return _for_board(capability, facts, matrix)
    for release in reversed(matrix.ngc_releases()):
        row = matrix.ngc(release)
        held = _of_row(row, facts, matrix)
        covered = bool(held) and all(coverage(capability, sass, ptx) is Coverage.NATIVE for sass, ptx in held)
        if row and row.cuda and covered and fitting.driver_runs(facts, leading(row.cuda) or "", matrix):
            return f"{NGC_PYTORCH}:{release}-py3"
    return None


def _for_board(capability: str, facts: Facts, matrix: Matrix) -> str | None:
    """The newest for which NVIDIA names this Jetson's JetPack or an older one of its major."""
    for release in reversed(matrix.ngc_releases()):
        row = matrix.ngc(release)
        tag = f"{release}-py3-igpu" if row and f"{release}-py3-igpu" in row.tags else f"{release}-py3"
        reference = f"{NGC_PYTORCH}:{tag}"
        covered = jetpack.covers(reference, facts.host.l4t.get() or "", matrix)
        if covered and capability in jetpack.capabilities(reference, matrix):
            return reference
    return None
