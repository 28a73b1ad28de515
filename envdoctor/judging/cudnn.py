"""Which GPUs a cuDNN release supports, as the matrix tells it: `check` and `matrix show` ask the same."""

from __future__ import annotations

from functools import lru_cache

from envdoctor.judging import nearest_known
from envdoctor.judging.code import capability_of
from envdoctor.matrix import Matrix
from envdoctor.matrix.rows import CudnnRow
from envdoctor.versions import at_least, numbers

_FIRST_MAXWELL = (5, 0)


def releases(version: str, cuda_major: int, matrix: Matrix) -> tuple[CudnnRow, ...]:
    """Every release that a version can mean ("9" is all of 9.x), oldest first; of one that is not listed the newest before
    it. Empty for one newer than the matrix: no older release speaks for it."""
    found = matrix.cudnn_within(version, cuda_major)
    known = [row.version for row in matrix.cudnn_rows() if row.cuda_major == cuda_major]
    if not found or (nearest_known.release(version, known) and at_least(version, known[-1])):
        return ()
    return found


def supports(capability: str, row: CudnnRow, matrix: Matrix) -> bool | None:
    """None where the row does not tell: for a Kepler GPU without a lowest capability (when between 8.5.0 and 8.9.0 Kepler was
    dropped is not known), and without any bound above. A minor above the newest listed one is taken to run the code of its
    major (Ada runs what was built for 8.6)."""
    device, newest = capability_of(capability), newest_capability(row, matrix)
    if newest and device[0] > capability_of(newest)[0]:
        return False
    if row.min_capability and device < capability_of(row.min_capability):
        return False
    if newest is None:
        return None
    return True if row.min_capability or device >= _FIRST_MAXWELL else None


@lru_cache(maxsize=1024)
def newest_capability(row: CudnnRow, matrix: Matrix) -> str | None:
    """The newest that it supports; of a release whose own is not known that of the next newer release: an older one knows no
    newer GPU. Of the same CUDA where there is one, else of any."""
    if row.max_capability:
        return row.max_capability
    newer = [each for each in matrix.cudnn_rows() if each.max_capability and _is_newer(each, row)]
    ours = [each for each in newer if each.cuda_major == row.cuda_major]
    return next((each.max_capability for each in ours or newer), None)


def _is_newer(one: CudnnRow, other: CudnnRow) -> bool:
    return numbers(one.version) > numbers(other.version)
