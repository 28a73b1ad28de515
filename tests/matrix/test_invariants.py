"""What must hold between rows and between tables. Invariants that hold for every matrix are functions in
`envdoctor/upkeep/invariants/`, asked by `envdoctor matrix verify` and tried in tests/upkeep/test_invariants.py."""

from __future__ import annotations

from envdoctor.matrix import Matrix
from envdoctor.upkeep import verify

MATRIX = Matrix.load()


def test_the_date_is_the_newest_checked_of_all_rows() -> None:
    newest = max(row._asdict()["checked"] for table in MATRIX.tables.values() for row in table.rows())  # type: ignore[attr-defined]
    assert MATRIX.date == newest


def test_the_shipped_matrix_is_as_it_must_be() -> None:
    verified = verify(MATRIX)
    assert verified.problems == ()
    assert verified.not_asked == ""
    assert verified.rows > 4000
