"""Is there a toolkit of a CUDA? Asked once for each row of large tables."""

from __future__ import annotations

from functools import lru_cache

from envdoctor.matrix import Matrix
from envdoctor.versions import numbers

Numbers = frozenset[tuple[int, ...]]


def has_toolkit(matrix: Matrix, cuda: str) -> bool:
    """As `Matrix.toolkits` answers, without going through its rows: is a toolkit within "12.4", or "10.2.89" within one?"""
    releases, beginnings = _known(matrix)
    asked = numbers(cuda)
    return bool(asked) and (asked in beginnings or any(asked[:length] in releases for length in range(1, len(asked))))


@lru_cache(maxsize=8)
def _known(matrix: Matrix) -> tuple[Numbers, Numbers]:
    """The releases, and what each of them starts with."""
    releases = frozenset(numbers(row.cuda) for row in matrix.toolkits_all())
    return releases, frozenset(each[:length] for each in releases for length in range(1, len(each) + 1))
